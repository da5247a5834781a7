"""The scan for the undeclared: walk the storage, read what changed, compare, and keep what came of it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection

from lineage_assets.canonical import digest
from rtbf_ledger import undeclared, undeclared_scans
from rtbf_ledger.mismatches import Seen, UndeclaredKind
from rtbf_ledger.store import moment
from rtbf_ledger.undeclared_scans import LastScan
from scanners.errors import CouldNotLook
from scanners.residual.layout import Holds
from scanners.residual.order import ScanOrder
from scanners.sweep.values import part_of
from scanners.undeclared.assets import Read, read_asset, read_keys
from scanners.undeclared.files import Unlooked
from scanners.undeclared.joins import Joined, joining
from scanners.undeclared.judged_asset import JudgedAsset, judged_asset
from scanners.undeclared.lineage import accounted, key_sources
from scanners.undeclared.order import Looking, Progress, Told
from scanners.undeclared.sample import ColumnSample
from scanners.undeclared.seen import About, orphaned
from scanners.undeclared.storage import Stored, stored

RULES = 1
"""Version of how columns are judged: a new one reads every asset again."""
COMPARED_AGAIN = timedelta(days=7)
"""How long an unchanged asset is not compared again with keys that may have changed."""
_JOINABLE = frozenset({Holds.TEXT, Holds.INTEGER, Holds.UUID, Holds.BINARY})
_FRACTIONS = frozenset({"float", "double", "decimal"})


@dataclass(kw_only=True)
class Compared:
    """What comparing columns with the declared keys came to; `failed` are key assets that were not read."""

    by_asset: defaultdict[str, list[Joined]] = field(default_factory=lambda: defaultdict(list))
    failed: list[CouldNotLook] = field(default_factory=list)


def scan_undeclared(looking: Looking, asset: str | None = None, *, progress: Progress) -> list[Told]:
    """Look for what nobody declared in one asset, or in all of them and under every storage root.

    What is new and what is gone is in the ledger when this returns, one asset or root at a time.

    Args:
        looking: the deployment.
        asset: its name; all assets and roots where None.
        progress: called as files are read.
    """
    assets = sorted(looking.graph.nodes) if asset is None else [asset]
    with looking.ledger.read() as tx:
        last = undeclared_scans.last(tx)
    lies = stored(looking, asset)
    orders = {name: order for name in assets if (order := _order(looking, name)) is not None}
    reads = {name: _read(looking, order, last.get(name), progress) for name, order in orders.items()}
    compared = _compared(looking, orders, reads)
    told = []
    for name in assets:
        with looking.ledger.read() as tx:
            before = undeclared.of_target(tx, name)
        judged = judged_asset(
            looking,
            orders.get(name),
            name,
            read=reads.get(name),
            orphans=lies.orphans[name],
            unlooked=lies.unlooked[name],
            joins=compared.by_asset[name],
            failed=compared.failed,
            before=before,
        )
        with looking.ledger.write() as tx:
            told.append(_keep_asset(looking, tx, name, judged, reads.get(name) or Read(), last.get(name)))
    return told + (
        [_keep_root(looking, name, lies) for name in sorted(looking.roots)] if asset is None else []
    )


def _order(looking: Looking, asset: str) -> ScanOrder | None:
    declared = looking.graph.nodes[asset].declaration
    if declared is None or declared.location is None:
        return None
    return ScanOrder(
        asset=asset,
        root=looking.place(declared.location),
        declaration=declared,
        namespaces=looking.graph.namespaces,
        hmac_keys={},
        subjects=(),
    )


def _rules(looking: Looking, order: ScanOrder) -> str:
    sources = [
        [one.asset, str(one.path), *part_of((one.path, one.key))] for one in key_sources(looking.graph)
    ]
    return digest(
        {
            "version": RULES,
            "declaration": order.declaration.to_json(),
            "keys": sources,
            "namespaces": looking.graph.to_json()["namespaces"],
            "detectors": sorted(one.name for one in looking.detectors),
        }
    )


def _read(looking: Looking, order: ScanOrder, last: LastScan | None, progress: Progress) -> Read:
    known = None
    if last is not None and last.compared_at is not None and last.rules == _rules(looking, order):
        fresh = looking.ledger.clock() - moment(last.compared_at) < COMPARED_AGAIN
        known = last.content if fresh else None
    return read_asset(
        order,
        looking.connection,
        key=looking.ledger.keys.named("receipt"),
        known=known,
        progress=partial(progress, order.asset),
    )


def _compared(looking: Looking, orders: dict[str, ScanOrder], reads: dict[str, Read]) -> Compared:
    """Compare the columns that nobody accounts for with every declared key."""
    compared, sources = Compared(), key_sources(looking.graph)
    samples = [one for name, order in orders.items() for one in _candidates(order, reads[name])]
    if not samples:
        return compared
    with joining(looking.connection, samples, sources, looking.graph.namespaces) as joins:
        wanted = {one.asset for one in sources if part_of((one.path, one.key)) in joins.parts}
        for name in sorted(wanted):
            order = _order(looking, name)
            failure = read_keys(order, looking.connection, joins) if order else None
            compared.failed += [failure] if failure else []
        for one in joins.joined(sources, looking.graph.namespaces):
            compared.by_asset[one.asset].append(one)
    return compared


def _candidates(order: ScanOrder, read: Read) -> Iterator[ColumnSample]:
    """Yield the columns that can hold identifiers and that no declaration accounts for."""
    for sample in read.profile.samples() if read.profile else ():
        joinable = sample.holds in _JOINABLE or sample.engine_type in _FRACTIONS
        if joinable and not accounted(order.declaration, sample.column):
            yield sample


def _keep_asset(
    looking: Looking, tx: Connection, asset: str, judged: JudgedAsset, read: Read, last: LastScan | None
) -> Told:
    ledger = looking.ledger
    skipped = read.content is not None and read.profile is None
    columns = len(read.profile.columns) if read.profile else last.columns if skipped and last else 0
    new = undeclared.record(ledger, tx, asset, judged.seen, looked=frozenset(judged.looked))
    told = Told(
        target=asset,
        new=tuple(new),
        known=tuple(undeclared.of_target(tx, asset)),
        unlooked=tuple(judged.unlooked),
        columns=columns,
        files=read.files,
        skipped=read.skipped,
        unsure=judged.unsure,
    )
    order = _order(looking, asset)
    data = {UndeclaredKind.PERSONAL_COLUMN, UndeclaredKind.CONTAINMENT, UndeclaredKind.LINEAGE}
    whole = data <= judged.looked and order is not None
    compared_at = last.compared_at if skipped and last else ledger.now()
    kept = LastScan(
        target=asset,
        at=ledger.now(),
        state=told.state,
        reason=_reason(told.unlooked, judged.unsure),
        columns=columns,
        files=read.files,
        skipped=read.skipped,
        content=read.content if whole else None,
        rules=_rules(looking, order) if order else None,
        compared_at=compared_at if whole else None,
    )
    undeclared_scans.record(tx, kept)
    return told


def _keep_root(looking: Looking, name: str, lies: Stored) -> Told:
    target, ledger = f"{{{name}}}", looking.ledger
    about = About(target=target, key=ledger.keys.named("receipt"), owners=())
    unlooked = tuple(lies.unlooked[target])
    seen: list[Seen] = list(orphaned(about, lies.orphans[target]))
    with ledger.write() as tx:
        looked = frozenset() if unlooked else frozenset({UndeclaredKind.ORPHAN_FILE})
        new = undeclared.record(ledger, tx, target, seen, looked=looked)
        told = Told(
            target=target,
            new=tuple(new),
            known=tuple(undeclared.of_target(tx, target)),
            unlooked=unlooked,
            files=lies.files.get(target, 0),
        )
        kept = LastScan(
            target=target,
            at=ledger.now(),
            state=told.state,
            reason=_reason(unlooked, 0),
            files=told.files,
        )
        undeclared_scans.record(tx, kept)
    return told


def _reason(unlooked: tuple[Unlooked, ...], unsure: int) -> str | None:
    return unlooked[0].reason if unlooked else "unsure" if unsure else None
