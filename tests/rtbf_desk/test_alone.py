"""`rtbf desk`: the same pages behind the same gate, without Dagster's webserver around them."""

import signal
import subprocess
import sys
from datetime import UTC, datetime

import psutil
import pytest
from desk_site import site
from erasure_project import project
from live_desk import deployment, environment, serving
from small_lakes import table, write

from rtbf_desk.gate import DeskError
from rtbf_desk.place import Place

DAGSTER = "https://dagster.example/prod"


def test_it_serves_its_pages_and_no_dagster(tmp_path):
    """Behind its token, with nothing of Dagster's UI, without a daemon, and it ends when it is told to."""
    with serving(deployment(tmp_path), None, "--dagster", f"{DAGSTER}/", name="desk") as desk:
        assert 401 == desk.ask("GET", "/rtbf/requests", [])[0]
        status, _, page = desk.ask("GET", "/rtbf/requests")
        assert (200, True) == (status, f'href="{DAGSTER}/assets"' in page)
        assert [404, 404] == [desk.ask("GET", path)[0] for path in ("/assets", "/dagit_info")]
        assert 404 == desk.ask("POST", "/graphql", None, b"{}")[0]
        assert [] == psutil.Process(desk.process.pid).children()
        assert 0 == desk.stop(signal.SIGTERM)
        assert "Traceback" not in desk.printed("err")


def test_its_links_lead_to_the_dagster_that_others_run(tmp_path):
    """Assets, runs and the way to Dagster; the desk's own pages stay its own."""
    made = project(tmp_path, [table("people", {"id": "account"})])
    write(made.lake, "people", {"id": [42, 43]})
    request_id = made.file("account=42")
    made.settle_directly()
    with site(made.ledger, made.settings, made.control.graph, datetime.now(UTC), dagster=DAGSTER) as desk:
        page = desk.get(f"/rtbf/requests/{request_id}").text
    assert f'<a href="{DAGSTER}/assets/people">people</a>' in page
    assert f'href="{DAGSTER}/runs?' in page
    assert f'action="/rtbf/requests/{request_id}/approve"' in page


@pytest.mark.parametrize("address", ["javascript:alert(1)", "dagster.example", "https://", "https://d/?a=1"])
def test_an_address_that_is_none_is_refused(tmp_path, address):
    """In a sentence, before anything is served."""
    command = [sys.executable, "-m", "rtbf_desk.cli", "desk", "--dagster", address]
    told = subprocess.run(
        command, cwd=deployment(tmp_path), env=environment(), capture_output=True, text=True, check=False
    )
    assert (1, "") == (told.returncode, told.stdout)
    assert told.stderr.startswith("rtbf: desk: --dagster is an address such as")


def test_other_machines_do_not_reach_it_unasked():
    """As `rtbf ui`: the same rule."""
    with pytest.raises(DeskError, match=r"^other machines would reach"):
        Place(host="0.0.0.0").refuse()
