"""A desk after sweeps: somebody came back twice, one table is damaged, one was never looked at."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from desk_site import Site, site
from erasure_project import project
from small_lakes import holds, write

from rtbf_jobs.re_erase import file_children
from rtbf_ledger import undeclared
from rtbf_ledger.mismatches import Because, Code, Seen, UndeclaredKind
from rtbf_ledger.store import Ledger
from scanners.residual import connect
from scanners.sweep import Made, Sweeping, sweep_asset

EVA, BOB, ANN = 770011223344, 770011223355, 770011223366
OWNERS = {"people": "team:crm", "orders": "team:shop", "damaged": "team:shop", "unseen": "team:crm"}


@contextlib.contextmanager
def swept_desk(folder: Path, dagster: str | None = None) -> Iterator[tuple[Site, str]]:
    """Serve the desk three days later; yields the visitor, and the request whose erasure was undone.

    A request was filed for who came back to `people`, none yet for who came back to `orders`.
    """
    specs = [
        dg.AssetSpec(name, owners=[owner], metadata=holds(name, {"id": "account"}))
        for name, owner in OWNERS.items()
    ]
    made = project(folder, specs)
    for name in OWNERS:
        write(made.lake, name, {"id": [EVA, BOB, ANN]})
    request = made.file(f"account={EVA}")
    made.settle_directly()
    made.approve(request)
    made.settle_directly()
    for name in ("people", "orders"):
        write(made.lake, name, {"id": [EVA, EVA]}, file="late.parquet")
    (made.lake / "damaged" / "late.parquet").write_bytes(b"PAR1 no table PAR1")
    with contextlib.closing(connect(folder / "spill", threads=1, memory="1GB")) as connection:
        sweeping = Sweeping(
            ledger=made.ledger,
            graph=made.control.graph,
            place=made.settings.place,
            connection=connection,
            made=lambda _asset: [Made(run="run-before", began=1.0, ended=2.0)],
        )
        for name in ("orders", "people", "damaged"):
            report = sweep_asset(sweeping, name, progress=lambda *_: None)
            if name == "people":
                file_children(made.ledger, made.control.graph, [report])
    _undeclared(made.ledger)
    later = datetime.now(UTC) + timedelta(days=3)
    with site(made.ledger, made.settings, made.control.graph, later, dagster=dagster) as served:
        yield served, request
    made.ledger.engine.dispose()


def _undeclared(ledger: Ledger) -> None:
    """Record what a scan for the undeclared saw: a personal column, and files that somebody accepted."""
    column = Seen(
        kind=UndeclaredKind.PERSONAL_COLUMN,
        code="email",
        place="contact_1",
        fingerprint="11" * 32,
        owners=("team:shop",),
        reason="values",
        permille=940,
    )
    files = Seen(
        kind=UndeclaredKind.ORPHAN_FILE,
        code=str(Code.BACKUP),
        place="exports/dt=*/",
        fingerprint="22" * 32,
        count=12,
    )
    whole = frozenset(UndeclaredKind)
    with ledger.write() as tx:
        undeclared.record(ledger, tx, "orders", [column], looked=whole)
        (found,) = undeclared.record(ledger, tx, "{lake}", [files], looked=whole)
        undeclared.accept(ledger, tx, found.id, because=Because.BEING_FIXED, staff="jd")
