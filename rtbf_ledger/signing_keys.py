"""The files that the log's key is kept in: the signing key for its owner only, the public key for everybody.

The forms are in `docs/formats/log.md`.
"""

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rtbf_ledger.checkpoint import SigningKey, VerifierKey, parse_vkey
from rtbf_ledger.errors import KeyFileInvalid

_KEY_FILE_LIMIT = 16_384


def create_signing_key(path: Path, *, name: str, seed: bytes) -> SigningKey:
    """Write a new signing key file (PEM, PKCS8, mode 0600) and return the key.

    Args:
        path: where; its folder is there already.
        name: the key name, which is the log's origin (it is not in the file).
        seed: 32 bytes from a source of randomness.

    Raises:
        KeyFileInvalid: the name or the seed cannot be used.
        FileExistsError: there is a file already; a key is never overwritten.
        OSError: the file cannot be written.
    """
    key = SigningKey(name=name, secret=seed)
    pem = Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_new(path, pem, mode=0o600)
    return key


def load_signing_key(path: Path, *, name: str) -> SigningKey:
    """Read a signing key file; only its owner may be able to read it.

    Raises:
        KeyFileInvalid: others may read it, or it is not an unencrypted Ed25519 key in PEM.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise KeyFileInvalid(f"others may read the signing key: {path.name}\nhint: chmod 600")
        pem = file.read(_KEY_FILE_LIMIT)
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFileInvalid(f"not an unencrypted private key in PEM: {path.name}") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileInvalid(f"not an Ed25519 key: {path.name}")
    return SigningKey(name=name, secret=private.private_bytes_raw())


def save_verifier_key(path: Path, key: VerifierKey) -> None:
    """Write the public key file: the key's text and a newline, mode 0644.

    Raises:
        FileExistsError: there is a file already.
        OSError: the file cannot be written.
    """
    _write_new(path, (key.to_vkey() + "\n").encode(), mode=0o644)


def load_verifier_key(path: Path) -> VerifierKey:
    """Read a public key file: one line, the key's text.

    Raises:
        KeyFileInvalid: the file is not one line of that form.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(_KEY_FILE_LIMIT)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise KeyFileInvalid(f"the public key file is not text: {path.name}") from None
    return parse_vkey(text.removesuffix("\n"))


def _write_new(path: Path, data: bytes, *, mode: int) -> None:
    """Create a file that must not be there, with its mode from the start, and flush it to disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
