"""What a real Dagster instance sees of an erasure: run requests, numbers that plot, never an identifier."""

import re
import warnings
from pathlib import Path

import dagster as dg
import pytest
from dagster_home import dagster_home
from erasure_project import Project, ephemeral, settings_in
from small_lakes import LINKS, holds, read, table, write

from lineage_assets import Erasure
from rtbf_jobs.erasers import ERASERS
from sensors.rebuilds import REBUILD_JOB

DEVICES = [f"{n:08x}-5cb3-4d1e-9f70-aaaaaaaaaaaa" for n in range(0xBEEF000, 0xBEEF008)]
MAILS = [f"canary.{n}@example.org" for n in range(8)]
PHONES = [f"+4930555017{n:02d}" for n in range(8)]
ACCOUNTS = list(range(770011223300, 770011223308))
CANARIES = [*DEVICES, *MAILS, *PHONES, *map(str, ACCOUNTS)]


def _assets(lake: Path) -> list[dg.AssetSpec | dg.AssetsDefinition]:
    people = table("people", {"id": "account", "mail": "email", "tel": "phone"})
    devices = table("devices", {"id": "account", "device": "device"}, links=LINKS)

    @dg.asset(
        deps=[people],
        owners=["team:a"],
        metadata=holds("copy", {"mail": "email"}, erasure=Erasure.REBUILD),
    )
    def copy() -> None:
        write(lake, "copy", {"mail": read(lake, "people")["mail"].to_list()})

    return [people, devices, copy]


def _fill(lake: Path) -> None:
    write(lake, "people", {"id": ACCOUNTS, "mail": MAILS, "tel": PHONES})
    write(lake, "devices", {"id": ACCOUNTS, "device": DEVICES})
    write(lake, "copy", {"mail": MAILS})


def _made(folder: Path, instance: dg.DagsterInstance, **changes) -> Project:
    lake = folder / "lake"
    theirs = dg.Definitions(assets=_assets(lake))
    made = Project(settings=settings_in(folder, attempts=2, **changes), theirs=theirs, instance=instance)
    _fill(lake)
    return made


def _sensor(made: Project, name: str) -> dg.SensorDefinition:
    return made.defs.resolve_sensor_def(name)


def _evaluate(made: Project, name: str) -> list[dg.RunRequest]:
    """Evaluate a sensor as the daemon does and return what it asks for."""
    resource = (made.defs.resources or {})["rtbf_control"]
    context = dg.build_sensor_context(
        instance=made.instance,
        repository_def=made.defs.get_repository_def(),
        resources={"rtbf_control": resource},
    )
    return list(_sensor(made, name).evaluate_tick(context).run_requests or [])


def _erase(made: Project, *people: int) -> list[str]:
    asked = [made.file(f"account={ACCOUNTS[n]}", f"email={MAILS[n]}", f"phone={PHONES[n]}") for n in people]
    made.settle()
    made.approve(*asked)
    made.settle()
    return asked


def _events(instance: dg.DagsterInstance) -> list[dg.DagsterEvent]:
    return [
        entry.dagster_event
        for run in instance.get_runs()
        for entry in instance.all_logs(run.run_id)
        if entry.dagster_event is not None
    ]


def _numbers(events: list[dg.DagsterEvent]) -> list[tuple[str, dict[str, float]]]:
    """Return asset -> numbers of our observations and check evaluations."""
    found = []
    for event in events:
        if event.is_asset_observation:
            told = event.asset_observation_data.asset_observation
        elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            told = event.asset_check_evaluation_data
        else:
            continue
        numbers = {name: one.value for name, one in told.metadata.items() if name.startswith("rtbf/")}
        found.append((told.asset_key.to_user_string(), numbers))
    return found


def _leaks(folder: Path) -> list[tuple[str, str]]:
    """Return (file, canary) of every canary in any byte below a folder, in either case, UTF-8 or UTF-16."""
    files = {path.name: path.read_bytes().lower() for path in sorted(folder.rglob("*")) if path.is_file()}
    forms = [(canary, form) for canary in CANARIES for form in (canary.encode(), canary.encode("utf-16-le"))]
    return [(name, canary) for name, body in files.items() for canary, form in forms if form in body]


def test_the_sensors_run_by_default(tmp_path: Path) -> None:
    """Nobody has to switch them on, and they tick as often as the settings say."""
    made = _made(tmp_path, dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)), tick_seconds=7)
    sensors = [_sensor(made, name) for name in ("rtbf_request_filed", "rtbf_rebuilds")]
    running = dg.DefaultSensorStatus.RUNNING
    assert [(running, 7)] * 2 == [(one.default_status, one.minimum_interval_seconds) for one in sensors]


def test_loading_warns_of_nothing(tmp_path: Path) -> None:
    """Dagster copies a sensor whose jobs lack a resource of the whole, and warns at each load that it did."""
    theirs = dg.Definitions(assets=_assets(tmp_path), resources={"io_manager": dg.FilesystemIOManager()})
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        made = Project(settings=settings_in(tmp_path), theirs=theirs, instance=ephemeral(tmp_path))
        made.defs.get_repository_def()
    assert [] == [str(one.message) for one in warned]


def test_sensors_ask_for_runs_that_are_valid(tmp_path: Path) -> None:
    """From filing to certificate on a real instance: every run request fits its job, and carries ids only."""
    with dagster_home(tmp_path / "home") as instance:
        made = _made(tmp_path, instance)
        assert ([], []) == (_evaluate(made, "rtbf_request_filed"), _evaluate(made, "rtbf_rebuilds"))
        request_id = made.file(f"account={ACCOUNTS[0]}", f"email={MAILS[0]}")
        seen = []
        for _ in range(8):
            asked = [*_evaluate(made, "rtbf_request_filed"), *_evaluate(made, "rtbf_rebuilds")]
            for one in asked:
                assert dg.validate_run_config(made.defs.resolve_job_def(str(one.job_name)), one.run_config)
                dagsters = {"dagster/sensor_name", dg.MAX_RUNTIME_SECONDS_TAG}
                ours = {name: value for name, value in one.tags.items() if name not in dagsters}
                assert {"rtbf/batch"} < {*ours} <= {"rtbf/batch", "rtbf/attempt", "rtbf/wave", "rtbf/desk"}
                ids = r"(/rtbf/batches/)?bt-[0-9a-f]{24}|[0-9.]+"
                assert all(re.fullmatch(ids, value) for value in ours.values())
                assert made.execute(one).success
                seen.append(one.job_name)
            if made.state(request_id) == "planned":
                made.approve(request_id)
        assert ["rtbf_prepare", "rtbf_erase", REBUILD_JOB, "rtbf_erase"] == seen
        assert "closed" == made.state(request_id)


@pytest.mark.parametrize("people", [4, pytest.param(5, marks=pytest.mark.slow)])
def test_rows_are_told_from_five_people_on(tmp_path: Path, people: int) -> None:
    """Files and bytes always plot; rows of fewer than five people are in the ledger alone. No identifier."""
    with dagster_home(tmp_path / "home") as instance:
        made = _made(tmp_path, instance)
        asked = _erase(made, *range(people))
        assert ["closed"] * people == [made.state(one) for one in asked]
        told = _numbers(_events(instance))
    assert {"people", "devices", "copy"} == {asset for asset, _ in told}
    names = {name for _, numbers in told for name in numbers}
    assert {"rtbf/files", "rtbf/bytes", "rtbf/files_matched", "rtbf/requests_with_residual"} < names
    assert {"rtbf/files_rewritten", "rtbf/bytes_rewritten"} < names
    rows = {"rtbf/rows", "rtbf/rows_matched", "rtbf/rows_erased"}
    assert (rows if people == 5 else set()) == {name for name in names if "rows" in name}
    values = [one for _, numbers in told for name, one in numbers.items() if name != "rtbf/owners"]
    assert all(isinstance(value, int | float) for value in values)
    assert [] == _leaks(tmp_path / "home")


@pytest.mark.slow
def test_the_check_of_an_asset_shows_in_dagster(tmp_path: Path) -> None:
    """Each declared asset has a passed check after a good erasure, and a failed one after a bad one."""
    with dagster_home(tmp_path / "home") as instance:
        made = _made(tmp_path, instance)
        write(made.lake, "devices", {"id": ACCOUNTS, "device": DEVICES, "note": [MAILS[0]] + [None] * 7})
        left = [None, None, MAILS[1], *[None] * 5]
        write(made.lake, "people", {"id": ACCOUNTS, "mail": MAILS, "tel": PHONES, "x": left})
        good, bad = _erase(made, 0, 1)
        assert [] == made.failures(good)
        assert ["closed", "failed"] == [made.state(good), made.state(bad)]
        checks = [
            (one.asset_key.to_user_string(), one.check_name, one.passed)
            for event in _events(instance)
            if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
            for one in [event.asset_check_evaluation_data]
            if "rtbf/files" in one.metadata
        ]
        assert {("people", "rtbf_residual", False), ("devices", "rtbf_residual", True)} < set(checks)
        own = [one for one in made.defs.asset_checks or [] if "rtbf_residual" in str(one.check_keys)]
        resource = (made.defs.resources or {})["rtbf_control"]
        run = dg.materialize(
            [*_assets(made.lake), *own],
            selection=dg.AssetSelection.all_asset_checks(),
            resources={"rtbf_control": resource},
            instance=instance,
        )
        now = {one.asset_key.to_user_string(): one.passed for one in run.get_asset_check_evaluations()}
        assert {"people": False, "devices": True, "copy": True} == now
    assert [] == _leaks(tmp_path / "home")


def test_a_run_made_to_fail_leaves_no_identifier(tmp_path: Path, monkeypatch, capfd) -> None:
    """An error whose text holds the value is told by type and place; stores, logs and output stay clean."""

    def breaks(order, _still_mine, _progress):
        raise ValueError(f"Could not convert string '{order.subjects[0].value}' to INT64", order.subjects)

    for key in list(ERASERS):
        monkeypatch.setitem(ERASERS, key, breaks)
    with dagster_home(tmp_path / "home") as instance:
        made = _made(tmp_path, instance)
        (request_id,) = _erase(made, 0)
        assert "failed" == made.state(request_id)
        sentence = made.failures(request_id)[0].sentence
        said = [
            event.step_failure_data.user_failure_data.description
            for event in _events(instance)
            if event.is_step_failure
        ]
    assert 2 == len(said)
    assert ["unexpected ValueError at test_dagster.py"] * 2 == [one.partition(":")[0] for one in said]
    assert said[-1] in sentence
    assert [] == _leaks(tmp_path / "home")
    printed = "".join(capfd.readouterr())
    assert [] == [canary for canary in CANARIES if canary in printed]


@pytest.mark.slow
def test_an_unreadable_file_leaves_no_identifier(tmp_path: Path) -> None:
    """DuckDB's own conversion errors print values: text where numbers were must not bring them out."""
    with dagster_home(tmp_path / "home") as instance:
        made = _made(tmp_path, instance)
        write(made.lake, "devices", {"id": [MAILS[0]], "device": [PHONES[0]]}, file="b.parquet")
        body = bytearray((made.lake / "people/a.parquet").read_bytes())
        body[8:60] = b"\xff" * 52
        (made.lake / "people/a.parquet").write_bytes(body)
        request_id = made.file(f"account={ACCOUNTS[0]}", f"email={MAILS[0]}")
        made.settle()
        assert "failed" == made.state(request_id)
    assert [] == _leaks(tmp_path / "home")
