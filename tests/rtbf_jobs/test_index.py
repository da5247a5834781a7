"""The sidecar index in a whole deployment: built by its job, used, and erased with the person."""

from pathlib import Path

import dagster as dg
import pytest
from erasure_project import Project, project
from small_lakes import check_failed, holds, read, table, write

from lineage_assets import Erasure
from lineage_assets.errors import GraphError
from lineage_assets.identifiers import Sought
from rtbf_jobs import index
from rtbf_jobs.erasers import EraseOrder
from rtbf_jobs.erasers.parquet_file.index import Refreshed, people_in
from rtbf_jobs.index import index_place
from rtbf_jobs.index_job import INDEX_JOB
from sensors.index import index_sensor, newest_events

PEOPLE = ["ada@example.com", "bob@example.com", "eve@example.com"]


def deployment(folder: Path, *assets: str, **changes) -> Project:
    """People and what a rebuild makes of them, both indexed unless told otherwise."""
    lake = folder / "lake"
    write(lake, "people", {"mail": [" Ada@Example.com", *PEOPLE[1:]]})
    people = table("people", {"mail": "email"})

    @dg.asset(
        deps=[people],
        owners=["team:a"],
        metadata=holds("copy", {"mail": "email"}, erasure=Erasure.REBUILD),
    )
    def copy() -> None:
        write(lake, "copy", {"mail": read(lake, "people")["mail"].to_list()})

    dg.materialize([people, copy])
    options = {"index": folder / "index", "indexed": frozenset(assets or ("people", "copy"))}
    return project(folder, [people, copy], **(options | changes))


def build(made: Project) -> dg.ExecuteInProcessResult:
    """Run the job that builds the indexes."""
    job = made.defs.resolve_job_def(INDEX_JOB)
    return job.execute_in_process(instance=made.instance, raise_on_error=False)


def indexed(made: Project, asset: str) -> set[str]:
    """Return who is in an asset's index."""
    declared = made.control.graph.nodes[asset].declaration
    assert declared is not None
    order = EraseOrder(
        asset=asset,
        root=made.lake / asset,
        declaration=declared,
        namespaces=made.settings.namespaces,
        hmac_keys={},
        subjects=tuple(Sought(namespace="email", value=one, request=n) for n, one in enumerate(PEOPLE)),
        digest_key=b"",
        index=index_place(made.settings, made.ledger, asset),
    )
    return {PEOPLE[number] for number in people_in(order)}


def test_a_person_leaves_the_index_with_the_data(tmp_path):
    """Of the table that is erased, and of the one that is built again without anybody's asking."""
    made = deployment(tmp_path)
    assert build(made).success
    assert (set(PEOPLE), set(PEOPLE)) == (indexed(made, "people"), indexed(made, "copy"))
    request_id = made.erase("email=ada@example.com")
    assert ([], "closed") == (made.failures(request_id), made.state(request_id))
    assert (set(PEOPLE[1:]), set(PEOPLE[1:])) == (indexed(made, "people"), indexed(made, "copy"))


def test_an_index_that_keeps_the_person_fails_the_request(tmp_path, monkeypatch):
    """The verification looks into the index itself, whatever the walk did."""
    made = deployment(tmp_path)
    build(made)
    monkeypatch.setattr(index, "refresh", lambda _: Refreshed())
    request_id = made.erase("email=ada@example.com")
    assert "rtbf_index" in check_failed(made, request_id, "left_in_index", "people", "ada@", "Ada@")


def test_an_index_that_nobody_asks_for_any_more_goes(tmp_path):
    """The job removes it whole; the others stay."""
    build(deployment(tmp_path))
    made = deployment(tmp_path, "people")
    assert {"people", "copy"} == {one.name for one in (tmp_path / "index").iterdir()}
    assert build(made).success
    assert ["people"] == [one.name for one in (tmp_path / "index").iterdir()]


def test_the_job_names_what_it_could_not_index(tmp_path):
    """It fails, so that somebody looks; the other files have their index."""
    made = deployment(tmp_path)
    (made.lake / "people" / "z.parquet").write_bytes(b"PAR1 is not all that it takes PAR1")
    done = build(made)
    assert not done.success
    (failure,) = (event for event in done.all_events if event.is_step_failure)
    said = failure.step_failure_data.user_failure_data.description
    assert "file 2" in said
    assert "z.parquet" not in said
    assert set(PEOPLE) == indexed(made, "people")


def test_an_asset_without_declared_parquet_cannot_be_indexed(tmp_path):
    with pytest.raises(GraphError, match="asset elsewhere: no asset of Parquet files"):
        deployment(tmp_path, "people", "elsewhere")


def test_without_the_setting_there_is_no_job_and_no_sensor(tmp_path):
    made = deployment(tmp_path, index=None, indexed=frozenset())
    assert INDEX_JOB not in {one.name for one in made.defs.jobs or ()}
    assert "rtbf_index_refresh" not in {one.name for one in made.defs.sensors or ()}


def test_the_sensor_asks_once_at_first_and_once_a_materialisation(tmp_path):
    """An asset that has no index does not count."""
    made = deployment(tmp_path, "copy")
    sensor = index_sensor(30, made.defs.resolve_job_def(INDEX_JOB))
    resources = {"rtbf_control": made.control}

    def tick(cursor):
        context = dg.build_sensor_context(made.instance, cursor=cursor, resources=resources)
        done = sensor.evaluate_tick(context)
        return len(done.run_requests or ()), done.cursor

    first, cursor = tick(None)
    again, same = tick(cursor)
    assert (1, 0, {"copy": 0}) == (first, again, newest_events(made.control, made.instance))
    made.instance.report_runless_asset_event(dg.AssetMaterialization("people"))
    assert 0 == tick(same)[0]
    made.instance.report_runless_asset_event(dg.AssetMaterialization("copy"))
    asked, cursor = tick(same)
    assert (1, 0) == (asked, tick(cursor)[0])
