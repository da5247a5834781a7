"""Why a file is not the public key that a record is checked with: what it is instead, and what to give."""

import base64
import json
import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key

from rtbf_ledger.checkpoint import VerifierKey

HINT = "hint: give the file that `rtbf certificate --key-out` writes: one line, name+keyid+base64"
RECORD = "this is a record and no key: a record cannot vouch for itself"
PRIVATE = "this is a private key: nobody needs it to check a record, and whoever has it can sign as you"
OTHER_FORM = "this is a public key of the right algorithm, Ed25519, but in another form"
OTHER_ALGORITHM = "this is a public key of another algorithm: records are signed with Ed25519"
NO_KEY = "this is no public key"
_VKEY = re.compile(rb"[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*\n?")
_SSH = (b"ssh-", b"ecdsa-", b"sk-")


def why_no_key(data: bytes, said: str) -> str:
    """Return what a file is that could not be read as a public key, and a hint. Repeats nothing of the file.

    Args:
        data: the file.
        said: what reading it as a public key said; it is right where the file has the form of one.
    """
    return f"{_what(data, said)}\n{HINT}"


def _what(data: bytes, said: str) -> str:
    if _VKEY.fullmatch(data):
        return said
    if _is_record(data):
        return RECORD
    if b"PRIVATE KEY-----" in data:
        return PRIVATE
    try:
        key = load_ssh_public_key(data) if data.startswith(_SSH) else load_pem_public_key(data)
    except UnsupportedAlgorithm:
        return OTHER_ALGORITHM
    except ValueError:
        return NO_KEY
    return OTHER_FORM if isinstance(key, Ed25519PublicKey) else OTHER_ALGORITHM


def _is_record(data: bytes) -> bool:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and {"body", "signature"} <= set(value)


def of_another_ledger(data: bytes, key: VerifierKey) -> bool:
    """Whether a record that does not hold says that another key signed it. It may lie: this is for a hint."""
    try:
        note = json.loads(data)["checkpoint"]
        signed = note.rstrip("\n").rpartition(" ")[2]
        return base64.b64decode(signed, validate=True)[:4] != key.key_id
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False
