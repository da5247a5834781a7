"""A sweep with a ledger: what is known is skipped, who came back is a finding, and how it ended is kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from lineage_assets.canonical import digest
from lineage_assets.declarations import Cardinality, Declaration, Format
from lineage_assets.graph import LineageGraph
from lineage_assets.identifiers import Kind
from rtbf_ledger import findings, sweeps
from rtbf_ledger.findings import Finding, FindingKind, Sighting, Standing
from rtbf_ledger.store import Ledger
from rtbf_ledger.sweeps import LastSweep, SweepState
from rtbf_ledger.tombstones import PLAIN, Listed, check_key, every_form, key_id
from scanners.residual.engine import Progress
from scanners.residual.order import ScanOrder
from scanners.sweep.lists import Lists
from scanners.sweep.order import CameBack, ListKey, SweepOrder, Swept
from scanners.sweep.since import Made, since
from scanners.sweep.sweep import sweep
from scanners.sweep.values import part_of

RULES = 3
"""Version of how values are read: a new one reads every file again."""
UNSEARCHED = "unsearched"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one sweep of one asset came to.

    Attributes:
        swept: what it saw.
        findings: who came back, one a request, opened now or before.
        under_way: requests that are being erased, of which somebody is still there.
        kept: requests whose people the asset keeps, by their certificates.
    """

    swept: Swept
    findings: tuple[Finding, ...] = ()
    under_way: int = 0
    kept: int = 0

    @property
    def state(self) -> SweepState:
        """How it ended: somebody found is found, whatever else could not be looked at."""
        if self.findings:
            return SweepState.FOUND
        return SweepState.CLEAN if self.swept.whole else SweepState.COULD_NOT


@dataclass(frozen=True, kw_only=True)
class Sweeping:
    """What sweeps of a deployment work with. `made` reads an asset's materialisations; `lists` the list."""

    ledger: Ledger
    graph: LineageGraph
    place: Callable[[str], Path]
    connection: duckdb.DuckDBPyConnection
    made: Callable[[str], Sequence[Made]]
    lists: Lists = field(default_factory=Lists)


def sweepable(graph: LineageGraph) -> list[str]:
    """Return the assets to compare with the list, by name: all that have a location, those without keys too.

    Models and other binary assets are left out: bytes cannot be compared with the list.
    """
    return [name for name, node in sorted(graph.nodes.items()) if _has_tables(node.declaration)]


def _has_tables(declared: Declaration | None) -> bool:
    return declared is not None and declared.location is not None and declared.format is not Format.BINARY


def handed_on(graph: LineageGraph) -> frozenset[str]:
    """Return the namespaces whose identifiers pass from person to person: phones, and devices of accounts.

    A device is what a declared link gives a person several of; an e-mail address is a person's all the same.
    """
    targets = {
        link.target
        for node in graph.nodes.values()
        for link in (node.declaration.links if node.declaration else ())
        if link.cardinality is not Cardinality.ONE_TO_ONE
    }
    kinds = {name: one.kind for name, one in graph.namespaces.items()}
    devices = {name for name in targets if kinds.get(name) is not Kind.EMAIL}
    return frozenset(devices | {name for name, kind in kinds.items() if kind is Kind.PHONE})


def sweep_asset(sweeping: Sweeping, asset: str, *, progress: Progress) -> Report:
    """Compare one asset with the suppression list, and keep what came of it.

    Raises:
        KeyFolderError: the list was made with another tombstone key.
    """
    order = _order(sweeping, asset)
    swept = sweep(order, connection=sweeping.connection, progress=progress)
    seen = _sightings(sweeping, asset, swept)
    with sweeping.ledger.write() as tx:
        standings = {one.request: findings.standing(tx, one.request, asset) for one in swept.found}
        back = [one for one in seen if standings[one.request] is Standing.CAME_BACK]
        still = frozenset(name for one in swept.found for name in (one.request, *one.also))
        found = findings.record(sweeping.ledger, tx, asset, back, still=still, whole=swept.whole)
        report = Report(
            swept=swept,
            findings=tuple(found),
            under_way=list(standings.values()).count(Standing.UNDER_WAY),
            kept=list(standings.values()).count(Standing.KEPT),
        )
        if swept.whole and swept.listed:
            sweeps.forget_others(tx, asset, swept.present)
        sweeps.record(tx, _last(report, sweeping.ledger.now()))
    return report


def _order(sweeping: Sweeping, asset: str) -> SweepOrder:
    ledger, graph = sweeping.ledger, sweeping.graph
    declared = graph.nodes[asset].declaration
    if declared is None:
        raise KeyError(asset)
    key = ledger.keys.named("tombstone")
    on_list: dict[ListKey, Mapping[bytes, Listed]] = {}
    number = 0
    with ledger.read() as tx:
        check_key(tx, key)
        parts = sorted({part_of(one) for one in declared.keys} | set(_anywhere(graph, every_form(tx))))
        rules = _rules(declared, graph, key, parts)
        for part in parts:
            on_list[part], newest = sweeping.lists.part(tx, part, by_time=declared.event_time is not None)
            number = max(number, newest)
        known = sweeps.known(tx, asset, rules=rules, number=number)
    place = ScanOrder(
        asset=asset,
        root=sweeping.place(declared.location or ""),
        declaration=declared,
        namespaces=graph.namespaces,
        hmac_keys={},
        subjects=(),
    )
    return SweepOrder(
        place=place,
        mac_key=key,
        listed=on_list,
        digest_key=ledger.keys.named("receipt"),
        known=known,
        keep=lambda digests: sweeps.keep(ledger, asset, digests, rules=rules, number=number),
    )


def _anywhere(graph: LineageGraph, forms: Iterable[ListKey]) -> Iterator[ListKey]:
    """Yield the parts of the list that are sought outside declared keys too: what nothing else equals."""
    strong = {name for name, one in graph.namespaces.items() if one.strong}
    return ((name, form) for name, form in forms if form != PLAIN or name in strong)


def _rules(declared: Declaration, graph: LineageGraph, key: bytes, parts: Iterable[ListKey]) -> str:
    used = sorted({name for name, _ in parts} & set(graph.namespaces))
    kinds = {name: graph.namespaces[name] for name in used}
    written = declared.to_json()
    return digest(
        {
            "version": RULES,
            "list": key_id(key),
            "format": str(declared.format),
            "keys": written.get("keys"),
            "event_time": written.get("event_time"),
            "namespaces": {
                name: [str(one.kind), one.distinctive, *([one.choices] if one.choices else [])]
                for name, one in kinds.items()
            },
        }
    )


def _sightings(sweeping: Sweeping, asset: str, swept: Swept) -> list[Sighting]:
    if not swept.found:
        return []
    made, passing = sweeping.made(asset), handed_on(sweeping.graph)
    return [_sighting(one, made, passing) for one in swept.found]


def _sighting(one: CameBack, made: Sequence[Made], passing: frozenset[str]) -> Sighting:
    written = min(file.written for file in one.files)
    how, run = since(made, written)
    kind = _kind(one, passing)
    by_keys = kind is FindingKind.RESURRECTION
    return Sighting(
        request=one.request,
        kind=kind,
        rows=one.rows if by_keys else one.rows + one.elsewhere.rows,
        later=one.later if by_keys else one.later + one.elsewhere.later,
        places=one.elsewhere.places,
        digests=tuple(file.digest for file in one.files),
        written=written,
        since=how,
        run=run,
    )


def _kind(one: CameBack, passing: frozenset[str]) -> FindingKind:
    """Return the gravest of what was met: under a declared key, elsewhere, or nothing that is sure."""
    for kind, by in ((FindingKind.RESURRECTION, one.by), (FindingKind.ELSEWHERE, one.elsewhere.by)):
        if any(namespace not in passing for namespace, _ in by):
            return kind
    return FindingKind.CASE


def _last(report: Report, now: str) -> LastSweep:
    swept = report.swept
    reason = str(swept.failures[0].reason) if swept.failures else UNSEARCHED if swept.unsearched else None
    return LastSweep(
        asset=swept.asset,
        at=now,
        state=report.state,
        reason=reason,
        listed=swept.listed,
        files=swept.files,
        skipped=swept.skipped,
        clean_at=None,
    )
