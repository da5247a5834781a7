"""Dagster's own launchpad in Chromium: a handle is filed, an identifier is refused before it is stored."""

import json
import subprocess
import sys
from contextlib import nullcontext

import pytest
from live_desk import CANARY, MAIL, deployment, environment, on_postgresql, serving
from visit import PATIENCE_SECONDS, Visit, visit

MILLISECONDS = PATIENCE_SECONDS * 1000


def sealed(folder, environ) -> dict[str, object]:
    """Seal an identifier with the command; returns the run config that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "rtbf_desk.cli", "seal", "--identifiers-from", "-", "--by", "jd", "--json"],
        input=f"account={CANARY}\n",
        cwd=folder,
        env=environment(environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout)["run_config"]


def pasted(seen: Visit, text: str) -> None:
    """Open the job's launchpad, replace what is in its editor, and wait until Dagster has looked at it."""
    page = seen.page
    page.goto(f"{seen.home}/locations/shop/jobs/file_erasure_request")
    page.get_by_role("tab", name="Launchpad").click(timeout=MILLISECONDS)
    page.get_by_role("button", name="Launch Run").wait_for(timeout=MILLISECONDS)
    page.locator(".CodeMirror").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)
    page.get_by_text("No missing config").wait_for(timeout=MILLISECONDS)


def runs(ui) -> list[tuple[str, str]]:
    """Return (job, status) of all runs, and that no answer of Dagster holds the canary."""
    query = "{ runsOrError { ... on Runs { results { pipelineName status runConfigYaml tags { value } } } } }"
    _, _, text = ui.ask("POST", "/graphql", body=json.dumps({"query": query}).encode())
    assert [] == [word for word in (str(CANARY), MAIL) if word in text]
    return [
        (one["pipelineName"], one["status"]) for one in json.loads(text)["data"]["runsOrError"]["results"]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["sqlite", "postgresql"])
def test_a_handle_is_filed_and_an_identifier_is_not(chromium, pictures, tmp_path, storage):
    """First the wrong paste: the launchpad says so and no run is stored. Then the handle, and its request."""
    folder = deployment(tmp_path)
    database = on_postgresql() if storage == "postgresql" else nullcontext({})
    with database as environ, serving(folder, environ) as ui:
        seen = visit(chromium, "desk", pictures, ui.base)
        seen.page.goto(f"{ui.base}/?token={ui.token}")
        config = sealed(folder, environ)
        wrong = json.loads(json.dumps(config))
        wrong["ops"]["rtbf_file"]["config"]["handle"] = MAIL
        pasted(seen, json.dumps(wrong))
        launch = seen.page.get_by_role("button", name="Launch Run")
        launch.click(timeout=MILLISECONDS)
        seen.page.get_by_text("nothing else: no other config").first.wait_for(timeout=MILLISECONDS)
        seen.keep("refused")
        seen.page.get_by_role("button", name="OK").click()
        assert [] == runs(ui)
        pasted(seen, json.dumps(config))
        seen.keep("pasted")
        launch.click(timeout=MILLISECONDS)
        seen.page.wait_for_url("**/runs/*", timeout=MILLISECONDS)
        seen.page.get_by_text("Success", exact=True).first.wait_for(timeout=MILLISECONDS)
        seen.keep("run")
        assert ("file_erasure_request", "SUCCESS") in runs(ui)
        seen.said.clear()
        seen.page.goto(f"{ui.base}/rtbf/requests")
        seen.look("filed")
        seen.page.get_by_role("link", name="rq-").first.click()
        seen.until("button", "Erase")
        seen.look("preview")
        seen.page.context.close()
