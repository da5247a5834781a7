# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""Declared keys: where they stand, whether their type can hold what is sought, and how they are compared."""

import itertools
import operator

import pyarrow as pa

from lineage_assets.declarations import Form, Format, Key, Role
from lineage_assets.identifiers import Kind, Namespace, namespace_of
from lineage_assets.paths import KeyPath
from scanners.errors import CouldNotLook, Reason
from scanners.residual import needles as made
from scanners.residual import tokens
from scanners.residual.branches import Branch, Sees, Value
from scanners.residual.decoded import unescaped
from scanners.residual.layout import Column, Holds, Place, find
from scanners.residual.needles import PLAIN, PSEUDONYM, Needle, Needles
from scanners.residual.normal import canonical_in_sql, text_literal
from scanners.residual.order import ScanOrder

Declared = tuple[KeyPath, Key]


def searched_keys(order: ScanOrder) -> tuple[Declared, ...]:
    """Return the declared keys to look for; a binary asset has none: its bytes and text are searched."""
    declared = order.declaration
    return declared.keys if declared.subject and declared.format is not Format.BINARY else ()


def key_place(order: ScanOrder, columns: tuple[Column, ...], path: KeyPath) -> Place:
    """Return the place of a declared key.

    Raises:
        CouldNotLook: no such column in the file.
    """
    place = find(columns, path)
    if place is None:
        sentence = f"the declared key {str(path)!r} is not among the columns of one of its files"
        raise CouldNotLook(order.asset, Reason.MISSING_COLUMN, sentence)
    return place


def key_branch(
    order: ScanOrder, columns: tuple[Column, ...], needles: Needles, table: str, declared: Declared
) -> Branch | None:
    """Return the semi-join of one declared key, or None where nothing is sought there.

    Raises:
        CouldNotLook: the column is missing, its type cannot hold the key, or its named HMAC key is not there.
    """
    path, key = declared
    place = key_place(order, columns, path)
    if key.hmac_key is not None and key.hmac_key not in order.hmac_keys:
        sentence = f"the HMAC key of {str(path)!r} is not in the key folder"
        raise CouldNotLook(order.asset, Reason.MISSING_KEY, sentence)
    wanted = needles.of(key.namespace, PSEUDONYM + key.hmac_key if key.hmac_key else PLAIN)
    check_kind(order, declared, place)
    _check_size(order, declared, place, wanted)
    if not wanted or place.holds is Holds.NOTHING:
        return None
    return Branch(
        sees=Sees.OWNER if key.role is Role.OWNER else Sees.MENTION,
        leaf=place.label,
        rows=place.rows(table),
        value=key_value(order, declared, place),
        needles=_typed(place, wanted),
    )


def key_value(order: ScanOrder, declared: Declared, place: Place) -> Value:
    """Return how the values of a declared key are compared."""
    path, key = declared
    namespace = namespace_of(order.namespaces, key.namespace)
    hashed = key.hmac_key is not None
    free = f"list_distinct({tokens.declared_tokens('t', namespace, hashed=hashed)})"
    if key.form is Form.TOKENS:
        return Value(text=unescaped(place.text("v")), candidates=free, several=True)
    if path.json:
        return Value(
            text=place.text("v"), candidates=_in_json(path, namespace, free, hashed=hashed), several=True
        )
    if place.holds in {Holds.INTEGER, Holds.BINARY}:
        return Value(candidates="v")
    one = "lower(trim(t))" if hashed else canonical_in_sql(namespace, "t")
    early = "ascii(t) < 58" if namespace.kind is Kind.INTEGER and not hashed else "true"
    return Value(text=place.text("v"), candidates=one, where=early)


def owner_rows(order: ScanOrder, columns: tuple[Column, ...], table: str) -> tuple[tuple[str, str], ...]:
    """Return (namespace, SQL of f and r: the rows where an owner key of that namespace holds a value).

    Raises:
        CouldNotLook: a declared key column is missing.
    """
    owners = [(path, key) for path, key in searched_keys(order) if key.role is Role.OWNER]
    return tuple((key.namespace, _held(order, columns, table, (path, key))) for path, key in owners)


def _held(order: ScanOrder, columns: tuple[Column, ...], table: str, declared: Declared) -> str:
    place = key_place(order, columns, declared[0])
    values = key_value(order, declared, place).select(place.rows(table))
    return f"SELECT f, r FROM ({values}) WHERE c IS NOT NULL AND CAST(c AS VARCHAR) <> ''"


def _in_json(path: KeyPath, namespace: Namespace, free: str, *, hashed: bool) -> str:
    """The candidates at a JSON path, through lists on the way as well; text that is no JSON is free text."""
    steps = ['."' + step.replace("\\", "\\\\").replace('"', '\\"') + '"' for step in path.json]
    straight = f"[json_extract_string(TRY_CAST(t AS JSON), {text_literal('$' + ''.join(steps))})]"
    one = "lower(trim(j))" if hashed else canonical_in_sql(namespace, "j")
    found = f"CASE WHEN contains(t, '[') THEN {_through_lists(steps, straight)} ELSE {straight} END"
    return f"CASE WHEN json_valid(t) THEN list_transform({found}, lambda j: {one}) ELSE {free} END"


def _through_lists(steps: list[str], straight: str) -> str:
    """The values at a JSON path and at every path that enters lists on the way, in one list."""
    ways = itertools.product(("", "[*]"), repeat=len(steps) + 1)
    paths = ("$" + way[0] + "".join(map(operator.add, steps, way[1:])) for way in ways if any(way))
    each = (f"json_extract_string(TRY_CAST(t AS JSON), {text_literal(path)})" for path in paths)
    return f"flatten([{', '.join((straight, *each))}])"


def check_kind(order: ScanOrder, declared: Declared, place: Place) -> None:
    """Refuse a place whose type cannot hold identifiers of the key's namespace.

    Raises:
        CouldNotLook: it cannot.
    """
    path, key = declared
    kind = namespace_of(order.namespaces, key.namespace).kind
    if not _can_hold(declared, kind, place):
        sentence = f"the type of key {str(path)!r} cannot hold identifiers of namespace {key.namespace}"
        raise CouldNotLook(order.asset, Reason.KEY_TYPE, sentence)


def _check_size(order: ScanOrder, declared: Declared, place: Place, wanted: tuple[Needle, ...]) -> None:
    if place.holds is not Holds.INTEGER:
        return
    over = {n.sought.request for n in wanted if not made.fits(n.value, place.engine_type)}
    if over:
        path, key = declared
        sentence = (
            f"the type of key {str(path)!r} is too small for an identifier of namespace {key.namespace}"
        )
        raise CouldNotLook(order.asset, Reason.KEY_TYPE, sentence, requests=tuple(sorted(over)))


def _can_hold(declared: Declared, kind: Kind, place: Place) -> bool:
    path, key = declared
    if place.holds in {Holds.TEXT, Holds.NOTHING}:
        return True
    if path.json or key.form is Form.TOKENS:
        return False
    if key.form is Form.PSEUDONYM:
        return place.holds is Holds.BINARY
    return (place.holds, kind) in {(Holds.INTEGER, Kind.INTEGER), (Holds.UUID, Kind.UUID)}


def _typed(place: Place, wanted: tuple[Needle, ...]) -> pa.Table:
    if place.holds is Holds.INTEGER:
        return made.as_integers(wanted, place.engine_type)
    return made.as_bytes(wanted) if place.holds is Holds.BINARY else made.as_text(wanted)
