"""`rtbf verify` on the example of docs/formats/certificate.md: exit codes, words, JSON, and imports."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

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
    assert run(file, other_key, as_json=False)[0] == 1


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


@pytest.mark.parametrize("content", [b"", b"no key\n", b"\xff\n", b"-----BEGIN PUBLIC KEY-----\n"])
def test_a_malformed_key_is_the_callers_mistake(file, key, content):
    """Exit 2, not 1: nothing is said about the certificate."""
    key.write_bytes(content)
    code, text = run(file, key, as_json=False)
    assert (2, True) == (code, "public key" in text)


def test_the_certificate_is_no_key(file):
    """Exit 2 when the certificate itself is given as the key."""
    assert run(file, file, as_json=False)[0] == 2


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
