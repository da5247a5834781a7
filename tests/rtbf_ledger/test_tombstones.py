"""The suppression list as `docs/formats/tombstone.md` says it, on both engines."""

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from rtbf_ledger import log, schema, tombstones
from rtbf_ledger.errors import KeyFolderError, LogFieldError
from rtbf_ledger.readmissions import ever_readmitted, readmit
from rtbf_ledger.store import stamp
from rtbf_ledger.tombstones import (
    FORM_VERSION,
    PLAIN,
    Form,
    Listed,
    Scope,
    forms_of,
    key_id,
    mac_of,
    macs,
    macs_of,
    suppress,
    unsuppressed,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "formats" / "tombstone.md"
KEY, TRAINING = bytes(range(32)), bytes(range(32, 64))


def rows_of(ledger, table=schema.tombstone):
    """Return all rows of a table, oldest first."""
    with ledger.read() as tx:
        return tx.execute(select(table).order_by(table.c.id)).all()


def listed(ledger, namespace="account", form=PLAIN):
    """Return the MACs in force."""
    with ledger.read() as tx:
        return macs(tx, namespace, form)


def forms(ledger, *values, namespace="account"):
    """Return the forms of some identifiers, with the pseudonym of the folder's key `training`."""
    keys = {"training": ledger.keys.named("pseudonym/training")}
    return [form for value in values for form in forms_of(namespace, value, keys)]


def test_the_worked_example_is_what_the_code_computes():
    """Key id, both forms, the very bytes under the MAC, and the MACs."""
    import hashlib
    import hmac

    text = DOCUMENT.read_text(encoding="utf-8")
    example = json.loads(re.search(r"^```json example\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1])
    assert example["key_id"] == key_id(KEY)
    made = forms_of("account", "42", {"training": TRAINING})
    assert [(one["form"], one["value"]) for one in example["forms"]] == [(f.name, f.value) for f in made]
    for one, form in zip(example["forms"], made, strict=True):
        by_hand = f"account\x1f{form.name}\x1f{FORM_VERSION}\x1f{form.value}\x1f".encode()
        assert one["mac_input_hex"] == by_hand.hex()
        assert one["mac"] == mac_of(KEY, form) == hmac.new(KEY, by_hand, hashlib.sha256).hexdigest()


def test_the_document_names_every_column():
    """Of the list and of its counter-entries; ids aside."""
    text = DOCUMENT.read_text(encoding="utf-8")
    columns = {column.name for table in (schema.tombstone, schema.readmission) for column in table.columns}
    assert [] == [name for name in sorted(columns - {"id"}) if f"| `{name}` |" not in text]
    assert [] == [str(scope) for scope in Scope if f"`{scope}`" not in text]


WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
FORMS = st.builds(
    Form, namespace=WORDS, name=st.just(PLAIN) | WORDS.map("pseudonym:{}".format), value=st.text()
)


@given(FORMS, FORMS)
def test_two_forms_have_one_mac_only_if_they_are_one(one, other):
    """Even where a value holds the separator itself; and another key gives another MAC."""
    assert (one == other) == (mac_of(KEY, one) == mac_of(KEY, other))
    assert mac_of(KEY, one) != mac_of(TRAINING, one)


def test_a_form_never_shows_its_value():
    """In a traceback of somebody else's code it stands as namespace and name."""
    assert "Form(namespace='account', name='plain')" == repr(
        Form(namespace="account", name=PLAIN, value="4711")
    )


def test_suppressing_writes_one_row_a_form(ledger, file_one):
    """With key id, version, scope and time; the log has the count alone."""
    request_id = file_one()
    assert 4 == suppress(ledger, request_id, forms(ledger, "42", "43"), scope=Scope.DATA_BEFORE)
    rows = rows_of(ledger)
    key = ledger.keys.named("tombstone")
    expected = {(form.name, mac_of(key, form)) for form in forms(ledger, "42", "43")}
    assert expected == {(row.form, row.mac) for row in rows}
    same = {(r.key_id, r.namespace, r.form_version, r.scope, r.since, r.request_id) for r in rows}
    assert {(key_id(key), "account", 1, "data_before", ledger.now(), request_id)} == same
    with ledger.read() as tx:
        last = json.loads(log.entries(tx)[-1])
    assert ("Tombstoned", 4, request_id) == (last["kind"], last["count"], last["request_id"])


def test_suppressing_twice_is_suppressing_once(ledger, file_one):
    """By another call, or the same form twice in one; a longer list adds only what is missing."""
    request_id = file_one()
    for number, expected in ((["42", "42"], 2), (["42"], 2), (["42", "43"], 4)):
        made = forms(ledger, *number)
        assert expected == suppress(ledger, request_id, made, scope=Scope.ALL_FUTURE)
    assert 4 == len(rows_of(ledger))
    with ledger.read() as tx:
        entries = [json.loads(text) for text in log.entries(tx)]
    assert [2, 2] == [one["count"] for one in entries if one["kind"] == "Tombstoned"]


def test_a_tombstone_does_not_end_with_time(ledger, file_one, clock):
    """Twenty years later it is in force (shredder #9683: a look-back window undid an erasure)."""
    suppress(ledger, file_one(), forms(ledger, "42"), scope=Scope.DATA_BEFORE)
    before = listed(ledger)
    clock.forward(days=20 * 365)
    assert 1 == len(before)
    assert before == listed(ledger)


def test_a_tombstone_outlives_the_request_s_key(ledger, file_one):
    """Closing shreds what was filed, and leaves the list."""
    from rtbf_ledger import requests

    request_id = file_one()
    suppress(ledger, request_id, forms(ledger, "42"), scope=Scope.DATA_BEFORE)
    before = listed(ledger)
    requests.destroy(ledger, request_id)
    assert before == listed(ledger)


def test_a_cancelled_request_suppresses_nobody(ledger, file_one):
    """It ended without an erasure: a counter-entry answers its tombstones, and those of others stay."""
    from rtbf_ledger import requests
    from rtbf_ledger.states import State

    other, request_id = file_one(), file_one()
    suppress(ledger, other, forms(ledger, "42"), scope=Scope.DATA_BEFORE)
    before = listed(ledger)
    suppress(ledger, request_id, forms(ledger, "43"), scope=Scope.DATA_BEFORE)
    requests.end(ledger, request_id, State.CANCELLED, staff="staff-7")
    assert before == listed(ledger)


def test_readmitting_answers_every_form_of_every_request(ledger, file_one):
    """Plain and pseudonym, of both requests; the neighbour stays; no row of the list is touched."""
    for request_id in (first := file_one(), second := file_one()):
        suppress(ledger, request_id, forms(ledger, "42", "43"), scope=Scope.DATA_BEFORE)
    before = rows_of(ledger)
    assert 4 == readmit(ledger, "account", "42", reason="new_contract", staff="staff-7")
    key = ledger.keys.named("tombstone")
    left = {form.name: {mac_of(key, form)} for form in forms(ledger, "43")}
    assert left == {name: set(listed(ledger, form=name)) for name in left}
    assert before == rows_of(ledger)
    found = {(row.reason, row.by, row.since) for row in rows_of(ledger, schema.readmission)}
    assert {("new_contract", "staff-7", ledger.now())} == found
    with ledger.read() as tx:
        entries = [json.loads(text) for text in log.entries(tx)]
    assert sorted([first, second]) == sorted(
        one["request_id"] for one in entries if one["kind"] == "Readmitted"
    )


def test_the_list_says_until_when_rows_are_data_of_before_the_erasure(ledger, file_one, clock):
    """By time the newest tombstone answers, and whom no time concerns has none; else time changes nothing."""
    one, two, always = file_one(), file_one(), file_one()
    first = ledger.now()
    suppress(ledger, one, forms(ledger, "42", "43"), scope=Scope.DATA_BEFORE)
    clock.forward(days=2)
    suppress(ledger, two, forms(ledger, "42"), scope=Scope.DATA_BEFORE)
    suppress(ledger, always, forms(ledger, "44"), scope=Scope.ALL_FUTURE)

    with ledger.read() as tx:
        by_time, newest = tombstones.listed(tx, "account", PLAIN, by_time=True)
        plain, same = tombstones.listed(tx, "account", PLAIN)
    key, values = ledger.keys.named("tombstone"), ("42", "43", "44")
    said = dict(zip(values, macs_of(key, "account", PLAIN, values), strict=True))
    assert {
        said["42"]: Listed(requests=(one, two), until=ledger.now()),
        said["43"]: Listed(requests=(one,), until=first),
        said["44"]: Listed(requests=(always,)),
    } == by_time
    assert {mac: Listed(requests=entry.requests) for mac, entry in by_time.items()} == plain
    assert newest == same > 0


def test_who_is_readmitted_from_a_time_on_stays_listed_for_what_is_older(ledger, file_one, clock):
    """Where rows can be told apart by time; a later erasure is in force again, and nobody else is there."""
    one, two = file_one(), file_one()
    suppress(ledger, one, forms(ledger, "42", "43"), scope=Scope.ALL_FUTURE)
    clock.forward(days=2)
    begins = clock()
    for value, when in (("42", begins), ("43", None)):
        readmit(ledger, "account", value, reason="new_contract", staff="staff-7", begins=when)

    def said(*, by_time):
        """Return what the list says."""
        with ledger.read() as tx:
            return list(tombstones.listed(tx, "account", PLAIN, by_time=by_time)[0].values())

    assert ([], [Listed(requests=(one,), until=stamp(begins), readmitted=True)]) == (
        said(by_time=False),
        said(by_time=True),
    )
    with ledger.read() as tx:
        assert (True, False) == (ever_readmitted(tx, [one, two]), ever_readmitted(tx, [two]))
    clock.forward(days=1)
    suppress(ledger, two, forms(ledger, "42"), scope=Scope.DATA_BEFORE)
    assert [Listed(requests=(two,), until=ledger.now())] == said(by_time=True)


def test_readmitting_twice_or_a_stranger_does_nothing(ledger, file_one):
    """No counter-entry, no log entry."""
    suppress(ledger, file_one(), forms(ledger, "42"), scope=Scope.DATA_BEFORE)
    said = [
        readmit(ledger, "account", value, reason="new_contract", staff="staff-7")
        for value in ("42", "42", "7")
    ]
    assert [2, 0, 0] == said
    assert 2 == len(rows_of(ledger, schema.readmission))
    assert 0 == readmit(ledger, "device", "42", reason="new_contract", staff="staff-7")


def test_one_who_came_back_can_leave_again(ledger, file_one):
    """A new request makes new tombstones; the counter-entry answers only the old ones."""
    suppress(ledger, file_one(), forms(ledger, "42"), scope=Scope.DATA_BEFORE)
    readmit(ledger, "account", "42", reason="new_contract", staff="staff-7")
    assert frozenset() == listed(ledger)
    suppress(ledger, file_one(), forms(ledger, "42"), scope=Scope.DATA_BEFORE)
    assert 1 == len(listed(ledger))


@pytest.mark.parametrize("reason", ["Eva called us", "vera_person700042", "refused", ""])
def test_a_reason_that_is_none_of_the_codes_is_refused(ledger, file_one, reason):
    """And the counter-entry is not written either; what was typed may be a person, so it is not repeated."""
    suppress(ledger, file_one(), forms(ledger, "42"), scope=Scope.DATA_BEFORE)
    with pytest.raises(LogFieldError, match=r"^reason .* one of new_contract, new_account, consent$"):
        readmit(ledger, "account", "42", reason=reason, staff="staff-7")
    assert [] == rows_of(ledger, schema.readmission)


def test_another_tombstone_key_is_refused(ledger, file_one):
    """A lost key would recognise nobody, and every suppressed person would quietly come back."""
    request_id = file_one()
    suppress(ledger, request_id, forms(ledger, "42"), scope=Scope.DATA_BEFORE)
    (ledger.keys.path / "tombstone.key").write_bytes(os.urandom(32))
    with pytest.raises(KeyFolderError, match="made with another tombstone key"):
        suppress(ledger, request_id, forms(ledger, "43"), scope=Scope.DATA_BEFORE)
    with pytest.raises(KeyFolderError, match="put that key back"):
        readmit(ledger, "account", "42", reason="new_contract", staff="staff-7")
    with ledger.read() as tx:
        assert 2 == tx.execute(select(func.count()).select_from(schema.tombstone)).scalar()


def test_who_was_approved_waits_to_be_suppressed_once(ledger, in_state):
    """Only approved ones, the oldest first; suppressed it waits no more, approved anew it waits again."""
    from rtbf_ledger import requests, versions
    from rtbf_ledger.states import State

    def waiting(most=9):
        with ledger.read() as tx:
            return unsuppressed(tx, most=most)

    with ledger.write() as tx:
        plan = versions.save_plan(tx, {})
    first, second, third = sorted(in_state(State.PLANNED, plan_digest=plan) for _ in range(3))
    assert [] == waiting()
    requests.approve(ledger, first, second, staff="staff-7")
    assert ([first, second], [first]) == (waiting(), waiting(most=1))
    suppress(ledger, first, forms(ledger, "42"), scope=Scope.DATA_BEFORE)
    assert [second] == waiting()
    suppress(ledger, second, [], scope=Scope.DATA_BEFORE)
    assert [] == waiting()
    with ledger.write() as tx:
        requests.move(tx, first, State.FILED)
        requests.move(tx, first, State.PLANNED)
    requests.approve(ledger, first, third, staff="staff-7")
    assert [first, third] == waiting()


def test_who_ended_meanwhile_is_not_suppressed(ledger, file_one):
    """Cancelled between the reading of its identifiers and the writing: no row, no log entry, for ever."""
    from rtbf_ledger import requests
    from rtbf_ledger.states import State

    request_id = file_one()
    requests.end(ledger, request_id, State.CANCELLED, staff="staff-7")
    with ledger.read() as tx:
        before = log.entries(tx)
    assert 0 == suppress(ledger, request_id, forms(ledger, "42"), scope=Scope.DATA_BEFORE)
    assert [] == rows_of(ledger)
    with ledger.read() as tx:
        assert before == log.entries(tx)
