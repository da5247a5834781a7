"""What is no staff code is refused before any statement holds it: rolled back, it would stay in a WAL."""

import os
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from rtbf_ledger import hold_store, readmissions, requests
from rtbf_ledger.errors import LogFieldError
from rtbf_ledger.handles import Sealing, seal_handle
from rtbf_ledger.holds import HoldReason
from rtbf_ledger.states import State
from rtbf_ledger.store import open_ledger

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
WHO = [("account", "42")]
WRONG = ["482913377120554", "7c9e6679-7425-40de-944b-e07fc1f90ae7", "grace@example.com", "+4930901820045", ""]


def _filing(staff):
    return requests.Filing(
        law="gdpr", identifiers=WHO, received_at=NOW, zone="UTC", country="DE", filed_by=staff
    )


ACTIONS = {
    "file": lambda ledger, _, staff: requests.file(ledger, _filing(staff)),
    "seal": lambda ledger, _, staff: seal_handle(
        ledger, Sealing(identifiers=WHO, received_at=NOW, filed_by=staff)
    ),
    "approve": lambda ledger, one, staff: requests.approve(ledger, one, staff=staff),
    "retry": lambda ledger, one, staff: requests.retry(ledger, one, staff=staff),
    "end": lambda ledger, one, staff: requests.end(ledger, one, State.CANCELLED, staff=staff),
    "hold": lambda ledger, one, staff: hold_store.place(ledger, one, HoldReason.LEGAL_CLAIMS, staff=staff),
    "release": lambda ledger, one, staff: hold_store.release(ledger, one, staff=staff),
    "readmit": lambda ledger, _, staff: readmissions.readmit(
        ledger, "account", "42", reason="new_contract", staff=staff
    ),
}


@pytest.mark.parametrize("staff", WRONG)
@pytest.mark.parametrize("name", ACTIONS)
def test_it_never_reaches_the_database(tmp_path, name, staff):
    """Every action that somebody signs."""
    ledger = open_ledger(
        f"sqlite:///{tmp_path}/ledger.db",
        tmp_path / "keys",
        code_location="test",
        clock=lambda: NOW,
        randomness=os.urandom,
    )
    request_id = requests.file(ledger, _filing("jd"))
    sent = []
    event.listen(ledger.engine, "before_cursor_execute", lambda *said: sent.append(said[2:4]))
    with pytest.raises(LogFieldError, match=r"^staff code: ") as refused:
        ACTIONS[name](ledger, request_id, staff)
    ledger.engine.dispose()
    assert [] == sent
    assert not staff or staff not in str(refused.value)
