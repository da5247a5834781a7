"""Wrong usage is told by our own names: what was typed in the wrong place may be a person."""

import subprocess
import sys

import pytest
import typer
from ui_process import ROOT

from rtbf_desk.cli import app
from rtbf_desk.cli_usage import UsageError, run_command_line

CANARY = "482913377120554"
WRONG = {
    (
        "hold",
        CANARY,
    ): "rtbf hold: there is no such command; there are place, release; rtbf hold --help says more",
    ("show", "rq-1", CANARY): "rtbf show: it was given more than it takes; rtbf show --help says more",
    ("show", f"--{CANARY}"): (
        "rtbf show: there is no such option; there are --json, --config, --help; rtbf show --help says more"
    ),
    ("show",): "rtbf show: request_id is missing; rtbf show --help says more",
    ("file",): "rtbf file: --identifiers-from is missing; rtbf file --help says more",
    ("file", "--received", CANARY, "--identifiers-from", "-"): (
        "rtbf file: --received does not take what was given (When it was received, in UTC, such as "
        "2026-03-31T14:05; now when left out); rtbf file --help says more"
    ),
    ("approve", "rq-1", "--accept-share", CANARY): (
        "rtbf approve: --accept-share does not take what was given (Largest share of an asset's rows it may "
        "erase, above `share_limit`: 0 to 1); rtbf approve --help says more"
    ),
}


@pytest.mark.parametrize("words", WRONG)
def test_what_was_typed_is_not_repeated(words, monkeypatch, capsys):
    """One sentence, exit 2."""
    monkeypatch.setattr(sys, "argv", ["rtbf", *words])
    assert 2 == run_command_line(app)
    assert ("", f"{WRONG[words]}\n") == capsys.readouterr()


def test_a_command_that_there_is_not_is_answered_with_those_there_are(monkeypatch, capsys):
    """Every one of them, and not what was typed."""
    monkeypatch.setattr(sys, "argv", ["rtbf", CANARY])
    assert 2 == run_command_line(app)
    said = capsys.readouterr().err
    assert said.startswith("rtbf: there is no such command; there are inventory, file, requests, show, ")
    assert CANARY not in said


def test_help_is_shown_where_nothing_was_asked(monkeypatch, capsys):
    """Also of a group of commands."""
    for words, said in ((["rtbf"], "inventory"), (["rtbf", "hold"], "release")):
        monkeypatch.setattr(sys, "argv", words)
        assert 2 == run_command_line(app)
        assert said in "".join(capsys.readouterr())


def test_the_exit_code_is_the_commands_own(tmp_path):
    """Of a real process: 1 where it could not be done, 0 for help."""
    for words, code in (("requests", "--config", "none.toml"), 1), (("requests", "--help"), 0):
        done = subprocess.run(
            [sys.executable, "-m", "rtbf_desk.cli", *words],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        assert code == done.returncode


def test_every_usage_error_of_typer_is_caught():
    """By the class that it keeps to itself."""
    assert "UsageError" == UsageError.__name__
    assert issubclass(typer.BadParameter, UsageError)
