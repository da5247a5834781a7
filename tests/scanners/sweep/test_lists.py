"""The suppression list is read once for many assets, and again as soon as it says something else."""

import os
from datetime import UTC, datetime

import pytest

from rtbf_ledger import requests, tombstones
from rtbf_ledger.readmissions import readmit
from rtbf_ledger.store import open_ledger
from rtbf_ledger.tombstones import PLAIN, Scope, forms_of
from scanners.sweep.lists import Lists

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path):
    """A ledger without people."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    made = open_ledger(url, tmp_path / "keys", code_location="t", clock=lambda: NOW, randomness=os.urandom)
    yield made
    made.engine.dispose()


def suppress(ledger, *values):
    """Put people on the list, by a request of theirs."""
    pairs = [("account", value) for value in values]
    filing = requests.Filing(
        law="gdpr", identifiers=pairs, received_at=NOW, zone="UTC", country="DE", filed_by="test"
    )
    forms = [form for value in values for form in forms_of("account", value, {})]
    tombstones.suppress(ledger, requests.file(ledger, filing), forms, scope=Scope.DATA_BEFORE)


@pytest.mark.parametrize("by_time", [False, True])
def test_a_part_is_read_again_only_when_the_list_says_something_else(ledger, by_time):
    """Somebody more, and somebody readmitted, whole or from a time on, which makes no number larger."""
    lists = Lists()

    def read():
        with ledger.read() as tx:
            held, number = lists.part(tx, ("account", PLAIN), by_time=by_time)
            assert (held, number) == tombstones.listed(tx, "account", PLAIN, by_time=by_time)
        return held

    assert {} == read()
    suppress(ledger, "1", "2")
    two = read()
    assert (2, True) == (len(two), read() is two)
    suppress(ledger, "3")
    assert 3 == len(read())
    readmit(ledger, "account", "1", reason="new_contract", staff="staff-7")
    assert 2 == len(read())
    readmit(ledger, "account", "2", reason="new_contract", staff="staff-7", begins=NOW)
    assert (2 if by_time else 1) == len(read())


def test_what_is_read_by_time_is_another_reading(ledger):
    """Rows can be told apart by time in one asset, and not in the next."""
    lists = Lists()
    suppress(ledger, "1")
    readmit(ledger, "account", "1", reason="new_contract", staff="staff-7", begins=NOW)
    with ledger.read() as tx:
        sizes = [len(lists.part(tx, ("account", PLAIN), by_time=each)[0]) for each in (True, False, True)]
    assert [1, 0, 1] == sizes
