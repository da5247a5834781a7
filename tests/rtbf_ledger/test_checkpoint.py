"""Signed notes and checkpoints against the example of Go's sumdb/note, and every way of being malformed."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtbf_ledger.checkpoint import (
    Checkpoint,
    SigningKey,
    decode_base64,
    encode_base64,
    open_checkpoint,
    open_note,
    parse_vkey,
    sign_checkpoint,
    sign_note,
)
from rtbf_ledger.errors import CheckpointInvalid, KeyFileInvalid, LedgerError

# golang.org/x/mod/sumdb/note, note_test.go
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GO_NOTE = (
    GO_TEXT + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# sum.golang.org publishes its key with this id
SUMDB_VKEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"

KEY = SigningKey(name="example.org/erasure", secret=bytes(range(32)))
CHECKPOINT = Checkpoint(origin=KEY.name, size=3, root=hashlib.sha256(b"root").digest())


def note_of(text, key=KEY):
    """Return a well signed note whose text need not be a checkpoint."""
    return sign_note(text, key)


def test_the_go_example_is_reproduced_byte_for_byte():
    """Ed25519 is deterministic: the same seed and text give the published note and key text."""
    key = SigningKey(name="PeterNeumann", secret=GO_SEED)
    assert GO_VKEY == key.verifier.to_vkey()
    assert GO_NOTE == sign_note(GO_TEXT, key)
    assert GO_TEXT == open_note(GO_NOTE, parse_vkey(GO_VKEY))


def test_key_id_is_that_of_the_go_checksum_database():
    """A key somebody else published is read, and written as it was."""
    assert "033de0ae" == parse_vkey(SUMDB_VKEY).key_id.hex()
    assert SUMDB_VKEY == parse_vkey(SUMDB_VKEY).to_vkey()


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_signed_checkpoint_opens_to_itself(size, root):
    """What was signed is what is read."""
    checkpoint = Checkpoint(origin=KEY.name, size=size, root=root)
    assert checkpoint == open_checkpoint(sign_checkpoint(checkpoint, KEY), KEY.verifier)


def test_every_changed_byte_of_a_checkpoint_is_refused():
    """Each byte of a signed checkpoint, with each single bit flipped and all of them."""
    data = sign_checkpoint(CHECKPOINT, KEY).encode()
    for at in range(len(data)):
        for mask in (1, 2, 4, 8, 16, 32, 64, 128, 255):
            changed = data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]
            with pytest.raises(CheckpointInvalid):
                open_checkpoint(changed.decode("utf-8", errors="surrogateescape"), KEY.verifier)


def test_another_key_does_not_open_it():
    """Neither a key of the same name nor the same key under another name."""
    note = sign_checkpoint(CHECKPOINT, KEY)
    same_name = SigningKey(name=KEY.name, secret=bytes(32)).verifier
    with pytest.raises(CheckpointInvalid, match="another key id"):
        open_checkpoint(note, same_name)
    with pytest.raises(CheckpointInvalid, match="another key name"):
        open_checkpoint(note, SigningKey(name="example.org/other", secret=KEY.secret).verifier)


def test_the_origin_is_the_name_of_the_key():
    """A log signs for itself only."""
    foreign = Checkpoint(origin="example.org/other", size=3, root=CHECKPOINT.root)
    with pytest.raises(CheckpointInvalid, match="origin"):
        sign_checkpoint(foreign, KEY)


ROOT = encode_base64(CHECKPOINT.root)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{KEY.name}\n3\n{ROOT}\nextension\n", "not origin, tree size and root hash"),
        (f"{KEY.name}\n3\n", "not origin, tree size and root hash"),
        (f"{KEY.name}\n03\n{ROOT}\n", "plain decimal"),
        (f"{KEY.name}\n-3\n{ROOT}\n", "plain decimal"),
        (f"{KEY.name}\n٣\n{ROOT}\n", "plain decimal"),
        (f"{KEY.name}\n{'9' * 40}\n{ROOT}\n", "plain decimal"),
        (f"{KEY.name}\n3\n{ROOT[:-1]}\n", "canonical base64"),
        (f"{KEY.name}\n3\n{ROOT[:-2]}{'B='}\n", "canonical base64"),
        (f"{KEY.name}\n3\n{ROOT[:10]} {ROOT[10:]}\n", "canonical base64"),
        (f"{KEY.name}\n3\n{encode_base64(b'short')}\n", "32 bytes"),
    ],
)
def test_a_well_signed_text_that_is_no_checkpoint_is_refused(text, why):
    """A good signature does not make a checkpoint."""
    with pytest.raises(CheckpointInvalid, match=why):
        open_checkpoint(note_of(text), KEY.verifier)


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note + note.splitlines()[-1] + "\n",
        lambda note: note + "\n",
        lambda note: note[:-1],
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("— ", "- "),
        lambda note: note.replace("\n", "\r\n"),
        lambda note: " " + note,
        lambda note: note[:-3] + "\n",
        lambda note: note[:-4] + "AAAA\n",
        lambda _: "",
    ],
)
def test_a_malformed_note_is_refused(change):
    """Two signatures, missing or further lines, other line ends, cut or padded signatures."""
    with pytest.raises(CheckpointInvalid):
        open_checkpoint(change(sign_checkpoint(CHECKPOINT, KEY)), KEY.verifier)


@pytest.mark.parametrize("text", ["no newline", "", "a\tb\n", "a\rb\n"])
def test_a_text_that_is_no_note_is_not_signed(text):
    """A signed note ends in a newline and has no other control characters."""
    with pytest.raises(ValueError, match="newline"):
        sign_note(text, KEY)


def test_every_changed_character_of_a_public_key_is_refused():
    """The id binds name and key, the canonical base64 binds the spelling (as Go's own test has it)."""
    for at in range(len(GO_VKEY)):
        with pytest.raises(KeyFileInvalid):
            parse_vkey(GO_VKEY[:at] + chr(ord(GO_VKEY[at]) + 1) + GO_VKEY[at + 1 :])
        with pytest.raises(KeyFileInvalid):
            parse_vkey(GO_VKEY[:at])


@pytest.mark.parametrize(
    "vkey",
    [
        GO_VKEY.replace("c74f20a3", "C74F20A3"),
        GO_VKEY + "\n",
        " " + GO_VKEY,
        "x+00000000+" + encode_base64(b"\x02" + bytes(32)),
        "x+00000000+" + encode_base64(b"\x01" + bytes(31)),
        "x+00000000+é",
    ],
)
def test_a_key_of_another_form_is_refused(vkey):
    """Upper case, white space, other algorithms, other lengths."""
    with pytest.raises(KeyFileInvalid):
        parse_vkey(vkey)


@pytest.mark.parametrize("name", ["", "two words", "plus+sign", "line\nbreak", "no\u00a0break"])
def test_a_name_that_a_note_cannot_hold_is_refused(name):
    """C2SP: not empty, no spaces, no plus."""
    with pytest.raises(KeyFileInvalid, match="key name"):
        SigningKey(name=name, secret=bytes(32))


def test_the_secret_is_not_in_the_representation():
    """What prints a key prints its name."""
    assert "SigningKey(name='example.org/erasure')" == repr(KEY)
    with pytest.raises(KeyFileInvalid, match="32 bytes, this one: 3"):
        SigningKey(name="x", secret=b"abc")


@given(st.binary(max_size=40))
def test_base64_has_one_spelling(data):
    """What was encoded decodes; a spelling without padding, with a line break or other bits does not."""
    text = encode_base64(data)
    assert data == decode_base64(text)
    for other in (text + "\n", text + "=", text.rstrip("=") if "=" in text else text + "A", "\u0661"):
        with pytest.raises(ValueError, match="base64"):
            decode_base64(other)


def test_bad_keys_and_checkpoints_are_errors_of_the_ledger():
    """One `except LedgerError` is enough for a caller."""
    assert issubclass(KeyFileInvalid, LedgerError)
    assert issubclass(CheckpointInvalid, LedgerError)
