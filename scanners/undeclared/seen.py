"""Turns what was seen into mismatches as the ledger keeps them: fingerprint, owners, numbers."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lineage_assets.graph import LineageGraph
from rtbf_ledger.mismatches import Code, Seen, UndeclaredKind
from scanners.undeclared.columns import Judged
from scanners.undeclared.files import Orphan
from scanners.undeclared.joins import Joined
from scanners.undeclared.lineage import Unlike
from scanners.undeclared.masks import masked_column

_LABEL = "rtbf undeclared"


@dataclass(frozen=True, kw_only=True)
class About:
    """What mismatches of one target share: the key of fingerprints, who is told, how columns are shown."""

    target: str
    key: bytes = field(repr=False)
    owners: tuple[str, ...]
    columns: Mapping[str, int] = field(default_factory=dict)

    def shown(self, label: str) -> str:
        """Return a column as it may be shown; `columns` are the numbers of those there are."""
        return masked_column(label, self.columns[label]) if label in self.columns else label


def fingerprint(key: bytes, *parts: str) -> str:
    """Return the keyed digest of what a mismatch is, 64 hex digits; no path can be read back from it."""
    text = "\x1f".join((_LABEL, *parts))
    return hmac.new(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def owners_of(graph: LineageGraph, target: str) -> tuple[str, ...]:
    """Return who is told of an asset: its owners, or those of the nearest assets it is made from."""
    todo, seen = [target], {target}
    while todo:
        found = sorted({owner for name in todo if name in graph.nodes for owner in graph.nodes[name].owners})
        if found:
            return tuple(found)
        todo = [up for up, down in sorted(graph.edges) if down in todo and up not in seen]
        seen |= set(todo)
    return ()


def unlike(about: About, found: Iterable[Unlike]) -> Iterator[Seen]:
    """Yield what lineage or schema and declarations disagree about."""
    kind = UndeclaredKind.LINEAGE
    for one in found:
        yield Seen(
            kind=kind,
            code=one.code,
            place=about.shown(one.place),
            fingerprint=fingerprint(about.key, about.target, kind, one.code, one.place),
            owners=about.owners,
            beside=one.beside,
        )


def personal(about: About, found: Iterable[Judged]) -> Iterator[Seen]:
    """Yield the columns that look personal."""
    kind = UndeclaredKind.PERSONAL_COLUMN
    for one in found:
        if one.told:
            code = str(one.judgement.kind)
            yield Seen(
                kind=kind,
                code=code,
                place=about.shown(one.column),
                fingerprint=fingerprint(about.key, about.target, kind, code, one.column),
                owners=about.owners,
                reason=str(one.judgement.reason),
                count=one.values,
                permille=round(one.judgement.confidence * 1000),
            )


def joined(about: About, graph: LineageGraph, found: Iterable[Joined]) -> Iterator[Seen]:
    """Yield the columns whose values are keys; whether the graph knows of it is in the code."""
    kind = UndeclaredKind.CONTAINMENT
    for one in found:
        related = {one.asset} | graph.upstream(one.asset)
        known = any(source.asset in related for source in one.sources)
        code = Code.JOINS if known else Code.JOINS_UNRELATED
        namespace = one.sources[0].key.namespace
        yield Seen(
            kind=kind,
            code=code,
            place=about.shown(one.column),
            fingerprint=fingerprint(about.key, about.target, kind, code, one.column, namespace),
            owners=about.owners,
            reason=str(one.evidence),
            beside=str(one.sources[0]),
            count=round(one.rate * one.values),
            permille=round(one.rate * 1000),
        )


def orphaned(about: About, found: Iterable[Orphan]) -> Iterator[Seen]:
    """Yield the files that belong to nobody."""
    kind = UndeclaredKind.ORPHAN_FILE
    for one in found:
        yield Seen(
            kind=kind,
            code=one.code,
            place=one.place,
            fingerprint=fingerprint(about.key, about.target, kind, one.code, one.real),
            owners=about.owners,
            reason=one.reason,
            count=one.files,
        )
