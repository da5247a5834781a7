"""Requests: filed, approved, retried and ended by the rules, each step logged in its own transaction."""

import json
from datetime import datetime, timedelta

import pytest

from rtbf_ledger import log, requests
from rtbf_ledger.errors import DayError, LogFieldError, SettingsError, StateError, UnknownRequestError
from rtbf_ledger.requests import Failure
from rtbf_ledger.states import Attention, State

SALT = "0b" * 32


def row_of(ledger, request_id):
    """Return a request's row."""
    with ledger.read() as tx:
        return requests.get(tx, request_id)


def logged(ledger, request_id):
    """Return a request's log entries as (kind, the other fields)."""
    with ledger.read() as tx:
        found = [json.loads(text) for text in log.entries_of(tx, request_id)]
    dropped = ("kind", "at", "format", "request_id")
    return [(one["kind"], {name: one[name] for name in one if name not in dropped}) for one in found]


def test_a_filed_request_has_its_clocks(ledger, file_one):
    """Answer due on the law's date, erasure by the earlier house target; nobody has looked at it yet."""
    row = row_of(ledger, file_one())
    expected = ("filed", "gdpr", "2026-07-15", "2026-06-22", "staff-7", None, False)
    assert expected == (
        row.state,
        row.law,
        row.due_on,
        row.erase_by,
        row.filed_by,
        row.attention,
        row.nothing_confirmed,
    )


def test_filing_is_logged_with_a_commitment_and_nothing_else(ledger, file_one):
    """The entry names law and staff, and commits to the identifiers under a salt that is sealed with them."""
    from rtbf_ledger import vault

    request_id = file_one()
    with ledger.read() as tx:
        sealed = vault.unseal(ledger, tx, request_id, "filed")
    commitment = requests.commitment(sealed["salt"], sealed["identifiers"])
    expected = [("RequestReceived", {"law": "gdpr", "staff": "staff-7", "commitment": commitment})]
    assert expected == logged(ledger, request_id)


def test_a_commitment_is_what_the_log_s_format_says():
    """HMAC-SHA-256 keyed with the 32 bytes of the salt; another salt, another commitment."""
    import hashlib
    import hmac

    expected = hmac.new(bytes.fromhex(SALT), b'[["account","42"]]', hashlib.sha256).hexdigest()
    assert expected == requests.commitment(SALT, [["account", "42"]])
    assert expected != requests.commitment("0c" * 32, [["account", "42"]])
    assert 32 == requests.SALT_BYTES


@pytest.mark.parametrize(
    ("changed", "error", "sentence"),
    [
        ({"law": "hammurabi"}, SettingsError, "known: ccpa, gdpr, uk_gdpr"),
        ({"country": "XX"}, SettingsError, "no public holidays"),
        ({"zone": "Mars/Base"}, SettingsError, "no time zone"),
        ({"filed_by": "Eva Lindqvist"}, LogFieldError, "staff code"),
        ({"received_at": datetime(2026, 6, 15)}, ValueError, "without a zone"),
    ],
)
def test_a_filing_that_cannot_be_is_refused_and_leaves_nothing(ledger, file_one, changed, error, sentence):
    """No row, no entry, no key."""
    with pytest.raises(error, match=sentence):
        file_one(**changed)
    with ledger.read() as tx:
        assert ([], 0) == (requests.in_state(tx, State), log.size(tx))
    assert [] == list(ledger.keys.vault.iterdir())


def test_an_unknown_request_is_told_where_the_list_is(ledger):
    """The hint names the command, and the message does not repeat what was typed."""
    with pytest.raises(UnknownRequestError, match="`rtbf requests` lists them") as caught:
        row_of(ledger, "eva@films.example")
    assert "eva" not in str(caught.value)


def test_a_receipt_in_the_future_is_not_filed(ledger, file_one, clock):
    """Its clocks would not alarm; today, in the controller's zone, is filed."""
    with pytest.raises(DayError, match=r"^received: this day is in the future"):
        file_one(received_at=clock.now + timedelta(days=1))
    with ledger.read() as tx:
        assert [] == requests.in_state(tx, [State.FILED])
    assert [] == list(ledger.keys.path.glob("**/rq*"))
    file_one(received_at=clock.now + timedelta(hours=1))


def test_requests_of_some_states_come_oldest_first(ledger, file_one, clock):
    """By the time of receipt, then by id."""
    received = []
    for hours in (5, 1, 3):
        clock.forward(hours=hours)
        received.append((clock.now, file_one(received_at=clock.now)))
    received.append((clock.now, file_one(received_at=clock.now)))
    with ledger.read() as tx:
        assert [one for _, one in sorted(received)] == requests.in_state(tx, [State.FILED])
        assert [] == requests.in_state(tx, [State.CLOSED])


@pytest.fixture
def planned(ledger, in_state):
    """A planned request with a saved plan, that waits for `attention`."""
    from rtbf_ledger import versions

    def made(attention=None):
        request_id = in_state()
        with ledger.write() as tx:
            plan = versions.save_plan(tx, {"steps": []})
            requests.move(tx, request_id, State.PLANNED, attention=attention, plan_digest=plan)
        return request_id

    return made


def test_a_planned_request_is_approved(ledger, planned):
    """Who and when are kept; the log names the plan, so that nobody can say something else was approved."""
    request_id = planned()
    requests.approve(ledger, request_id, staff="staff-9")
    row = row_of(ledger, request_id)
    assert ("approved", "staff-9", ledger.now()) == (row.state, row.approved_by, row.approved_at)
    assert ("Approved", {"staff": "staff-9", "plan": row.plan_digest}) == logged(ledger, request_id)[-1]


@pytest.mark.parametrize(
    ("attention", "given", "hint"),
    [
        (Attention.NOTHING_FOUND, {}, "--confirm-nothing-found"),
        (Attention.NOTHING_FOUND, {"share": 0.5}, "--confirm-nothing-found"),
        (Attention.OVER_LIMIT, {}, "--accept-share"),
        (Attention.OVER_LIMIT, {"confirm_nothing": True}, "--accept-share"),
    ],
)
def test_an_approval_without_its_confirmation_is_refused(ledger, planned, attention, given, hint):
    """The sentence names the flag; the request still waits, and nothing is logged."""
    request_id = planned(attention=str(attention))
    before = logged(ledger, request_id)
    with pytest.raises(StateError, match=hint):
        requests.approve(ledger, request_id, staff="staff-9", **given)
    row = row_of(ledger, request_id)
    assert ("planned", str(attention)) == (row.state, row.attention)
    assert before == logged(ledger, request_id)


@pytest.mark.parametrize(
    ("attention", "given", "kept"),
    [
        (Attention.NOTHING_FOUND, {"confirm_nothing": True}, (True, None)),
        (Attention.OVER_LIMIT, {"share": 0.25}, (False, 0.25)),
    ],
)
def test_a_confirmed_approval_says_what_was_confirmed(ledger, planned, attention, given, kept):
    """And nobody waits any more."""
    request_id = planned(attention=str(attention))
    requests.approve(ledger, request_id, staff="staff-9", **given)
    row = row_of(ledger, request_id)
    assert ("approved", None, kept) == (
        row.state,
        row.attention,
        (row.nothing_confirmed, row.accepted_share),
    )


@pytest.mark.parametrize("states", [(), (State.PLANNED, State.APPROVED), (State.CANCELLED,)])
def test_only_a_planned_request_is_approved(ledger, in_state, states):
    """Not before there is a plan to approve, not twice, not after its end."""
    request_id = in_state(*states)
    with pytest.raises(StateError, match="only a planned one can be approved"):
        requests.approve(ledger, request_id, staff="staff-9")


def fail(ledger, request_id, *failures):
    """Mark a request failed."""
    with ledger.write() as tx:
        requests.fail(ledger, tx, request_id, failures)


MISSING = Failure(code="missing_folder", asset="ratings", sentence="asset ratings: no folder; run its job")
CODES = Failure(code="identity", asset="", sentence="a link cannot be read")


def test_a_failure_says_what_failed_where(ledger, in_state):
    """The row keeps the sentences, the log only codes and assets."""
    request_id = in_state(State.PLANNED)
    fail(ledger, request_id, MISSING, CODES)
    row = row_of(ledger, request_id)
    assert ("failed", [MISSING, CODES]) == (row.state, requests.failures_of(row))
    expected = [("Failed", {"code": "missing_folder", "asset": "ratings"}), ("Failed", {"code": "identity"})]
    assert expected == logged(ledger, request_id)[1:]


@pytest.mark.parametrize("states", [(State.CANCELLED,), (State.FAILED,)])
def test_what_has_ended_or_failed_does_not_fail_again(ledger, in_state, states):
    """A late run that reports a failure changes nothing."""
    request_id = in_state(*states)
    before = (row_of(ledger, request_id), logged(ledger, request_id))
    fail(ledger, request_id, MISSING)
    assert before == (row_of(ledger, request_id), logged(ledger, request_id))


def test_a_retry_forgets_the_failure_and_every_approval(ledger, planned):
    """What was confirmed was about the old plan (fides #2389: it changed before the retry)."""
    request_id = planned(attention=str(Attention.NOTHING_FOUND))
    requests.approve(ledger, request_id, staff="staff-9", share=0.9, confirm_nothing=True)
    fail(ledger, request_id, MISSING)
    requests.retry(ledger, request_id, staff="staff-8")
    row = row_of(ledger, request_id)
    assert ("filed", None, None, None, None, False) == (
        row.state,
        row.failures,
        row.approved_at,
        row.approved_by,
        row.accepted_share,
        row.nothing_confirmed,
    )
    assert ("Retried", {"staff": "staff-8"}) == logged(ledger, request_id)[-1]


def test_a_partly_closed_request_is_retried(ledger, in_state):
    """That is how what was held is erased after the hold."""
    request_id = in_state(State.PLANNED, State.APPROVED, State.ERASING, State.VERIFYING, State.PARTLY_CLOSED)
    requests.retry(ledger, request_id, staff="staff-8")
    assert "filed" == row_of(ledger, request_id).state


@pytest.mark.parametrize(
    "states",
    [(), (State.PLANNED,), (State.PLANNED, State.APPROVED), (State.PLANNED, State.APPROVED, State.ERASING)],
)
def test_nothing_else_is_retried(ledger, in_state, states):
    """Least of all a request that is being erased: its run would find it filed again under its feet."""
    request_id = in_state(*states)
    before = (row_of(ledger, request_id), logged(ledger, request_id))
    with pytest.raises(StateError, match="only a failed or partly closed one is retried"):
        requests.retry(ledger, request_id, staff="staff-8")
    assert before == (row_of(ledger, request_id), logged(ledger, request_id))


@pytest.mark.parametrize(
    ("states", "end"),
    [
        ((), State.REFUSED),
        ((), State.CANCELLED),
        ((State.PLANNED,), State.REFUSED),
        ((State.PLANNED, State.APPROVED), State.CANCELLED),
        ((State.FAILED,), State.CANCELLED),
    ],
)
def test_a_request_is_ended_with_its_key(ledger, in_state, clock, states, end):
    """The log says who ended it and that the key is destroyed; the row says when."""
    request_id = in_state(*states)
    clock.forward(hours=1)
    requests.end(ledger, request_id, end, staff="staff-8")
    row = row_of(ledger, request_id)
    assert (str(end), ledger.now(), ledger.now()) == (row.state, row.closed_at, row.key_destroyed_at)
    expected = [(str(end).capitalize(), {"staff": "staff-8"}), ("KeyDestroyed", {})]
    assert expected == logged(ledger, request_id)[-2:]


@pytest.mark.parametrize(
    ("states", "end"),
    [
        ((State.PLANNED, State.APPROVED, State.ERASING), State.CANCELLED),
        ((State.PLANNED, State.APPROVED, State.ERASING), State.REFUSED),
        ((State.CANCELLED,), State.CANCELLED),
        ((State.CANCELLED,), State.REFUSED),
        ((State.FAILED,), State.REFUSED),
    ],
)
def test_what_is_being_erased_or_has_ended_is_not_ended(ledger, in_state, states, end):
    """Ending twice logs once; while rows are being erased the key must stay."""
    request_id = in_state(*states)
    before = (row_of(ledger, request_id), logged(ledger, request_id))
    with pytest.raises(StateError, match=f"cannot become {end}"):
        requests.end(ledger, request_id, end, staff="staff-8")
    assert before == (row_of(ledger, request_id), logged(ledger, request_id))
    assert [f"{request_id}.key"] == [path.name for path in ledger.keys.vault.iterdir()]
