"""`rtbf verify` on the example of docs/formats/certificate.md: exit codes, words, JSON, and imports."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from rtbf_desk import verify_key
from rtbf_desk.verify import run
from rtbf_ledger.checkpoint import SigningKey
from rtbf_ledger.signing_keys import save_verifier_key

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "formats" / "certificate.md").read_text(encoding="utf-8")


def block(name):
    """Return the text of a fenced block of the document by the name after its language."""
    return re.search(rf"^```\w+ {name}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)[1]


@pytest.fixture
def file(tmp_path):
    """The example's certificate as a file."""
    path = tmp_path / "certificate.json"
    path.write_bytes(block("certificate").encode())
    return path


@pytest.fixture
def key(tmp_path):
    """The example's public key as a file."""
    path = tmp_path / "log.pub"
    path.write_bytes(block("key").encode())
    return path


@pytest.fixture
def other_key(tmp_path):
    """The public key of somebody else who uses the same name."""
    path = tmp_path / "other.pub"
    save_verifier_key(path, SigningKey(name="films.example/erasure-log", secret=bytes(32)).verifier)
    return path


def test_a_valid_certificate_is_printed_with_its_key(file, key):
    """Exit 0, the key it was checked with, and the document's text."""
    code, text = run(file, key, as_json=False)
    assert (0, f"Valid, signed with the key\n{block('key')}\n{block('rendered')}") == (code, text)


def test_a_valid_certificate_as_json(file, key):
    """Exit 0 and one object with the body's fields."""
    code, text = run(file, key, as_json=True)
    said = json.loads(text)
    assert (0, True, block("key").strip()) == (code, said["valid"], said["key"])
    assert json.loads(block("certificate"))["body"].items() <= said["certificate"].items()


@pytest.mark.parametrize("as_json", [False, True])
def test_a_changed_certificate_is_not_valid(file, key, as_json):
    """Exit 1, what does not hold, and nothing of what the file claims."""
    file.write_bytes(file.read_bytes().replace(b'"files_searched":114', b'"files_searched":115'))
    code, text = run(file, key, as_json)
    why = "the signature does not match the content and the key"
    expected = {"valid": False, "why": why} if as_json else f"Not valid: {why}\n"
    assert (1, expected) == (code, json.loads(text) if as_json else text)


def test_a_certificate_of_another_key_is_not_valid(file, other_key):
    """Exit 1: the same name is not enough."""
    code, text = run(file, other_key, as_json=False)
    assert (1, True) == (code, "another key signed it: is the key given that of another ledger?" in text)


@pytest.mark.parametrize("content", [b"", b"not a certificate", b"\x00" * 100])
def test_a_file_that_is_no_certificate_is_not_valid(file, key, content):
    """Exit 1, whatever is in it."""
    file.write_bytes(content)
    code, text = run(file, key, as_json=False)
    assert (1, True) == (code, text.startswith("Not valid: "))


def test_an_endless_file_is_not_valid(key):
    """Exit 1 after the most a certificate can have, rather than reading for ever."""
    code, text = run(Path("/dev/zero"), key, as_json=False)
    assert (1, True) == (code, "more than" in text)


@pytest.mark.parametrize("as_json", [False, True])
def test_without_a_key_nothing_is_checked(file, as_json):
    """Exit 2 and a hint, even for a valid file: the key never comes from the file."""
    code, text = run(file, None, as_json)
    why = json.loads(text)["why"] if as_json else text
    assert (2, True) == (code, why.startswith("no public key given\nhint: --key PUB"))


def _public(private, encoding=Encoding.PEM, form=PublicFormat.SubjectPublicKeyInfo) -> bytes:
    return private.public_key().public_bytes(encoding, form)


def _private(private) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


ED25519, EC = Ed25519PrivateKey.from_private_bytes(bytes(32)), ec.derive_private_key(7, ec.SECP256R1())
OPENSSH = (Encoding.OpenSSH, PublicFormat.OpenSSH)
WRONG_KEYS = {
    "nothing": (b"", verify_key.NO_KEY),
    "words": (b"no key\n", verify_key.NO_KEY),
    "words with plus signs": (b"one+two+three\n", verify_key.NO_KEY),
    "no text": (b"\xff\n", verify_key.NO_KEY),
    "half a PEM": (b"-----BEGIN PUBLIC KEY-----\n", verify_key.NO_KEY),
    "a private key": (_private(ED25519), verify_key.PRIVATE),
    "a private key of another algorithm": (_private(EC), verify_key.PRIVATE),
    "another algorithm": (_public(EC), verify_key.OTHER_ALGORITHM),
    "another algorithm for ssh": (_public(EC, *OPENSSH), verify_key.OTHER_ALGORITHM),
    "another form": (_public(ED25519), verify_key.OTHER_FORM),
    "another form for ssh": (_public(ED25519, *OPENSSH), verify_key.OTHER_FORM),
    "another algorithm of a note": (b"films+033de0ae+Ag==\n", "the public key is not an Ed25519 key"),
    "a wrong id": (
        re.sub(r"\+[0-9a-f]{8}\+", "+00000000+", block("key")).encode(),
        "the public key's id is not that of its name and bytes",
    ),
}


@pytest.mark.parametrize("kind", WRONG_KEYS)
def test_a_file_that_is_not_the_key_is_told_by_what_it_is(file, key, kind):
    """Exit 2, not 1: nothing is said about the certificate. What to give is said, and nothing of the file."""
    content, why = WRONG_KEYS[kind]
    key.write_bytes(content)
    code, text = run(file, key, as_json=False)
    assert (2, True) == (code, text.startswith(why))
    assert text.endswith(f"{verify_key.HINT}\n")


def test_the_certificate_is_no_key(file):
    """Exit 2 when the certificate itself is given as the key; and it says that it is one."""
    code, text = run(file, file, as_json=False)
    assert (2, f"{verify_key.RECORD}\n{verify_key.HINT}\n") == (code, text)


def test_files_that_cannot_be_read_are_named(file, key, tmp_path):
    """Exit 2 for a missing file, a missing key and a folder."""
    missing = tmp_path / "missing"
    assert (2, f"cannot read {missing}: No such file or directory\n") == run(missing, key, as_json=False)
    assert (2, f"cannot read {missing}: No such file or directory\n") == run(file, missing, as_json=False)
    assert (2, f"cannot read {tmp_path}: Is a directory\n") == run(tmp_path, key, as_json=False)
    assert json.loads(run(missing, key, as_json=True)[1])["valid"] is None


def test_verifying_imports_nothing_heavy_and_nothing_but_the_ledger():
    """A checker needs the standard library, cryptography and rfc8785, and so it starts at once."""
    script = "import sys, rtbf_desk.verify; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    heavy = {"dagster", "duckdb", "pyarrow", "sqlalchemy", "pandas", "networkx", "pydantic"}
    ours = {name for name in loaded if name.startswith(("rtbf_", "lineage_", "scanners", "sensors"))}
    assert set() == heavy & loaded
    assert {"rtbf_desk", "rtbf_ledger"} == ours
