"""`rtbf scan --undeclared` and `rtbf accept`: exit codes, JSON that parses, and never a value or a path."""

import json

import dagster as dg
import pytest
from erasure_project import project
from small_lakes import table, write
from typer.testing import CliRunner

from lineage_assets import no_subject_data
from rtbf_desk.cli import app

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
email = { kind = "email" }
"""
MAILS = [f"erika.canary{i}@films.example" for i in range(40)]


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A deployment with one asset about people and one that is declared free of them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "rtbf.toml").write_text(SETTINGS)
    free = no_subject_data(because="titles", location="{lake}/films/")
    one = project(
        tmp_path,
        [table("people", {"id": "account"}), dg.AssetSpec("films", owners=["team:b"], metadata=free)],
    )
    write(one.lake, "people", {"id": [1]})
    write(one.lake, "films", {"title": ["Heat"]})
    return one


def rtbf(*words):
    """Run a command; returns (exit code, what it printed, what it said beside)."""
    result = CliRunner().invoke(app, [*words])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "canary" not in result.stdout + result.stderr
    return result.exit_code, result.stdout, result.stderr


def test_what_nobody_declared_is_told_by_exit_code_and_json_and_can_be_accepted(made):
    """Clean, found, accepted, taken back, could not look."""
    code, said, _ = rtbf("scan", "--undeclared")
    assert (0, True) == (code, "Nothing undeclared." in said)

    write(made.lake, "films", {"contact": MAILS}, file="erika.canary.parquet")
    code, said, _ = rtbf("scan", "films", "--undeclared", "--json")
    told = json.loads(said)
    (found,) = told["mismatches"]
    assert (1, "films", "email", "contact", ["team:b"], True) == (
        code,
        *(found[name] for name in ("target", "code", "place", "owners", "new")),
    )
    assert [("films", "found", 1)] == [(one["target"], one["state"], one["new"]) for one in told["targets"]]
    code, said, _ = rtbf("scan", "--undeclared")
    assert (1, True) == (code, "films: personal_column email at contact" in said)
    assert "owner: team:b" in said
    assert "(new)" not in said

    assert 0 == rtbf("accept", found["id"], "--because", "no_personal_data", "--by", "dpo-1")[0]
    assert 0 == rtbf("scan", "--undeclared")[0]
    assert 0 == rtbf("accept", found["id"], "--withdraw")[0]
    (made.lake / "people" / "a.parquet").write_bytes(b"PAR1 erika.canary@films.example")
    code, said, _ = rtbf("scan", "people", "--undeclared")
    assert (2, True) == (code, "not looked at: asset people: the Parquet footer of file 1 of 1" in said)
    assert 1 == rtbf("scan", "--undeclared")[0]


def test_what_is_asked_wrongly_is_refused_with_a_sentence(made):
    """An unknown asset, reason, id or staff code, and two scans at once."""
    assert made.lake.exists()
    for words, exit_code, sentence in (
        (["scan", "nothing", "--undeclared"], 2, "no asset of that name is in the graph"),
        (["scan", "--sweep", "--undeclared"], 2, "give one of them"),
        (["accept", "ud-1", "--because", "bored"], 2, "--because is one of: no_personal_data, aggregate"),
        (["accept", "ud-1"], 2, "give either --because, or --withdraw"),
        (["accept", "ud-1", "--because", "chance"], 1, "mismatch: there is none of that id"),
        (["accept", "ud-1", "--because", "chance", "--by", "4711"], 1, "staff code"),
    ):
        code, _, said = rtbf(*words)
        assert exit_code == code
        assert sentence in said
