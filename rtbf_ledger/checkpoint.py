"""Signed checkpoints of the log, and the one Ed25519 key that signs them and the certificates.

Formats: C2SP signed-note (https://c2sp.org/signed-note) and tlog-checkpoint
(https://c2sp.org/tlog-checkpoint), in a stricter profile: exactly one signature, no extension lines,
and the origin is the key's name. `docs/formats/log.md` has a worked example.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from rtbf_ledger.errors import CheckpointInvalid, KeyFileInvalid
from rtbf_ledger.merkle import HASH_BYTES

_ED25519 = b"\x01"
_SIGNATURE_LINE = re.compile(r"— (?P<name>[^ \n]+) (?P<signature>[A-Za-z0-9+/=]+)\n")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, kw_only=True)
class VerifierKey:
    """A public key and its name, which is the log's origin.

    Attributes:
        name: the key name, no spaces and no plus; best a URL without scheme.
        public: the raw Ed25519 public key, 32 bytes.

    Raises:
        KeyFileInvalid: the name or the key cannot be used.
    """

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or " " in self.name or not self.name.isprintable():
            raise KeyFileInvalid("a key name is not empty and has no spaces, control characters or plus")
        if len(self.public) != HASH_BYTES:
            raise KeyFileInvalid(f"an Ed25519 public key has 32 bytes, this one: {len(self.public)}")

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256(name || 0x0A || 0x01 || public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def to_vkey(self) -> str:
        """Return the key as text: name+hexkeyid+base64(0x01||public key), without a newline."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(_ED25519 + self.public)}"

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Say whether 64 bytes are this key's signature of a message (RFC 8032)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A private key and its name. The secret is never shown by `repr`.

    Attributes:
        name: the key name, which is the log's origin.
        secret: the raw Ed25519 seed, 32 bytes, from a source of randomness.

    Raises:
        KeyFileInvalid: the name or the secret cannot be used.
    """

    name: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != HASH_BYTES:
            raise KeyFileInvalid(f"an Ed25519 secret has 32 bytes, this one: {len(self.secret)}")
        _ = self.verifier  # refuses a name that cannot be used

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(name=self.name, public=self._private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of a message, 64 bytes; the same message, the same bytes."""
        return self._private.sign(message)

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret)


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What a log commits to: its origin, its size in entries, its root hash of 32 bytes."""

    origin: str
    size: int
    root: bytes

    def to_text(self) -> str:
        """Return the three lines of the note text (C2SP tlog-checkpoint, "Note text")."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


def parse_vkey(text: str) -> VerifierKey:
    """Read a public key from its text, name+hexkeyid+base64(0x01||public key).

    Raises:
        KeyFileInvalid: the text is not of that form, or its key id is not that of the key.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        decoded = decode_base64(encoded)
    except ValueError:
        raise KeyFileInvalid("the public key is not of the form name+keyid+base64") from None
    if decoded[:1] != _ED25519:
        raise KeyFileInvalid("the public key is not an Ed25519 key (its type byte is not 1)")
    key = VerifierKey(name=name, public=decoded[1:])
    if key.key_id.hex() != key_id:
        raise KeyFileInvalid("the public key's id is not that of its name and bytes")
    return key


def sign_note(text: str, key: SigningKey) -> str:
    """Return the signed note of a text that ends in a newline (C2SP signed-note, "Format").

    Raises:
        ValueError: the text does not end in a newline, or has other control characters.
    """
    if not text.endswith("\n") or any(char < " " and char != "\n" for char in text):
        raise ValueError("a note's text ends in a newline and has no other control characters")
    signature = encode_base64(key.verifier.key_id + key.sign(text.encode()))
    return f"{text}\n— {key.name} {signature}\n"


def open_note(note: str, key: VerifierKey) -> str:
    """Return the text of a signed note, once its one signature is known to be this key's.

    Raises:
        CheckpointInvalid: the note is malformed, has more than one signature, or is not this key's.
    """
    text, gap, last = note.rpartition("\n\n")
    line = _SIGNATURE_LINE.fullmatch(last)
    if not gap or line is None:
        raise CheckpointInvalid("the checkpoint is not a text, an empty line and one signature line")
    if line["name"] != key.name:
        raise CheckpointInvalid("the checkpoint is signed under another key name")
    try:
        signature = decode_base64(line["signature"])
    except ValueError:
        raise CheckpointInvalid("the checkpoint's signature is not canonical base64") from None
    if signature[:4] != key.key_id:
        raise CheckpointInvalid("the checkpoint is signed under another key id")
    if not key.accepts(signature[4:], (text + "\n").encode(errors="surrogatepass")):
        raise CheckpointInvalid("the checkpoint's signature does not match its text and the key")
    return text + "\n"


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> str:
    """Return the signed note of a checkpoint.

    Raises:
        CheckpointInvalid: the origin is not the key's name, or `open_checkpoint` would refuse it.
    """
    note = sign_note(checkpoint.to_text(), key)
    open_checkpoint(note, key.verifier)
    return note


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint of a signed note, once its signature is known to be this key's.

    Raises:
        CheckpointInvalid: see `open_note`; or the text is not origin, size and root hash; or the
            origin is not the key's name.
    """
    text = open_note(note, key)
    try:
        origin, size, encoded = text.removesuffix("\n").split("\n")
    except ValueError:
        raise CheckpointInvalid("the checkpoint's text is not origin, tree size and root hash") from None
    if origin != key.name:
        raise CheckpointInvalid("the checkpoint's origin is not the name of the key")
    if not _SIZE.fullmatch(size):
        raise CheckpointInvalid("the checkpoint's tree size is not a plain decimal number")
    try:
        root = decode_base64(encoded)
    except ValueError:
        raise CheckpointInvalid("the checkpoint's root hash is not canonical base64") from None
    if len(root) != HASH_BYTES:
        raise CheckpointInvalid("the checkpoint's root hash does not have 32 bytes")
    return Checkpoint(origin=origin, size=int(size), root=root)


def encode_base64(data: bytes) -> str:
    """Return the standard base64 of bytes, padded (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Return the bytes of standard base64, refusing every other spelling of the same bytes.

    Raises:
        ValueError: the text is not base64, or not the one canonical spelling (RFC 4648 section 3.5).
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("not base64") from None
    if encode_base64(data) != text:
        raise ValueError("not canonical base64")
    return data
