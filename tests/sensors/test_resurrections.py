"""Who was erased comes back in four ways, in real Dagster runs on a real lake, and is erased again.

Who came back lawfully is left alone.
"""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dagster_home import dagster_home
from erasure_project import Project, settings_in
from pyiceberg.catalog.sql import SqlCatalog
from small_lakes import holds, table, write

from lineage_assets import ReErase
from rtbf_ledger import findings
from rtbf_ledger.findings import FindingKind, Since
from rtbf_ledger.readmissions import readmit
from sensors.sweep import CAME_BACK_CHECK, SWEEP_JOB

EVA, BOB, ANN = 770011223344, 770011223355, 770011223366
OLD, NEW = datetime(2026, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=1)
AUTO = {"re_erase": ReErase.AUTO}


def iceberg(folder: Path) -> tuple[list[int], Path]:
    """Make an Iceberg table of two snapshots; returns who is in the new one, and the old one's data file."""
    folder.mkdir(parents=True, exist_ok=True)
    catalog = SqlCatalog(
        "test", uri=f"sqlite:///{folder.parent}/{folder.name}.db", warehouse=f"file://{folder}"
    )
    catalog.create_namespace("films")
    columns = pa.schema([("id", pa.int64())])
    made = catalog.create_table("films.snap", schema=columns, location=f"file://{folder}")
    made.append(pa.table({"id": [EVA, BOB]}))
    (old,) = (path for path in (folder / "data").glob("*.parquet") if EVA in ids_of(path))
    made.overwrite(pa.table({"id": [BOB]}))
    return made.scan().to_arrow()["id"].to_pylist(), old


def ids_of(path: Path) -> list[int]:
    """Return the people of one file."""
    return list(pq.read_table(path)["id"].to_pylist())


@pytest.fixture
def made(tmp_path: Path):
    """A deployment on disk that Eva and Ann were erased from, and a backup from before."""
    lake = tmp_path / "lake"
    source = {"d1": [(EVA, OLD), (ANN, OLD)], "d2": [(BOB, OLD), (EVA, OLD)]}

    @dg.asset(
        partitions_def=dg.StaticPartitionsDefinition(["d1", "d2"]),
        owners=["team:a"],
        metadata=holds("ratings", {"id": "account"}, event_time="at", **AUTO),
    )
    def ratings(context: dg.AssetExecutionContext) -> None:
        rows = source[context.partition_key]
        columns = {"id": [who for who, _ in rows], "at": [when for _, when in rows]}
        write(lake, "ratings", columns, file=f"{context.partition_key}.parquet")

    specs = [
        table("late", {"id": "account"}, **AUTO),
        table("snap", {"id": "account"}, location="{lake}/snap/data/", **AUTO),
    ]
    with dagster_home(tmp_path / "home") as instance:
        theirs = dg.Definitions(assets=[ratings, *specs])
        one = Project(settings=settings_in(tmp_path), theirs=theirs, instance=instance)
        one.source = source
        write(lake, "late", {"id": [EVA, BOB]})
        write(lake, "snap/data", {"id": [BOB]})
        assert all(build(one, day).success for day in source)
        shutil.copytree(lake, tmp_path / "backup")
        one.erased = {who: one.file(f"account={who}") for who in (EVA, ANN)}
        one.settle_directly()
        one.approve(*one.erased.values())
        one.settle_directly()
        assert [] == [why.sentence for request in one.erased.values() for why in one.failures(request)]
        assert {"closed"} == {one.state(request) for request in one.erased.values()}
        yield one


def build(made, day):
    """Materialise a partition, as a backfill does."""
    job = made.defs.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=made.instance, partition_key=day, raise_on_error=False)


def sweep(made):
    """Run the daily job; returns whether all was clean, and the open findings by asset and request."""
    run = made.execute(dg.RunRequest(job_name=SWEEP_JOB))
    with made.ledger.read() as tx:
        return run.success, {(one.asset, one.request): one for one in findings.of_asset(tx)}


def there(made, who):
    """Return the files that hold somebody."""
    held = [path for path in made.lake.rglob("*.parquet") if who in ids_of(path)]
    return sorted(str(path.relative_to(made.lake)) for path in held)


@pytest.mark.slow
def test_restored_partition_late_file_and_old_snapshot_are_found_and_erased_again(made, tmp_path):
    """Each is named with its materialisation; one child for the person, approved by the declarations."""
    assert (True, {}) == sweep(made)
    made.instance.report_runless_asset_event(dg.AssetMaterialization("late"))
    (last,) = made.instance.fetch_materializations(dg.AssetKey("ratings"), limit=1).records
    restored = shutil.copy2(tmp_path / "backup" / "ratings" / "d2.parquet", made.lake / "ratings")
    assert Path(restored).stat().st_mtime < last.timestamp
    write(made.lake, "late", {"id": [EVA]}, file="partner.parquet")
    _, old = iceberg(tmp_path / "elsewhere")
    shutil.copy2(old, made.lake / "snap" / "data")

    clean, found = sweep(made)

    names = {asset for asset, request in found if request == made.erased[EVA]}
    assert (False, 3, {"ratings", "late", "snap"}) == (clean, len(found), names)
    eva = {asset: one for (asset, _), one in found.items()}
    assert {
        "ratings": (Since.AFTER, last.run_id),
        "late": (Since.AFTER, None),
        "snap": (Since.UNKNOWN, None),
    } == {asset: (one.since, one.run) for asset, one in eva.items()}
    (child,) = {one.child for one in found.values()}

    made.settle()

    assert ("closed", []) == (made.state(child), there(made, EVA))
    assert 4 == len(there(made, BOB))
    assert (True, {}) == sweep(made)


@pytest.mark.slow
def test_an_old_snapshot_below_a_table_is_found_and_its_request_says_who_erases_it(made):
    """No reader of the table sees her any more; rewriting a file would break the format's own log."""
    there_now, old = iceberg(made.lake / "snap")
    assert [BOB] == there_now

    _, found = sweep(made)
    made.settle()

    (one,) = found.values()
    assert ("snap", made.erased[EVA], "failed") == (one.asset, one.request, made.state(one.child))
    assert ["table format's own delete" in why.sentence for why in made.failures(one.child)] == [True]
    old.unlink()
    assert {} == sweep(made)[1]


@pytest.mark.slow
def test_a_backfill_is_erased_again_and_a_customer_who_returned_is_left_alone(made):
    """She is a case, which warns and stops nothing, until somebody readmits her; she is nobody's then."""
    made.source["d1"] = [(EVA, OLD), (BOB, OLD)]
    made.source["d2"] = [(ANN, NEW), (BOB, OLD)]

    first, second = build(made, "d1"), build(made, "d2")

    with made.ledger.read() as tx:
        found = {one.request: one for one in findings.of_asset(tx)}
    eva, ann = (found[made.erased[who]] for who in (EVA, ANN))
    assert (False, FindingKind.RESURRECTION, Since.DURING, first.run_id) == (
        first.success,
        eva.kind,
        eva.since,
        eva.run,
    )
    assert (FindingKind.CASE, 1, 1, Since.DURING, second.run_id, None) == (
        ann.kind,
        ann.rows,
        ann.later,
        ann.since,
        ann.run,
        ann.child,
    )

    made.settle()

    assert ("closed", [], ["ratings/d2.parquet"]) == (
        made.state(eva.child),
        there(made, EVA),
        there(made, ANN),
    )
    again = build(made, "d2")
    checks = {(one.check_name, one.asset_key): one for one in again.get_asset_check_evaluations()}
    told = checks[CAME_BACK_CHECK, dg.AssetKey("ratings")]
    assert (True, False, dg.AssetCheckSeverity.WARN) == (again.success, told.passed, told.severity)
    assert 1 == told.metadata["rtbf/cases_open"].value
    readmit(made.ledger, "account", str(ANN), reason="new_contract", staff="staff-7", begins=NEW)
    assert (True, {}) == sweep(made)
    assert ["ratings/d2.parquet"] == there(made, ANN)
