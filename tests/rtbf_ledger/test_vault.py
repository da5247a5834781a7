"""The vault: sealed while a request lives, unreadable for good once it has ended, in every copy there is."""

import base64
import os
import re
import shutil
import sqlite3
import traceback
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from rtbf_ledger import requests, schema, vault
from rtbf_ledger.errors import VaultError
from rtbf_ledger.keys import KeyFolder
from rtbf_ledger.requests import Failure
from rtbf_ledger.states import State
from rtbf_ledger.store import Ledger

TO_CLOSED = (State.PLANNED, State.APPROVED, State.ERASING, State.VERIFYING, State.CLOSED)


def opened_parts(ledger, request_id):
    """Return the parts of a request as they are unsealed."""
    with ledger.read() as tx:
        return {part: vault.unseal(ledger, tx, request_id, part) for part in ("filed", "expanded")}


def end_of(ledger, request_id, state):
    """Bring a filed request to its end, the way the desk and the jobs do."""
    if state is State.CLOSED:
        with ledger.write() as tx:
            for step in TO_CLOSED:
                requests.move(tx, request_id, step)
        requests.destroy(ledger, request_id)
    else:
        requests.end(ledger, request_id, state, staff="staff-7")


def test_what_is_sealed_comes_back(ledger, file_one, person):
    """Identifiers, evidence and note, as they were filed; a part that was never sealed is None."""
    found = opened_parts(ledger, file_one())
    assert [list(pair) for pair in sorted(person)] == found["filed"]["identifiers"]
    assert "called twice, please hurry" == found["filed"]["note"]
    assert "logged in as eva.lindqvist@films.example" == found["filed"]["evidence"]
    assert found["expanded"] is None


def test_sealing_a_part_again_replaces_it(ledger, file_one):
    """One row a part, and a new nonce each time."""
    request_id = file_one()
    nonces = []
    for value in ({"n": 1}, {"n": 2}):
        with ledger.write() as tx:
            vault.seal(ledger, tx, request_id, "expanded", value)
            found = tx.execute(select(schema.sealed).where(schema.sealed.c.part == "expanded")).all()
            nonces += [bytes(row.nonce) for row in found]
    assert {"n": 2} == opened_parts(ledger, request_id)["expanded"]
    assert 2 == len(set(nonces))


def copied_rows(ledger):
    """Return every row of the vault's table: a copy of what a database backup holds."""
    with ledger.read() as tx:
        return [dict(row._mapping) for row in tx.execute(select(schema.sealed))]


def put_back(ledger, rows):
    """Restore the vault's rows from a copy made before."""
    with ledger.write() as tx:
        tx.execute(delete(schema.sealed))
        tx.execute(insert(schema.sealed), rows)


@pytest.mark.parametrize("state", [State.CLOSED, State.REFUSED, State.CANCELLED])
def test_today_s_keys_open_nothing_of_an_older_copy(ledger, file_one, tmp_path, state):
    """Every terminal state: the rows from before are restored, with today's whole key folder beside them.

    Another request, still open, is there to show that copy and keys are good.
    """
    ended, living = file_one(), file_one()
    copy = copied_rows(ledger)
    expected = opened_parts(ledger, ended)
    put_back(ledger, copy)
    assert expected == opened_parts(ledger, ended)
    end_of(ledger, ended, state)
    shutil.copytree(ledger.keys.path, tmp_path / "copied keys")
    put_back(ledger, copy)
    later = Ledger(
        engine=ledger.engine,
        keys=KeyFolder.open(tmp_path / "copied keys", os.urandom),
        clock=ledger.clock,
        randomness=os.urandom,
    )
    with pytest.raises(VaultError, match="data key is not in the key folder"):
        opened_parts(later, ended)
    assert expected["filed"]["identifiers"] == opened_parts(later, living)["filed"]["identifiers"]


def test_no_key_of_the_folder_opens_a_backup_by_hand(opened, make_filing, tmp_path):
    """A real SQLite backup from before the end, and every key there is tried on every ciphertext."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    ledger = opened(f"sqlite:///{tmp_path}/ledger.db")
    ended, living = (requests.file(ledger, make_filing()) for _ in range(2))
    source, target = sqlite3.connect(tmp_path / "ledger.db"), sqlite3.connect(tmp_path / "backup.db")
    with source, target:
        source.backup(target)
    requests.end(ledger, ended, State.REFUSED, staff="staff-7")
    rows = target.execute("SELECT request_id, part, nonce, ciphertext FROM rtbf_sealed").fetchall()
    source.close()
    target.close()
    files = {path.stem: path.read_bytes() for path in ledger.keys.path.rglob("*.key")}
    keys = [content for content in files.values() if len(content) == 32]
    for name, content in files.items():
        for request_id in {ended, living, name}:
            try:
                wrap = AESGCM(files["master"])
                keys.append(wrap.decrypt(content[:12], content[12:], f"data key {request_id}".encode()))
            except (InvalidTag, ValueError):
                continue
    opens = set()
    for request_id, part, nonce, ciphertext in rows:
        for key in keys:
            try:
                AESGCM(key).decrypt(nonce, ciphertext, f"{request_id}/{part}".encode())
                opens.add(request_id)
            except InvalidTag:
                continue
    assert {ended, living} == {row[0] for row in rows}
    assert {living} == opens


def test_the_end_takes_the_ciphertext_too_and_says_when(ledger, file_one):
    """Nothing sealed is left for the request, its key file is gone, the time is recorded once."""
    request_id = file_one()
    end_of(ledger, request_id, State.CANCELLED)
    requests.destroy(ledger, request_id)
    assert [] == copied_rows(ledger)
    assert [] == list(ledger.keys.vault.iterdir())
    with ledger.read() as tx:
        assert ledger.now() == requests.get(tx, request_id).key_destroyed_at


def test_a_failed_request_keeps_what_is_sealed(ledger, file_one):
    """Until somebody retries or cancels it; `finish_shredding` leaves it alone."""
    request_id = file_one()
    expected = opened_parts(ledger, request_id)
    with ledger.write() as tx:
        requests.fail(
            ledger, tx, request_id, [Failure(code="missing", asset="ratings", sentence="no folder")]
        )
    requests.finish_shredding(ledger)
    assert expected == opened_parts(ledger, request_id)
    requests.retry(ledger, request_id, staff="staff-7")
    assert expected == opened_parts(ledger, request_id)


@pytest.mark.parametrize("overwritten", [False, True])
def test_a_crash_before_the_key_is_destroyed_is_finished(ledger, file_one, overwritten):
    """The state says ended, the key file is still there, or is overwritten and not yet unlinked."""
    request_id = file_one()
    with ledger.write() as tx:
        requests.move(tx, request_id, State.CANCELLED, closed_at=ledger.now())
    if overwritten:
        (ledger.keys.vault / f"{request_id}.key").write_bytes(os.urandom(60))
    requests.finish_shredding(ledger)
    assert [] == list(ledger.keys.vault.iterdir())
    assert [] == copied_rows(ledger)
    with ledger.read() as tx:
        assert ledger.now() == requests.get(tx, request_id).key_destroyed_at


def test_a_crash_after_the_key_is_destroyed_is_finished(ledger, file_one):
    """The file is gone and nobody wrote down when: the next start does."""
    request_id = file_one()
    with ledger.write() as tx:
        requests.move(tx, request_id, State.REFUSED)
    vault.shred_key(ledger, request_id)
    requests.finish_shredding(ledger)
    requests.finish_shredding(ledger)
    with ledger.read() as tx:
        assert ledger.now() == requests.get(tx, request_id).key_destroyed_at


def test_another_master_key_opens_nothing(ledger, file_one):
    """The data key is there, and is not wrapped by this master."""
    request_id = file_one()
    (ledger.keys.path / "master.key").write_bytes(os.urandom(32))
    with pytest.raises(VaultError, match="not wrapped by this master key"):
        opened_parts(ledger, request_id)


@pytest.mark.parametrize("content", [b"", b"short", bytes(60)])
def test_a_damaged_key_file_is_one_sentence(ledger, file_one, content):
    """Empty, cut off or overwritten by a crash: a VaultError, never the library's own error."""
    request_id = file_one()
    (ledger.keys.vault / f"{request_id}.key").write_bytes(content)
    with pytest.raises(VaultError, match="not wrapped by this master key"):
        opened_parts(ledger, request_id)


def test_ciphertexts_swapped_between_requests_are_refused(ledger, file_one):
    """Each is bound to its request and its part."""
    first, second = file_one(), file_one((("account", "7"),))
    rows = {row["request_id"]: row for row in copied_rows(ledger)}
    with ledger.write() as tx:
        for one, other in ((first, second), (second, first)):
            values = {name: rows[other][name] for name in ("nonce", "ciphertext")}
            tx.execute(update(schema.sealed).where(schema.sealed.c.request_id == one).values(values))
    for request_id in (first, second):
        with pytest.raises(VaultError, match="does not open under its key"):
            opened_parts(ledger, request_id)


def test_a_swapped_key_file_is_refused_even_with_its_ciphertext(ledger, file_one):
    """A wrapped key is bound to its request too."""
    first, second = file_one(), file_one()
    files = [ledger.keys.vault / f"{one}.key" for one in (first, second)]
    files[0].write_bytes(files[1].read_bytes())
    with pytest.raises(VaultError, match="not wrapped by this master key"):
        opened_parts(ledger, first)


def test_one_part_does_not_open_as_another(ledger, file_one):
    """The filed part under the name of the expanded one is refused."""
    request_id = file_one()
    with ledger.write() as tx:
        tx.execute(update(schema.sealed).values(part="expanded"))
    with pytest.raises(VaultError, match="its expanded part does not open"):
        opened_parts(ledger, request_id)


def hidden_in(text, person):
    """Return the identifiers of a person that a text shows."""
    return [value for _, value in person if value.lower() in text.lower()]


def test_nothing_about_the_person_is_in_a_repr_or_an_error(ledger, file_one, make_filing, person):
    """What is filed, the open ledger, and each error of the vault with everything chained to it."""
    request_id = file_one()
    shown = [repr(make_filing()), repr(ledger)]
    file = ledger.keys.vault / f"{request_id}.key"
    good = file.read_bytes()
    for damage in (b"", good[::-1], None):
        file.unlink() if damage is None else file.write_bytes(damage)
        with pytest.raises(VaultError) as caught:
            opened_parts(ledger, request_id)
        shown.append("".join(traceback.format_exception(caught.value)))
    with pytest.raises(Exception, match="staff") as caught:
        file_one(filed_by="eva and i")
    shown.append("".join(traceback.format_exception(caught.value, chain=True)))
    assert [] == hidden_in("\n".join(shown), person)


def test_a_filing_that_is_refused_leaves_no_key(ledger, file_one):
    """The key is made first; when the transaction fails it is destroyed again."""
    with pytest.raises(ValueError, match="staff"):
        file_one(filed_by="eva@films.example")
    assert [] == list(ledger.keys.vault.iterdir())


def spellings(value):
    """Return the bytes that a value could hide as: UTF-8, UTF-16, hex and base64 at each offset."""
    plain = value.encode()
    encoded = [base64.b64encode(b" " * offset + plain)[4:-4] for offset in range(3)]
    wide = [value.encode("utf-16-le"), value.encode("utf-16-be")]
    return [plain, *wide, plain.hex().encode(), *encoded]


def holding(folders, needles):
    """Return the names of the files that hold one of the byte strings, whatever their case."""
    pattern = re.compile(b"|".join(map(re.escape, needles)), re.IGNORECASE)
    files = [path for folder in folders for path in Path(folder).rglob("*") if path.is_file()]
    return sorted(path.name for path in files if pattern.search(path.read_bytes()))


def test_no_file_of_the_ledger_holds_an_identifier(opened, make_filing, tmp_path, person):
    """Database, write-ahead log and key folder, while the request is open; then the search is tried."""
    from rtbf_ledger import tombstones

    ledger = opened(f"sqlite:///{tmp_path}/store/ledger.db")
    request_id = requests.file(ledger, make_filing())
    with ledger.write() as tx:
        vault.seal(ledger, tx, request_id, "expanded", {"identifiers": [list(pair) for pair in person]})
    forms = [form for pair in person for form in tombstones.forms_of(*pair, {"training": bytes(32)})]
    tombstones.suppress(ledger, request_id, forms, scope=tombstones.Scope.DATA_BEFORE)
    needles = [needle for _, value in person for needle in spellings(value)]
    folders = [tmp_path / "store", tmp_path / "keys"]
    assert {"ledger.db", "ledger.db-wal", f"{request_id}.key", "tombstone.key"} <= {
        path.name for folder in folders for path in folder.rglob("*")
    }
    assert [] == holding(folders, needles)
    for number, needle in enumerate(needles):
        (tmp_path / "keys" / f"plant{number}").write_bytes(b"xx" + needle + b"yy")
    assert len(needles) == len(holding(folders, needles))
