"""Suppressed people are found by their tombstones: no value is known, only what it must give."""

import base64
import os
import zlib
from datetime import UTC, datetime

import pytest
from traces import ACCOUNT, CARD, DEVICE, MAIL, NAMESPACES, NICK, PEOPLE, PHONE, searched

from lineage_assets.errors import NamespaceError
from lineage_assets.identifiers import pseudonym_of
from rtbf_ledger import readmissions, requests, tombstones
from rtbf_ledger.errors import KeyFolderError
from rtbf_ledger.store import open_ledger
from scanners.traces import listed

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
SHORT = "4711"


@pytest.fixture
def ledger(tmp_path):
    """A ledger of one erased person, with a pseudonym key."""
    made = open_ledger(
        f"sqlite:///{tmp_path}/state/ledger.db",
        tmp_path / "keys",
        code_location="test",
        clock=lambda: NOW,
        randomness=os.urandom,
    )
    pairs = [*PEOPLE.items(), ("account", SHORT)]
    filing = requests.Filing(
        law="gdpr", identifiers=pairs, received_at=NOW, zone="UTC", country="DE", filed_by="test"
    )
    request_id = requests.file(made, filing)
    keys = {"training": made.keys.named("pseudonym/training")}
    forms = [form for name, value in pairs for form in tombstones.forms_of(name, value, keys)]
    tombstones.suppress(made, request_id, forms, scope=tombstones.Scope.DATA_BEFORE)
    yield made
    made.engine.dispose()


def _found(ledger, folder, data, name="a.log"):
    (folder / "store").mkdir(exist_ok=True)
    (folder / "store" / name).write_bytes(data)
    report = searched(folder / "store", by=listed(ledger, NAMESPACES))
    return {(one.namespace, one.form) for one in report.found}, report


TEXTS = {
    f"mail to <{MAIL.upper()}>, sent": "email",
    f'"user": "{MAIL}."': "email",
    f"mailto:{MAIL.replace('@', '%40')}?x": "email",
    f"saved as {MAIL}.csv.bak, twice": "email",
    f"saved as {MAIL}_old": "email",
    f"call 0049 30 901820045 at noon or {PHONE[:5]}": "phone",
    f"tel {PHONE[:3]} (0){PHONE[3:5]} {PHONE[5:]}; 2026-01-01": "phone",
    f"id={DEVICE.replace('-', '').upper()};": "device",
    f"run {DEVICE} x": "device",
    f"user_{ACCOUNT}_x": "account",
    f"card {CARD}, valid": "card",
    f"nick {NICK} said": "nick",
}


@pytest.mark.parametrize("text", TEXTS)
def test_shapes_are_cut_out_of_text(ledger, tmp_path, text):
    """Between punctuation, escaped, as UTF-16."""
    assert {TEXTS[text]} == {name for name, _ in _found(ledger, tmp_path, text.encode())[0]}
    if (
        TEXTS[text] != "nick" and "%" not in text
    ):  # words are cut from text only, and files opened one layer deep
        wide = b"\x01\0\0\xff" + text.encode("utf-16-le")
        assert {TEXTS[text]} == {name for name, _ in _found(ledger, tmp_path, wide)[0]}


def test_packed_and_encoded_text_is_read(ledger, tmp_path):
    """In streams inside files, as in cells."""
    packed = os.urandom(9) + zlib.compress(b"x" * 99 + b" " + MAIL.encode() + b" " + b"x" * 99)
    assert ("email", "plain in zlib") in _found(ledger, tmp_path, packed)[0]
    assert ("email", "plain in base64") in _found(ledger, tmp_path, base64.b64encode(b"x <" + MAIL.encode()))[
        0
    ]


def test_pseudonyms_are_found_under_every_key(ledger, tmp_path):
    """They are on the list too."""
    data = pseudonym_of(MAIL, ledger.keys.named("pseudonym/training")).upper().encode()
    assert {("email", "pseudonym")} == _found(ledger, tmp_path, b"x=" + data + b";")[0]


def test_a_short_number_is_counted_and_not_judged(ledger, tmp_path):
    """4711 is everywhere."""
    found, report = _found(ledger, tmp_path, f"took {SHORT} ms, and {SHORT} more of 47110".encode())
    assert (set(), [("account", 2)]) == (found, [(one.namespace, one.count) for one in report.undecided])


def test_other_people_are_not_found(ledger, tmp_path):
    """One character apart, and in a longer number."""
    others = f"x{MAIL} {MAIL}x {ACCOUNT}1 {PHONE}1 {DEVICE[:-1]}8 LC-4821-99301 {NICK}x"
    assert set() == _found(ledger, tmp_path, others.encode())[0]


def test_who_was_readmitted_is_not_sought(ledger, tmp_path):
    """The list counts what is in force."""
    readmissions.readmit(ledger, "email", MAIL, reason="new_contract", staff="jd")
    assert set() == _found(ledger, tmp_path, MAIL.encode())[0]


def test_a_list_of_another_key_is_refused(ledger):
    """Nobody on it would be recognised: never clean."""
    (ledger.keys.path / "tombstone.key").write_bytes(os.urandom(32))
    with pytest.raises(KeyFolderError, match="another tombstone key"):
        listed(ledger, NAMESPACES)


def test_a_namespace_that_is_not_declared_any_more_is_refused(ledger):
    """It could not be looked for."""
    left = {name: one for name, one in NAMESPACES.items() if name != "email"}
    with pytest.raises(NamespaceError, match="'email' is not declared"):
        listed(ledger, left)
