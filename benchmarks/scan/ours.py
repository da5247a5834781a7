"""Ours: the residual scan, the part of it that compares a declared key, and the sweep; all as they ship."""

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.scan.job import MEMORY, THREADS, Found, Job, Look, Run
from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import METADATA_KEY, Declaration, Erasure
from lineage_assets.declaring import subject_data
from lineage_assets.identifiers import Kind, Namespace, Sought
from rtbf_ledger.tombstones import PLAIN, Listed, macs_of
from scanners.residual import ScanOrder, connect, scan
from scanners.residual.engine import count
from scanners.residual.keys import key_branch, key_place, searched_keys
from scanners.residual.scan import looking
from scanners.residual.tables import columns_of, groups_of
from scanners.sweep.order import SweepOrder
from scanners.sweep.sweep import sweep

NAMESPACES = {
    "account": Namespace(name="account", kind=Kind.INTEGER),
    "email": Namespace(name="email", kind=Kind.EMAIL),
}
MAC_KEY, DIGEST_KEY = b"m" * 32, b"d" * 32


def ours(job: Job) -> Run:
    """Return what runs one look of ours; the connection is opened before, as jobs do."""
    connection = connect(job.temp, threads=THREADS, memory=MEMORY)
    if job.look is Look.SWEEP:
        swept = _sweep_order(job)

        def run_sweep() -> Found:
            seen = sweep(swept, connection=connection, progress=_unseen)
            if not seen.whole:
                raise RuntimeError("the sweep could not look everywhere")
            return _without_zeros({"email": sum(one.rows for one in seen.found)})

        return run_sweep
    order = _scan_order(job)

    def run() -> Found:
        seen = scan(order, connection=connection, progress=_unseen)
        found = {"id": seen.rows_matched, **seen.not_decidable}
        for hit in seen.residual:
            found[hit.column] = found.get(hit.column, 0) + hit.count
        return _without_zeros(found)

    return run


def key_part(job: Job) -> Run:
    """Return what compares the declared key alone, which no command does: the scan's own branch of it.

    Who is looked for is a typed table before the clock starts, as for the peers; listing the files, reading
    footers and counting are timed.
    """
    connection = connect(job.temp, threads=THREADS, memory=MEMORY)
    order = _scan_order(job)
    (declared,) = searched_keys(order)
    with looking(order, connection) as look:
        idents = look.needles.table()
        group = next(groups_of(order, look.files))
        table, columns = group.sql(look.links), columns_of(connection, group, look.links)
        typed = key_branch(order, columns, look.needles, table, declared)
    nobody = replace(order, subjects=())

    def run() -> Found:
        rows = 0
        with looking(nobody, connection) as look:
            for group in groups_of(nobody, look.files):
                table, columns = group.sql(look.links), columns_of(connection, group, look.links)
                place = key_place(nobody, columns, declared[0])
                branches = () if typed is None else (replace(typed, rows=place.rows(table)),)
                rows += count(connection, branches, idents, ()).rows
        return _without_zeros({"id": rows})

    return run


def _declaration(column: str, namespace: str) -> Declaration:
    made = subject_data(
        "lake/people/",
        keys={column: namespace},
        purposes={"demo"},
        erasure=Erasure.DELETE_ROWS,
        retention_days=30,
    )
    return read_declaration(made[METADATA_KEY])


def _scan_order(job: Job) -> ScanOrder:
    return ScanOrder(
        asset="people",
        root=job.folder,
        declaration=_declaration("id", "account"),
        namespaces=NAMESPACES,
        hmac_keys={},
        subjects=tuple(_sought(job)),
    )


def _sought(job: Job) -> Iterator[Sought]:
    """A key scan is for numbers; a whole scan looks for each person's number and e-mail address."""
    for request, number in enumerate(job.ids):
        yield Sought(namespace="account", value=str(number), request=request)
    if job.look is not Look.KEY:
        for request, address in enumerate(job.addresses):
            yield Sought(namespace="email", value=address, request=request)


def _sweep_order(job: Job) -> SweepOrder:
    macs = macs_of(MAC_KEY, "email", PLAIN, job.addresses)
    place = ScanOrder(
        asset="people",
        root=job.folder,
        declaration=_declaration("email", "email"),
        namespaces=NAMESPACES,
        hmac_keys={},
        subjects=(),
    )
    listed = {mac: Listed(requests=(f"request {number}",)) for number, mac in enumerate(macs)}
    return SweepOrder(place=place, mac_key=MAC_KEY, listed={("email", PLAIN): listed}, digest_key=DIGEST_KEY)


def _unseen(done: int, of: int) -> None:
    """Take progress, and say nothing."""


def _without_zeros(found: Found) -> Found:
    return {column: rows for column, rows in found.items() if rows}
