"""Lineage against declarations: what the graph says, and what the schema of the data says."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import networkx as nx

from lineage_assets.declarations import Declaration, Key
from lineage_assets.graph import LineageGraph
from lineage_assets.identifiers import Kind, Namespace
from lineage_assets.paths import KeyPath
from rtbf_ledger.mismatches import Code
from scanners.errors import CouldNotLook
from scanners.residual.keys import Declared, check_kind, searched_keys
from scanners.residual.layout import Column, Holds, find
from scanners.residual.order import ScanOrder
from scanners.undeclared.names import last_name, name_of, says_nothing
from scanners.undeclared.profile import Profile, Sampled

WHOLE = "(asset)"
"""The place of what is about an asset as such."""
_HELD = {
    Kind.INTEGER: {Holds.INTEGER, Holds.TEXT, Holds.OTHER},
    Kind.UUID: {Holds.UUID, Holds.TEXT},
}
_FRACTIONS = frozenset({"float", "double", "decimal"})


@dataclass(frozen=True, kw_only=True)
class Unlike:
    """One thing that lineage or schema and declarations disagree about."""

    code: Code
    place: str
    beside: str | None = None


@dataclass(frozen=True, kw_only=True)
class KeySource:
    """A declared key of some asset."""

    asset: str
    path: KeyPath
    key: Key

    def __str__(self) -> str:
        """Return it as messages show it."""
        return f"{self.asset} {self.path} ({self.key.namespace})"


def key_sources(graph: LineageGraph) -> list[KeySource]:
    """Return every declared key of the graph, by asset and path."""
    return [
        KeySource(asset=name, path=path, key=key)
        for name, node in sorted(graph.nodes.items())
        if node.declaration is not None
        for path, key in node.declaration.keys
    ]


def of_graph(graph: LineageGraph, asset: str) -> Iterator[Unlike]:
    """Yield what is wrong with an asset that personal data flows into, by the graph alone."""
    declared = graph.nodes[asset].declaration
    subjects = {name for name in nx.ancestors(graph.nx, asset) if graph.nodes[name].holds_subjects}
    if not subjects:
        return
    nearest = sorted(subjects & set(graph.nx.predecessors(asset))) or sorted(subjects)
    if declared is None:
        yield Unlike(code=Code.UNDECLARED_ASSET, place=WHOLE, beside=nearest[0])
    elif not declared.subject:
        yield Unlike(code=Code.DECLARED_FREE, place=WHOLE, beside=nearest[0])


def of_schema(
    order: ScanOrder, profile: Profile, sources: list[KeySource], namespaces: Mapping[str, Namespace]
) -> Iterator[Unlike]:
    """Yield declared keys that the data has not or cannot hold, and columns named like keys elsewhere."""
    for declared in searched_keys(order):
        wrong = {_wrong(order, columns, declared) for columns in profile.layouts} - {None}
        if code := min(wrong, default=None, key=str):
            yield Unlike(code=code, place=str(declared[0]))
    elsewhere: dict[str, list[KeySource]] = {}
    for one in sources:
        if one.asset != order.asset and not says_nothing(last_name(one.path)):
            elsewhere.setdefault(last_name(one.path), []).append(one)
    for label, column in sorted(profile.columns.items()):
        if accounted(order.declaration, label):
            continue
        like = [one for one in elsewhere.get(name_of(label), ()) if _could_hold(column, one.key, namespaces)]
        if like:
            yield Unlike(code=Code.NAMED_LIKE_KEY, place=label, beside=str(like[0]))


def _wrong(order: ScanOrder, columns: tuple[Column, ...], declared: Declared) -> Code | None:
    place = find(columns, declared[0])
    if place is None:
        return Code.KEY_MISSING
    try:
        check_kind(order, declared, place)
    except CouldNotLook:
        return Code.KEY_TYPE
    return None


def accounted(declared: Declaration, label: str) -> bool:
    """Whether the declaration says what becomes of a column: a key, inside one, or redacted."""
    known = {str(path).partition("::")[0] for path, _ in declared.keys}
    top = re.split(r"(?<!\\)\.|\[|\{", label)[0].replace("\\.", ".")
    return label in known or top in declared.redact


def _could_hold(column: Sampled, key: Key, namespaces: Mapping[str, Namespace]) -> bool:
    if key.hmac_key is not None:
        return column.holds in {Holds.TEXT, Holds.BINARY}
    held = _HELD.get(namespaces[key.namespace].kind, {Holds.TEXT})
    return column.holds in held and (column.holds is not Holds.OTHER or column.engine_type in _FRACTIONS)
