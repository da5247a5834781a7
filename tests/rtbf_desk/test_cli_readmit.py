"""`rtbf readmit`: who came back lawfully is on the list no more, and no identifier is said."""

import os
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from rtbf_desk.cli import app
from rtbf_ledger import requests
from rtbf_ledger.settings import read_settings
from rtbf_ledger.store import open_ledger
from rtbf_ledger.tombstones import PLAIN, Scope, forms_of, listed, suppress

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
WHO = [("account", "770011223344"), ("email", "eva.lindqvist@films.example")]
NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """A ledger with one person on its suppression list, and its settings file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rtbf.toml").write_text(SETTINGS)
    settings = read_settings(tmp_path / "rtbf.toml", environ={})
    opened = open_ledger(
        settings.ledger_url, settings.keys, code_location="test", clock=lambda: NOW, randomness=os.urandom
    )
    filing = requests.Filing(
        law="gdpr", identifiers=WHO, received_at=NOW, zone="UTC", country="DE", filed_by="test"
    )
    forms = [form for namespace, value in WHO for form in forms_of(namespace, value, {})]
    suppress(opened, requests.file(opened, filing), forms, scope=Scope.DATA_BEFORE)
    return opened


def readmit(*words, typed):
    """Run the command; returns its exit code and all that it said."""
    result = CliRunner().invoke(app, ["readmit", "--identifiers-from", "-", *words], input=typed)
    said = result.stdout + result.stderr
    assert [] == [value for _, value in WHO if value in said.lower()]
    return result.exit_code, said.strip()


def until(ledger):
    """Return what the list says of the account, by time."""
    with ledger.read() as tx:
        found, _ = listed(tx, "account", PLAIN, by_time=True)
    return [(one.until, one.readmitted) for one in found.values()]


def test_a_person_is_readmitted_whole_or_from_a_time_on(ledger):
    """By every identifier given; the second time nobody is on the list."""
    typed = "account=770011223344\nemail=Eva.Lindqvist@films.example\naccount=5\n"
    told = readmit("--reason", "new_contract", "--from", "2026-03-31", "--by", "jd", typed=typed)

    assert (0, "2 of 3 identifiers are readmitted") == told
    assert [("2026-03-31T00:00:00.000000Z", True)] == until(ledger)
    code, said = readmit("--reason", "new_contract", typed=typed)
    assert (1, True) == (code, "none of these identifiers is on the suppression list" in said)


def test_a_person_that_is_no_code_is_refused(ledger):
    """Nobody is readmitted."""
    code, said = readmit("--reason", "new_contract", "--by", "12", typed="account=770011223344\n")

    assert (1, True) == (code, said.startswith("rtbf: "))
    assert [("2026-03-10T09:30:00.000000Z", False)] == until(ledger)


@pytest.mark.parametrize("reason", ["she called us", "vera_person700042"])
def test_a_reason_that_is_none_of_the_codes_is_refused_and_not_said(ledger, reason):
    """The codes are listed; nobody is readmitted, and nothing is logged."""
    code, said = readmit("--reason", reason, typed="account=770011223344\n")

    assert (2, "rtbf: --reason is one of: new_contract, new_account, consent") == (code, said)
    assert [("2026-03-10T09:30:00.000000Z", False)] == until(ledger)
