"""What is sought, as Arrow tables typed like the column they meet. Values never enter a SQL text."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

import pyarrow as pa

from lineage_assets.identifiers import Kind, Namespace, Sought
from scanners.residual.layout import INTEGER_BITS
from scanners.residual.order import ScanOrder

PLAIN = "plain"
PSEUDONYM = "pseudonym:"
MD5, SHA1, SHA256 = DIGESTS = ("md5", "sha1", "sha256")
# How a plain form stands in a cell; docs/formats/identifiers.md says what each means.
TOKEN, PERCENT, BASE64 = "token", "percent", "base64"


@dataclass(frozen=True, kw_only=True)
class Needle:
    """One identifier in one form; `ident` is its ordinal in the order.

    `value` is canonical; that of a pseudonym is the pseudonym, 64 hex digits.
    """

    ident: int
    sought: Sought
    form: str
    value: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Needles:
    """All identifiers of an order in all their forms; `tables` keeps what was made of them once."""

    all: tuple[Needle, ...] = field(repr=False)
    namespaces: Mapping[str, Namespace]
    tables: dict[Any, pa.Table] = field(default_factory=dict, repr=False, compare=False)

    def of(self, namespace: str, form: str) -> tuple[Needle, ...]:
        """Return the needles of one namespace in one form."""
        return tuple(n for n in self.all if n.form == form and n.sought.namespace == namespace)

    def kind_of(self, needle: Needle) -> Kind:
        """Return the kind of a needle's namespace."""
        return self.namespaces[needle.sought.namespace].kind

    def strong(self) -> tuple[Needle, ...]:
        """Return those that are evidence anywhere: strong kinds, pseudonyms and digests, not shared ones."""
        return self._halves[0]

    def weak(self) -> tuple[Needle, ...]:
        """Return the plain forms that may equal other data by chance."""
        return self._halves[1]

    @cached_property
    def _halves(self) -> tuple[tuple[Needle, ...], tuple[Needle, ...]]:
        strong = {name for name, one in self.namespaces.items() if one.strong}
        halves: tuple[list[Needle], list[Needle]] = ([], [])
        for n in self.all:
            if not n.sought.shared:
                halves[n.form == PLAIN and n.sought.namespace not in strong].append(n)
        return tuple(halves[0]), tuple(halves[1])

    def table(self) -> pa.Table:
        """Return what the aggregation needs to know of each needle; no value."""
        return self._told

    @cached_property
    def _told(self) -> pa.Table:
        return pa.table(
            {
                "ident": pa.array([n.ident for n in self.all], pa.int32()),
                "request": pa.array([n.sought.request for n in self.all], pa.int64()),
                "namespace": pa.array([n.sought.namespace for n in self.all], pa.string()),
                "form": pa.array([n.form for n in self.all], pa.string()),
                "shared": pa.array([n.sought.shared for n in self.all], pa.bool_()),
                "given": pa.array([n.sought.given for n in self.all], pa.bool_()),
            }
        )


def needles_of(order: ScanOrder) -> Needles:
    """Return every identifier as it is, as its digests, and as its pseudonym under each named key."""
    made: list[tuple[Sought, str, str]] = [(s, PLAIN, s.value) for s in order.subjects]
    for name, key in sorted(order.hmac_keys.items()):
        made += [(s, PSEUDONYM + name, _hmac(s.value, key)) for s in order.subjects]
    made += [(s, digest, s.value) for digest in DIGESTS for s in order.subjects]
    numbered = (Needle(ident=i, sought=s, form=form, value=value) for i, (s, form, value) in enumerate(made))
    return Needles(all=tuple(numbered), namespaces=order.namespaces)


class Made:
    """The needles of the last order, which are those of the next asset of the same batch."""

    def __init__(self) -> None:
        """Begin without any."""
        self._last: tuple[ScanOrder, Needles] | None = None

    def of(self, order: ScanOrder) -> Needles:
        """Return what `needles_of` returns; made anew only where something else is sought than last time."""
        if self._last is None or not _same(self._last[0], order):
            self._last = (order, needles_of(order))
        return self._last[1]


def _same(one: ScanOrder, other: ScanOrder) -> bool:
    names = ("subjects", "hmac_keys", "namespaces")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def as_text(needles: Iterable[Needle]) -> pa.Table:
    """Return needles as a table of text values."""
    rows = tuple(needles)
    return _table(pa.array([n.value for n in rows], pa.string()), rows)


def as_bare(needles: Iterable[Needle]) -> pa.Table:
    """Return UUIDs as a table of 32 hex digits."""
    rows = tuple(needles)
    return _table(pa.array([n.value.replace("-", "") for n in rows], pa.string()), rows)


def as_bytes(needles: Iterable[Needle]) -> pa.Table:
    """Return pseudonyms as a table of 32-byte values."""
    rows = tuple(needles)
    return _table(pa.array([bytes.fromhex(n.value) for n in rows], pa.binary()), rows)


def as_integers(needles: Iterable[Needle], engine_type: str) -> pa.Table:
    """Return integer needles as a table of the column's own type; the ones that do not fit are left out."""
    rows = tuple(n for n in needles if fits(n.value, engine_type))
    kind: Any = getattr(pa, INTEGER_BITS[engine_type][1])()
    return _table(pa.array([int(n.value) for n in rows], kind), rows)


def fits(value: str, engine_type: str) -> bool:
    """Whether a canonical integer fits into an integer column of this type."""
    bits = INTEGER_BITS[engine_type][0]
    limit = 2**bits if bits > 0 else 2 ** (-bits - 1)
    return len(value) <= 20 and int(value) < limit  # noqa: PLR2004 - the digits of 2**64


def integers_of(needles: Iterable[Needle], namespaces: Mapping[str, Namespace]) -> tuple[Needle, ...]:
    """Return those whose namespace is of kind integer."""
    return tuple(n for n in needles if namespaces[n.sought.namespace].kind is Kind.INTEGER)


def _table(values: Any, rows: tuple[Needle, ...]) -> pa.Table:
    return pa.table({"needle": values, "ident": pa.array([n.ident for n in rows], pa.int32())})


def _hmac(value: str, key: bytes) -> str:
    return hmac.new(key, value.encode(), sha256).hexdigest()
