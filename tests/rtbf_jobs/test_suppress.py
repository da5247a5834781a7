"""Suppression is at once: an approved request's people are on the list before its batch is due."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from erasure_project import Project, project
from small_lakes import LINKS, read, table, write

from lineage_assets import pseudonym
from rtbf_jobs.suppress import suppress_approved
from rtbf_ledger import batches, hold_store, log, requests, vault
from rtbf_ledger.batches import Purpose
from rtbf_ledger.errors import KeyFolderError
from rtbf_ledger.holds import HoldReason
from rtbf_ledger.states import State
from rtbf_ledger.suppression import Suppression

ACCOUNTS = [41, 42, 43]
SHARED = "0f8fad5b-d9cb-469f-a165-70867728950e"


def _made(folder: Path, **changes: object) -> Project:
    """Return a deployment that erases once a day, and whose batch of today is done already."""
    keys = {"user": "account", "hashed": pseudonym("account", hmac_key="training")}
    assets = [
        table("events", {"user": "account"}),
        table("training", keys),
        table("devices", {"user": "account", "device": "device"}, links=LINKS),
    ]
    made = project(folder, assets, **{"batch": timedelta(hours=24)} | changes)
    write(made.lake, "events", {"user": [1, *ACCOUNTS]})
    write(made.lake, "training", {"user": [1, *ACCOUNTS], "hashed": ["0" * 64] * 4})
    write(made.lake, "devices", {"user": [41, 42], "device": [SHARED, SHARED]})
    made.erase("account=1")
    return made


def _approved(made: Project, *accounts: int) -> list[str]:
    asked = [made.file(f"account={account}") for account in accounts]
    made.settle_directly()
    made.approve(*asked)
    return asked


def _suppressed(made: Project, *, form: str = "plain") -> list[int]:
    """Return which of the three accounts the list knows, plain or by their pseudonym."""
    listed = Suppression(made.ledger, dict(made.settings.namespaces))
    values: list[object] = list(ACCOUNTS)
    if form != "plain":
        key = made.ledger.keys.named(form.replace(":", "/"))
        values = [_pseudonym(account, key) for account in ACCOUNTS]
    hits = listed.suppressed(values, "account", form=form)
    return [account for account, hit in zip(ACCOUNTS, hits, strict=True) if hit]


def _pseudonym(account: int, key: bytes) -> str:
    import hashlib
    import hmac

    return hmac.new(key, str(account).encode(), hashlib.sha256).hexdigest()


def _logged(made: Project, kind: log.Kind, request_id: str) -> int:
    with made.ledger.read() as tx:
        entries = [json.loads(text) for text in log.entries_of(tx, request_id)]
    return sum(one["kind"] == kind for one in entries)


def _erase_batches(made: Project) -> int:
    with made.ledger.read() as tx:
        return len(batches.unfinished(tx, Purpose.ERASE))


def test_an_approved_person_is_suppressed_before_the_batch_is_due(tmp_path: Path) -> None:
    """At the next tick, plain and by pseudonym, with one log entry; nothing is erased, nobody else listed."""
    made = _made(tmp_path)
    (request_id,) = _approved(made, 42)
    assert [] == _suppressed(made)
    assert [] == list(made.ticks())
    assert ([42], [42]) == (_suppressed(made), _suppressed(made, form="pseudonym:training"))
    assert ("approved", 0) == (made.state(request_id), _erase_batches(made))
    assert 42 in read(made.lake, "events")["user"].to_list()
    assert [] == list(made.ticks())
    assert 1 == _logged(made, log.Kind.TOMBSTONED, request_id)


@pytest.mark.slow
def test_the_batch_adds_nothing_to_what_the_tick_did(tmp_path: Path) -> None:
    """It is the same step: one log entry, one certificate, the same list."""
    made = _made(tmp_path)
    (request_id,) = _approved(made, 42)
    list(made.ticks())
    made.control.settings.__dict__["batch"] = None
    made.settle_directly()
    assert ("closed", [42]) == (made.state(request_id), _suppressed(made))
    assert 1 == _logged(made, log.Kind.TOMBSTONED, request_id)


def test_a_planned_person_is_not_suppressed(tmp_path: Path) -> None:
    """Nobody has approved it."""
    made = _made(tmp_path)
    made.file("account=42")
    made.settle_directly()
    assert [] == _suppressed(made)


def test_cancelled_while_it_waited_nobody_is_suppressed(tmp_path: Path) -> None:
    """The counter-entry answers what the tick wrote, and no later tick writes it again."""
    made = _made(tmp_path)
    one, other = _approved(made, 42, 43)
    list(made.ticks())
    assert [42, 43] == _suppressed(made)
    requests.end(made.ledger, one, State.CANCELLED, staff="staff-7")
    list(made.ticks())
    assert [43] == _suppressed(made)
    assert (1, 0) == tuple(_logged(made, log.Kind.READMITTED, request) for request in (one, other))


@pytest.mark.slow
def test_a_plan_that_changed_is_planned_again_and_stays_suppressed(tmp_path: Path) -> None:
    """A hold placed between approval and batch: sent back, suppressed all the while, and approved anew."""
    made = _made(tmp_path)
    (request_id,) = _approved(made, 42)
    list(made.ticks())
    hold_store.place(made.ledger, request_id, HoldReason.LEGAL_CLAIMS, staff="t", asset="events")
    made.control.settings.__dict__["batch"] = None
    made.settle_directly()
    assert ("planned", [42]) == (made.state(request_id), _suppressed(made))
    made.approve(request_id)
    made.settle_directly()
    assert ("partly_closed", [42]) == (made.state(request_id), _suppressed(made))
    assert 1 == _logged(made, log.Kind.TOMBSTONED, request_id)
    assert 42 in read(made.lake, "events")["user"].to_list()


def test_a_device_that_others_use_stays_off_the_list(tmp_path: Path) -> None:
    """Found by expansion and shared: the account is suppressed, the household's device is not."""
    made = _made(tmp_path)
    _approved(made, 42)
    list(made.ticks())
    listed = Suppression(made.ledger, dict(made.settings.namespaces))
    assert [False] == listed.suppressed([SHARED], "device")
    assert [42] == _suppressed(made)


def test_a_request_whose_identifiers_do_not_open_fails_alone(tmp_path: Path) -> None:
    """It says so, and the others of the tick are suppressed."""
    made = _made(tmp_path)
    broken, whole = _approved(made, 42, 43)
    vault.shred_key(made.ledger, broken)
    assert [] == list(made.ticks())
    assert [("vault", "")] == [(one.code, one.asset) for one in made.failures(broken)]
    assert "its data key is not in the key folder" in made.failures(broken)[0].sentence
    assert ("failed", "approved", [43]) == (made.state(broken), made.state(whole), _suppressed(made))


def test_a_tick_takes_the_oldest_and_the_next_tick_the_rest(tmp_path: Path) -> None:
    """However many are approved at once, a tick stays short."""
    made = _made(tmp_path)
    _approved(made, *ACCOUNTS)
    seen = []
    for _ in range(3):
        suppress_approved(made.ledger, made.control.graph, most=2)
        seen.append(_suppressed(made))
    assert [[41, 42], ACCOUNTS, ACCOUNTS] == seen


@pytest.mark.parametrize("name", ["tombstone", "pseudonym/training"])
def test_without_its_key_the_tick_fails_and_claims_nothing(tmp_path: Path, name: str) -> None:
    """Loud and closed: the sentence says which key; once it is back, the next tick goes on."""
    made = _made(tmp_path)
    (request_id,) = _approved(made, 42)
    made.control.settings.__dict__["batch"] = None
    file = made.ledger.keys.path / f"{name}.key"
    key = file.read_bytes()
    file.write_bytes(os.urandom(len(key)))
    with pytest.raises(KeyFolderError, match="put that"):
        list(made.ticks())
    assert (0, "approved") == (_erase_batches(made), made.state(request_id))
    file.write_bytes(key)
    made.settle_directly()
    assert ("closed", [42]) == (made.state(request_id), _suppressed(made))
