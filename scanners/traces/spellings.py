"""How one identifier may be written in bytes: as it is, encoded, hashed without a key, as a number."""

import base64
import hashlib
import json
import struct
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

import phonenumbers

from lineage_assets.identifiers import Kind, pseudonym_of
from scanners.inside_base64 import letters_inside

SHORTEST_BASE64 = 8
SHORTEST_NUMBER = 5
PHONE_FORMATS = (
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
    phonenumbers.PhoneNumberFormat.RFC3966,
)
DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
}


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """One way to write an identifier. `folded` is compared without regard to the case of ASCII letters."""

    form: str
    data: bytes = field(repr=False)
    folded: bool


def spellings(
    kind: Kind, value: str, *, typed: str = "", pseudonym_keys: Mapping[str, bytes] | None = None
) -> list[Spelling]:
    """Return every spelling of a canonical identifier that is searched for.

    Args:
        kind: its kind.
        value: its canonical form.
        typed: what a person typed, where that is known.
        pseudonym_keys: key name -> key of the pseudonyms that data may hold instead.
    """
    texts = sorted(_texts(kind, value, typed))
    made = [one for text in texts for one in (*_encoded(text), *_digests(text))]
    made += _numbers(kind, value)
    for name, key in sorted((pseudonym_keys or {}).items()):
        made += _of_digest(f"pseudonym:{name}", bytes.fromhex(pseudonym_of(value, key)))
    return _least(made)


def _texts(kind: Kind, value: str, typed: str) -> set[str]:
    found = {value, value.lower(), value.upper(), unicodedata.normalize("NFD", value)}
    if typed:
        found |= {typed, typed.lower(), typed.upper()}
    if kind is Kind.UUID:
        found.add(value.replace("-", ""))
    if kind is Kind.PHONE:
        found |= {value[1:], *_phones(value)}
    return found


def _phones(value: str) -> Iterator[str]:
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return
    for one in PHONE_FORMATS:
        text = phonenumbers.format_number(number, one)
        yield from (text, text.replace(" ", "-"))


def _encoded(text: str) -> Iterator[Spelling]:
    plain = text.encode()
    yield Spelling(form="plain", data=plain.lower(), folded=True)
    others = {
        "url": {quote(text, safe="").encode(), quote_plus(text).encode()},
        "json": {json.dumps(text)[1:-1].encode()},
        "hex": {plain.hex().encode()},
        "utf-16-le": {text.encode("utf-16-le")},
        "utf-16-be": {text.encode("utf-16-be")},
    }
    for form, written in others.items():
        yield from (Spelling(form=form, data=w.lower(), folded=True) for w in sorted(written - {plain}))
    yield from (
        Spelling(form="base64", data=b, folded=False) for b in sorted(letters_inside(plain, SHORTEST_BASE64))
    )


def _digests(text: str) -> Iterator[Spelling]:
    for name, digest in DIGESTS.items():
        yield from _of_digest(name, digest(text.encode()))


def _of_digest(name: str, digest: bytes) -> Iterator[Spelling]:
    yield Spelling(form=f"{name} hex", data=digest.hex().encode(), folded=True)
    yield Spelling(form=f"{name} bytes", data=digest, folded=False)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield Spelling(form=f"{name} base64", data=encode(digest).rstrip(b"="), folded=False)


def _numbers(kind: Kind, value: str) -> Iterator[Spelling]:
    """Yield binary spellings: the fewest bytes of a signed number (a pickle's, a prefix of wider ones)."""
    if kind is Kind.UUID:
        yield Spelling(form="big-endian", data=uuid.UUID(value).bytes, folded=False)
        yield Spelling(form="little-endian", data=uuid.UUID(value).bytes_le, folded=False)
    if kind is not Kind.INTEGER:
        return
    number = int(value)
    size = number.bit_length() // 8 + 1
    if size < SHORTEST_NUMBER:
        return
    yield Spelling(form="little-endian", data=number.to_bytes(size, "little"), folded=False)
    yield Spelling(form="big-endian", data=number.to_bytes(size, "big"), folded=False)
    if size <= struct.calcsize("d"):
        yield Spelling(form="float little-endian", data=struct.pack("<d", number), folded=False)
        yield Spelling(form="float big-endian", data=struct.pack(">d", number), folded=False)


def _least(made: list[Spelling]) -> list[Spelling]:
    """Leave out what holds another spelling of the same form: finding that one is enough."""
    kept: list[Spelling] = []
    for one in sorted(set(made), key=lambda spelling: (len(spelling.data), spelling.data, spelling.form)):
        if not any(k.form == one.form and k.folded == one.folded and k.data in one.data for k in kept):
            kept.append(one)
    return kept
