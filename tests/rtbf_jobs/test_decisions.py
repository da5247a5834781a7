"""Rows that only a shared identifier owns: a person decides, the request is taken up again, and it ends."""

import json
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from erasure_project import Project, project
from small_lakes import LINKS, counts, holds, read, table, write
from typer.testing import CliRunner

from lineage_assets import Erasure
from rtbf_desk.cli import app
from rtbf_desk.reading import preview
from rtbf_ledger import decision_store, requests, vault
from rtbf_ledger.certificate import verify
from rtbf_ledger.certificate_text import render
from rtbf_ledger.certificates import newest, verifier_key_file
from rtbf_ledger.decisions import Because, Choice
from rtbf_ledger.suppression import Suppression

TV, OWN = "0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"
SETTINGS = """
[controller]
name = "Test Ltd"
[ledger]
code_location = "test"
url = "sqlite:///ledger.db"
keys = "keys"
[roots]
lake = "lake"
[namespaces]
account = { kind = "integer" }
device = { kind = "uuid" }
"""


def _made(folder: Path, **changes: object) -> Project:
    """Return a household: 42 and 7 share a television, and its sessions lead to features that are rebuilt."""
    lake = folder / "lake"
    devices = table("devices", {"user": "account", "device": "device"}, links=LINKS)
    sessions = table("sessions", {"device": "device"}, deps=[devices], **changes)

    @dg.asset(
        deps=[sessions],
        owners=["team:a"],
        metadata=holds("features", {"device": "device"}, erasure=Erasure.REBUILD),
    )
    def features() -> None:
        seen = read(lake, "sessions").drop_nulls("device").group_by("device").agg(pl.col("n").sum())
        write(lake, "features", seen.sort("n").to_dict(as_series=False))

    made = project(folder, [devices, sessions, features])
    write(lake, "devices", {"user": [42, 42, 7], "device": [TV, OWN, TV]})
    write(lake, "sessions", {"device": [TV, OWN, TV, None], "n": [1, 2, 4, 8]})
    write(lake, "features", {"device": [OWN, TV], "n": [2, 5]})
    return made


def _run(made: Project, request_id: str) -> None:
    made.settle_directly()
    made.approve(request_id)
    made.settle_directly()


def _decide(made: Project, request_id: str, asset: str, choice: Choice, because: Because) -> None:
    decision_store.decide(made.ledger, request_id, asset, choice, because=because, staff="dpo-2")


def _again(made: Project, request_id: str) -> None:
    requests.retry(made.ledger, request_id, staff="dpo-2")
    _run(made, request_id)


def _rows(made: Project) -> tuple[list[int], list[tuple[str, int]]]:
    return read(made.lake, "sessions")["n"].to_list(), read(made.lake, "features").rows()


def _vault_entry(made: Project, request_id: str) -> bool:
    with made.ledger.read() as tx:
        return vault.unseal(made.ledger, tx, request_id, "expanded") is not None


def _text(made: Project, request_id: str) -> str:
    with made.ledger.read() as tx:
        data = newest(tx, request_id)
    return " ".join(render(verify(data, verifier_key_file(made.ledger).read_text().strip())).split())


def test_decided_to_erase_the_rows_go_with_the_request(tmp_path: Path) -> None:
    """Partly closed, decided, retried: rows and what is built from them go, the housemate's stay."""
    made = _made(tmp_path)
    request_id = made.file("account=42")
    _run(made, request_id)
    assert ("partly_closed", "needs_decision") == (
        made.state(request_id),
        made.verdicts(request_id)["sessions"],
    )
    assert ([1, 4, 8], [(TV, 5)]) == _rows(made)
    _decide(made, request_id, "sessions", Choice.ERASE, Because.OTHERS_AGREE)
    _again(made, request_id)
    assert ("closed", []) == (made.state(request_id), made.failures(request_id))
    assert {"devices": "erased", "sessions": "erased", "features": "rebuilt"} == made.verdicts(request_id)
    assert {"devices": (2, 2), "sessions": (3, 3), "features": (2, 2)} == counts(made, request_id)
    assert ([8], []) == _rows(made)
    assert [(7, TV)] == read(made.lake, "devices").rows()
    assert "Final record" == made.body(request_id)["title"]
    said = "decided by dpo-2: the others who use the identifier agree"
    assert [said] == [one["basis"] for one in made.body(request_id)["assets"] if one["basis"]]
    assert said in _text(made, request_id)
    assert f"stated by its owner: {said}" not in _text(made, request_id)
    listed = Suppression(made.ledger, dict(made.settings.namespaces))
    assert [False, True] == listed.suppressed([TV, OWN], "device")


def test_decided_to_keep_the_request_ends_and_the_record_says_so(tmp_path: Path) -> None:
    """Kept where a person said so: a partial record, the identifiers destroyed, nothing more erased."""
    made = _made(tmp_path)
    request_id = made.file("account=42")
    _run(made, request_id)
    _decide(made, request_id, "sessions", Choice.KEEP, Because.OTHERS_ROWS)
    _again(made, request_id)
    open_still = {row["asset"]: row["undecided"] for row in preview(made.ledger, request_id)}
    assert {"devices": 0, "sessions": 0, "features": 1} == open_still
    assert ("partly_closed", True) == (made.state(request_id), _vault_entry(made, request_id))
    _decide(made, request_id, "features", Choice.KEEP, Because.CANNOT_TELL)
    _again(made, request_id)
    assert ("closed", []) == (made.state(request_id), made.failures(request_id))
    assert not _vault_entry(made, request_id)
    body = made.body(request_id)
    assert "Partial record" == body["title"]
    kept = {one["asset"]: (one["verdict"], one["basis"]) for one in body["assets"]}
    assert ("exempt", "decided by dpo-2: the rows are about somebody else") == kept["sessions"]
    assert ("exempt", "decided by dpo-2: nobody can tell whom the rows are about") == kept["features"]
    assert {"devices": (2, 2), "sessions": (3, 1), "features": (2, 1)} == counts(made, request_id)
    assert ([1, 4, 8], [(TV, 5)]) == _rows(made)
    assert "are kept, as was decided. - features decided by dpo-2" in _text(made, request_id)


def test_decided_after_approval_it_is_planned_and_approved_anew(tmp_path: Path) -> None:
    """What is carried out is what was approved: the decision is in the plan, and changes it."""
    made = _made(tmp_path)
    request_id = made.file("account=42")
    made.settle_directly()
    made.approve(request_id)
    _decide(made, request_id, "sessions", Choice.ERASE, Because.ONLY_THEIRS)
    made.settle_directly()
    assert ("planned", [1, 2, 4, 8]) == (made.state(request_id), _rows(made)[0])
    made.approve(request_id)
    made.settle_directly()
    assert ("closed", [8]) == (made.state(request_id), _rows(made)[0])
    assert {"devices": (2, 2), "sessions": (3, 3), "features": (2, 2)} == counts(made, request_id)


def test_a_decision_of_one_request_decides_nothing_for_another(tmp_path: Path) -> None:
    """Both of the household in one batch: one erases the shared rows, the other's own device is spared."""
    made = _made(tmp_path)
    write(made.lake, "devices", {"user": [42, 42, 7, 9], "device": [TV, OWN, TV, TV]})
    one, other = made.file("account=42"), made.file("account=7")
    made.settle_directly()
    _decide(made, one, "sessions", Choice.ERASE, Because.OTHERS_AGREE)
    requests.approve(made.ledger, one, other, staff="dpo-2")
    made.settle_directly()
    assert ["planned", "partly_closed"] == [made.state(one), made.state(other)]
    assert [1, 2, 4, 8] == _rows(made)[0]
    made.approve(one)
    made.settle_directly()
    assert ["closed", "partly_closed"] == [made.state(one), made.state(other)]
    assert ([8], []) == _rows(made)
    _again(made, other)
    assert ("closed", "not_affected") == (made.state(other), made.verdicts(other)["sessions"])


@pytest.mark.parametrize("erasure", [Erasure.REDACT_COLUMNS, Erasure.DELETE_FILE])
def test_fields_and_files_are_decided_too(tmp_path: Path, erasure: Erasure) -> None:
    """The declared strategy is carried out on what was decided, and the record says who did."""
    redact = ["device"] if erasure is Erasure.REDACT_COLUMNS else []
    made = _made(tmp_path, erasure=erasure, redact=redact)
    write(
        made.lake,
        "sessions",
        {"device": ["11111111-1111-4111-8111-111111111111"], "n": [16]},
        file="b.parquet",
    )
    request_id = made.file("account=42")
    made.settle_directly()
    _decide(made, request_id, "sessions", Choice.ERASE, Because.ONLY_THEIRS)
    _run(made, request_id)
    made.approve(request_id)
    made.settle_directly()
    verdict, left = ("redacted", [1, 2, 4, 8, 16]) if redact else ("erased", [16])
    assert (verdict, left) == (made.verdicts(request_id)["sessions"], _rows(made)[0])
    assert "decided by dpo-2: the rows are about this person alone" in _text(made, request_id)


def test_the_command_decides_and_says_what_follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 0 and what comes next; 1 where there is nothing to decide; 2 for a word that is no choice."""
    made = _made(tmp_path)
    request_id = made.file("account=42")
    _run(made, request_id)
    (tmp_path / "rtbf.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["decide", request_id, *words, "--by", "dpo-2"])
        return result.exit_code, result.output

    assert (2, True) == (
        (wrong := run("sessions", "burn", "--because", "only_theirs"))[0],
        "erase, keep" in wrong[1],
    )
    assert (2, True) == (
        (wrong := run("sessions", "keep", "--because", "whim"))[0],
        "others_rows" in wrong[1],
    )
    assert (1, True) == (
        (wrong := run("devices", "keep", "--because", "others_rows"))[0],
        "no search" in wrong[1],
    )
    code, said = run("sessions", "erase", "--because", "others_agree")
    assert (0, True) == (code, "`rtbf retry` takes it up" in said)
    shown = CliRunner().invoke(app, ["show", request_id, "--json"])
    (entry,) = [one for one in json.loads(shown.output)["log"] if one["kind"] == "EraseDecided"]
    assert ("sessions", "others_agree", "dpo-2") == (entry["asset"], entry["code"], entry["staff"])
