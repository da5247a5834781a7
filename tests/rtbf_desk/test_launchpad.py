"""The launchpad flow on the real webserver and daemon: a handle files; anything else is never stored.

The launches are the documents that the installed UI itself sends, taken out of its scripts. What goes round
the webserver is purged by the daemon.
"""

import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster_webserver
import pytest
import yaml
from erasure_project import settings_in
from sqlalchemy import select
from ui_process import ROOT, moments, start
from websockets.sync.client import connect

from rtbf_jobs.filing_config import REFUSAL, FilingConfig, as_run_config
from rtbf_ledger import schema
from rtbf_ledger.handles import Sealing, seal_handle
from rtbf_ledger.store import open_ledger

CANARY = "zq7canary9x@films.example"
PROJECT = """
import sys
from pathlib import Path
sys.path.insert(0, {support!r})
import dagster as dg
from erasure_project import settings_in
from small_lakes import table
from dagster_rtbf import erasure_definitions

@dg.op(config_schema=dict(word=str))
def say(context):
    context.log.info(context.op_config["word"])

@dg.job(executor_def=dg.in_process_executor)
def other():
    say()

def whole():
    theirs = dg.Definitions(assets=[table("people", dict(account="account"))], jobs=[other])
    settings = settings_in(Path(__file__).parent, keys=Path(__file__).parent / "ledger_keys", tick_seconds=5)
    return dg.Definitions.merge(theirs, erasure_definitions(theirs, settings))

defs = whole()
"""
WORKSPACE = "load_from:\n  - python_file:\n      relative_path: filing.py\n      location_name: films\n"
ERROR = "fragment PythonErrorFragment on PythonError { message stack }"
RUNS = "{ runsOrError { ... on Runs { results { runId jobName status runConfigYaml tags { key value } } } } }"
SELECTOR = {"repositoryName": "__repository__", "repositoryLocationName": "films"}


def of_the_ui(name):
    """Return a mutation as the installed UI sends it."""
    scripts = (Path(dagster_webserver.__file__).parent / "webapp" / "build" / "_next" / "static").rglob(
        "*.js"
    )
    for script in scripts:
        found = re.search(rf'"(\\n  mutation {name}\(.*?)"', script.read_text(encoding="utf-8"))
        if found:
            return f"{json.loads(chr(34) + found[1] + chr(34))}\n{ERROR}"
    raise AssertionError(f"the UI has no {name}")


@pytest.fixture(scope="module")
def ui(tmp_path_factory):
    """Webserver and daemon with the filing job and another one."""
    folder = tmp_path_factory.mktemp("launchpad")
    (folder / "filing.py").write_text(PROJECT.format(support=str(ROOT / "tests" / "support")))
    (folder / "ledger_keys").mkdir(mode=0o700)
    ui = start(folder, WORKSPACE)
    try:
        yield ui.opened()
    finally:
        code = ui.stop(signal.SIGINT) if ui.process.poll() is None else ui.process.returncode
    assert 0 == code


@pytest.fixture(scope="module")
def ledger(ui):
    """The ledger of that deployment."""
    settings = settings_in(ui.folder, keys=ui.folder / "ledger_keys")
    made = open_ledger(
        settings.ledger_url,
        settings.keys,
        code_location="test",
        clock=lambda: datetime.now(UTC),
        randomness=os.urandom,
    )
    yield made
    made.engine.dispose()


@pytest.fixture
def handle(ledger):
    """A fresh handle."""
    sealing = Sealing(identifiers=[("account", "42")], received_at=datetime.now(UTC), filed_by="test")
    return seal_handle(ledger, sealing).id


def asked(ui, document, **variables):
    """Ask as the UI does; returns status and data, or the errors."""
    body = json.dumps({"query": document, "variables": variables}).encode()
    status, _, text = ui.ask("POST", "/graphql", body=body)
    answer = json.loads(text)
    return status, answer.get("errors") or answer["data"]


def launch(config, job="file_erasure_request", **metadata):
    """Return what the launchpad sends."""
    return {
        "runConfigData": config,
        "selector": SELECTOR | {"pipelineName": job, "assetSelection": [], "assetCheckSelection": []},
        "mode": "default",
        "executionMetadata": {"tags": [{"key": "dagster/from_ui", "value": "true"}]} | metadata,
    }


def runs(ui):
    """Return the runs that are stored, by their ids."""
    return {run["runId"]: run for run in asked(ui, RUNS)[1]["runsOrError"]["results"]}


def finished(ui, run_id):
    """Wait for the end of a run; returns it."""
    for _ in moments():
        run = runs(ui)[run_id]
        if run["status"] in {"SUCCESS", "FAILURE", "CANCELED"}:
            return run
    raise AssertionError(f"it is still {run['status']}")


def launched(ui, params):
    """Launch as the launchpad does; returns the ended run."""
    status, data = asked(ui, of_the_ui("LaunchPipelineExecution"), executionParams=params)
    assert (200, True) == (status, "run" in data.get("launchPipelineExecution", {})), data
    return finished(ui, data["launchPipelineExecution"]["run"]["id"])


def requests_of(ledger):
    """Return the ids of all requests."""
    with ledger.read() as tx:
        return set(tx.execute(select(schema.request.c.id)).scalars())


def said(ui, run_id):
    """Return what a run logged."""
    query = (
        f'{{ logsForRun(runId: "{run_id}") {{ ... on EventConnection {{ events {{ ... on MessageEvent '
        "{ message } } } } }"
    )
    events = asked(ui, query)[1]["logsForRun"]["events"]
    return "\n".join(event["message"] for event in events)


def bytes_of(folder):
    """Return file -> content of all files of a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def holding(ui, word=CANARY):
    """Return the files of the whole deployment that hold a word."""
    return sorted(
        str(path.relative_to(ui.folder))
        for path, data in bytes_of(ui.folder).items()
        if word.encode() in data
    )


@pytest.mark.slow
def test_a_handle_files_a_request(ui, ledger, handle):
    """From the launchpad: the run holds the handle, and says as which request it was filed."""
    before = requests_of(ledger)
    config = as_run_config(FilingConfig("gdpr", handle))
    first = launched(ui, launch(json.dumps(config)))
    (request_id,) = requests_of(ledger) - before
    assert "SUCCESS" == first["status"]
    assert f"filed as {request_id}" in said(ui, first["runId"])
    assert config == yaml.safe_load(first["runConfigYaml"])


@pytest.mark.slow
def test_a_run_is_executed_again_from_the_ui(ui, ledger, handle):
    """The UI has two ways; both answer with the request that is there."""
    first = launched(ui, launch(json.dumps(as_run_config(FilingConfig("gdpr", handle)))))
    before = requests_of(ledger)
    (request_id,) = re.findall(r"filed as (rq-\w+)", said(ui, first["runId"]))
    document = of_the_ui("LaunchPipelineReexecution")
    tags = [*first["tags"], {"key": "dagster/parent_run_id", "value": first["runId"]}]
    copied = launch(first["runConfigYaml"], parentRunId=first["runId"], rootRunId=first["runId"], tags=tags)
    by_parent = {"parentRunId": first["runId"], "strategy": "ALL_STEPS", "useParentRunTags": True}
    for variables in ({"executionParams": copied}, {"reexecutionParams": by_parent}):
        status, data = asked(ui, document, **variables)
        assert 200 == status, data
        run = finished(ui, data["launchPipelineReexecution"]["run"]["id"])
        assert "SUCCESS" == run["status"]
        assert f"already filed as {request_id}; nothing was filed now" in said(ui, run["runId"])
    assert before == requests_of(ledger)


@pytest.mark.parametrize(
    "params",
    [
        launch(f"ops:\n  rtbf_file:\n    config:\n      law: gdpr\n      handle: {CANARY}\n"),
        launch(f"{CANARY}: 1"),
        launch(f"ops: [{CANARY}"),
        launch({"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": {"account": CANARY}}}}}),
        launch(as_run_config(FilingConfig("gdpr", "hd-" + "0" * 24)), tags=[{"key": "who", "value": CANARY}]),
    ],
)
@pytest.mark.parametrize("name", ["LaunchPipelineExecution", "LaunchPipelineReexecution"])
def test_an_identifier_is_refused_before_it_is_stored(ui, params, name):
    """The launchpad shows our sentence; no run, and no byte of it in any file of the deployment."""
    before = set(runs(ui))
    status, data = asked(ui, of_the_ui(name), executionParams=params)
    (answer,) = data.values()
    assert (200, REFUSAL) == (status, answer["message"])
    assert CANARY not in json.dumps(answer)
    assert before == set(runs(ui))
    assert [] == holding(ui)


def test_a_list_of_launches_is_refused_as_a_whole(ui):
    """The UI's third way to launch."""
    before = set(runs(ui))
    sent = [launch({"ops": {"say": {"config": {"word": "x"}}}}, "other"), launch(CANARY)]
    _, data = asked(ui, of_the_ui("LaunchMultipleRuns"), executionParamsList=sent)
    assert REFUSAL == data["launchMultipleRuns"]["message"]
    assert before == set(runs(ui))


def test_a_websocket_launches_nothing(ui):
    """A mutation over the line of the subscriptions is no subscription."""
    before = set(runs(ui))
    address = ui.base.replace("http", "ws") + "/graphql"
    headers = [("Cookie", ui.cookie)]
    with connect(
        address, origin=ui.base, additional_headers=headers, subprotocols=["graphql-ws"], proxy=None
    ) as line:
        line.send(json.dumps({"type": "connection_init"}))
        line.recv(timeout=30)
        payload = {
            "query": of_the_ui("LaunchPipelineExecution"),
            "variables": {"executionParams": launch(CANARY)},
        }
        line.send(json.dumps({"type": "start", "id": "1", "payload": payload}))
        assert "error" == json.loads(line.recv(timeout=30))["type"]
    assert before == set(runs(ui))
    assert [] == holding(ui)


@pytest.mark.slow
def test_other_jobs_launch_as_before(ui):
    """With their config, and with Dagster's own answer where it is wrong."""
    run = launched(ui, launch({"ops": {"say": {"config": {"word": "hello there"}}}}, "other"))
    assert ("SUCCESS", True) == (run["status"], "hello there" in said(ui, run["runId"]))
    _, data = asked(
        ui, of_the_ui("LaunchPipelineExecution"), executionParams=launch({"ops": {"say": {}}}, "other")
    )
    assert "Missing required config" in json.dumps(data)


@pytest.mark.slow
def test_what_goes_round_the_webserver_is_refused_and_purged(ui):
    """By Dagster's command line: the op repeats nothing, and the daemon removes the run from every file."""
    assert not any(one.startswith("1 ") for one in purges(ui))
    config = {"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": CANARY}}}}
    done = subprocess.run(
        [
            Path(sys.executable).with_name("dagster"),
            *("job", "launch", "-w", "workspace.yaml", "-l", "films", "-j", "file_erasure_request"),
            *("--config-json", json.dumps(config)),
        ],
        cwd=ui.folder,
        env=os.environ | {"DAGSTER_HOME": str(ui.folder / ".dagster_home"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    for _ in moments():
        if "1 purged, 0 still to be purged" in purges(ui):
            break
    assert "1 purged, 0 still to be purged" in purges(ui)
    assert [] == holding(ui)


def purges(ui):
    """Return what the ticks of the purging sensor said."""
    which = {
        "repositoryName": "__repository__",
        "repositoryLocationName": "films",
        "sensorName": "rtbf_purge",
    }
    query = (
        "query T($s: SensorSelector!) { sensorOrError(sensorSelector: $s) { ... on Sensor "
        "{ sensorState { ticks(limit: 500) { skipReason } } } } }"
    )
    ticks = asked(ui, query, s=which)[1]["sensorOrError"]["sensorState"]["ticks"]
    return [tick["skipReason"] or "" for tick in ticks]
