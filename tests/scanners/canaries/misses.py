"""What the scan does not find, by nature or by choice, and the words of the page that says so."""

import base64
import codecs
import hashlib
import pickle
import quopri
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from tests.scanners.canaries.spellings import b64


@dataclass(frozen=True, kw_only=True)
class Miss:
    """A cell (text or bytes) that holds a value and is not found; `words` stand in identifiers.md."""

    name: str
    namespace: str
    cell: Callable[[str], str | bytes]
    words: str


def _miss(name: str, namespace: str, words: str, cell: Callable[[str], str | bytes]) -> Miss:
    return Miss(name=name, namespace=namespace, cell=cell, words=words)


def _xored(value: str) -> bytes:
    return bytes(byte ^ 0x5A for byte in value.encode())


MISSES = (
    _miss("a name in free text", "login", "names in free text", lambda v: f"met {v} in town"),
    _miss("an address behind a word", "email", "`export-jo@x.org`", lambda v: f"export-{v}"),
    _miss("a number in free text", "account", "weak identifiers", lambda v: f"account {v} rang"),
    _miss(
        "a phone number without its country",
        "phone",
        "phone number without its country",
        lambda v: f"0{v[3:]}",
    ),
    _miss("a phone number without a plus", "phone", "phone number without its country", lambda v: v[1:]),
    _miss("compressed", "email", "compressed", lambda v: zlib.compress(v.encode() * 3)),
    _miss("compressed, in base64", "email", "compressed", lambda v: b64(zlib.compress(v.encode() * 3))),
    _miss("encrypted", "email", "encrypted", _xored),
    _miss("base64 in base64", "email", "encoded twice", lambda v: b64(b64(v))),
    _miss("base32", "email", "other encodings", lambda v: base64.b32encode(v.encode()).decode()),
    _miss("base85", "email", "other encodings", lambda v: base64.b85encode(v.encode()).decode()),
    _miss("letters as hex", "email", "other encodings", lambda v: v.encode().hex()),
    _miss(
        "quoted-printable",
        "email",
        "other encodings",
        lambda v: (
            quopri.encodestring(v.replace("@", "@ü").encode())
            .decode()
            .replace("=C3=BC", "")
            .replace("@", "=40")
        ),
    ),
    _miss("ROT13", "email", "other encodings", lambda v: codecs.encode(v, "rot13")),
    _miss("EBCDIC", "email", "other encodings", lambda v: v.encode("cp500")),
    _miss("in words", "email", "written out", lambda v: v.replace("@", " at ").replace(".", " dot ")),
    _miss("a salted hash", "email", "salted", lambda v: hashlib.sha256(f"salt{v}".encode()).hexdigest()),
    _miss(
        "a hash of another algorithm",
        "email",
        "other hashes",
        lambda v: hashlib.sha512(v.encode()).hexdigest(),
    ),
    _miss("a cut-off hash", "email", "cut off", lambda v: hashlib.sha256(v.encode()).hexdigest()[:32]),
    _miss(
        "a digest inside longer bytes",
        "email",
        "a digest as bytes inside a longer binary value",
        lambda v: b"\xff" + hashlib.sha256(v.encode()).digest() + b"\xff",
    ),
    _miss(
        "a pickle of protocol 0",
        "email",
        "letters or digits run into",
        lambda v: pickle.dumps([v], protocol=0),
    ),
)
