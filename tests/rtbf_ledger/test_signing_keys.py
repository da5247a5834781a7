"""The key files: written once, for the right eyes, and refused when they are not what they should be."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rtbf_ledger.checkpoint import SigningKey
from rtbf_ledger.errors import KeyFileInvalid
from rtbf_ledger.signing_keys import (
    create_signing_key,
    load_signing_key,
    load_verifier_key,
    save_verifier_key,
)

KEY = SigningKey(name="example.org/erasure", secret=bytes(range(32)))


def test_a_key_file_is_written_once_for_its_owner_and_read_back(tmp_path):
    """PEM, PKCS8, mode 0600, never overwritten, and the same key comes back."""
    path = tmp_path / "signing.pem"
    created = create_signing_key(path, name=KEY.name, seed=KEY.secret)
    assert KEY == created == load_signing_key(path, name=KEY.name)
    assert 0o600 == path.stat().st_mode & 0o777
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    with pytest.raises(FileExistsError):
        create_signing_key(path, name=KEY.name, seed=bytes(32))
    assert KEY == load_signing_key(path, name=KEY.name)


def test_a_signing_key_others_may_read_is_refused(tmp_path):
    """The mode is checked each time, not only when the file is made."""
    path = tmp_path / "signing.pem"
    create_signing_key(path, name=KEY.name, seed=KEY.secret)
    path.chmod(0o640)
    with pytest.raises(KeyFileInvalid, match="others may read"):
        load_signing_key(path, name=KEY.name)


def pem_of(private, encryption):
    """Return a private key as PKCS8 in PEM."""
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"not a key",
        pem_of(generate_private_key(SECP256R1()), serialization.NoEncryption()),
        pem_of(Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"secret")),
    ],
    ids=["empty", "text", "another algorithm", "encrypted"],
)
def test_a_file_that_is_no_signing_key_is_refused(tmp_path, pem):
    """And the message names the file only."""
    path = tmp_path / "signing.pem"
    path.write_bytes(pem)
    path.chmod(0o600)
    with pytest.raises(KeyFileInvalid, match=r"signing\.pem"):
        load_signing_key(path, name=KEY.name)


def test_a_public_key_file_is_one_line(tmp_path):
    """What is saved is read back; more lines, or bytes that are no text, are refused."""
    path = tmp_path / "log.pub"
    save_verifier_key(path, KEY.verifier)
    assert KEY.verifier == load_verifier_key(path)
    assert KEY.verifier.to_vkey() + "\n" == path.read_text(encoding="utf-8")
    path.write_text(f"{KEY.verifier.to_vkey()}\n{KEY.verifier.to_vkey()}\n", encoding="utf-8")
    with pytest.raises(KeyFileInvalid):
        load_verifier_key(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(KeyFileInvalid, match="not text"):
        load_verifier_key(path)
