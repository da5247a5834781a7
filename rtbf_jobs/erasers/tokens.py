"""Tokens of identifier shape in free text: e-mail, phone, UUID, or a namespace's distinctive pattern."""

import re
from collections.abc import Iterator
from functools import lru_cache

from lineage_assets.addresses import WITHOUT
from lineage_assets.identifiers import Kind, Namespace, canonical, canonical_in

_EMAIL = re.compile(r"[^\s@<>()\[\]{},;:\"\\|]+@[\w.-]+")
_WITHOUT = re.compile(WITHOUT)
_PHONE = re.compile(r"(?<![0-9+])(?:\+|00)[0-9\s()./-]*[0-9]")
_NATIONAL = re.compile(r"(?<![0-9+])[(]?[0-9][0-9\s()./-]{5,}[0-9]")
_UUID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}(?![0-9A-Za-z])")
_PHONE_ENDS = re.compile(r"[0-9](?![0-9])")
_WORDS = re.compile(r"[^\s,;:\"'\[\]{}]+")


def searchable(namespace: Namespace) -> bool:
    """Whether values of the namespace have a shape that can be told apart in free text."""
    return namespace.strong


def tokens(namespace: Namespace, text: str) -> Iterator[str]:
    """Yield the canonical form of every token that could be a value of the namespace.

    Near shapes are tried too (`mailto:`, quotes, digits that follow a phone number): a caller compares the
    tokens with the values it looks for, so a candidate more does no harm.
    """
    if namespace.distinctive is not None:
        yield from (m.group() for m in _distinctive(namespace.distinctive).finditer(text))
        return
    inside = () if namespace.region is None else _ends(_NATIONAL, text)
    for candidate in (*_CANDIDATES[namespace.kind](text), *inside):
        form = canonical_in(namespace, candidate)
        if form is not None:
            yield form


def words(kind: Kind, text: str) -> Iterator[str]:
    """Yield every word of a text, and the text itself, as far as they are of a kind, strong or weak."""
    for word in [text, *_WORDS.findall(text)]:
        form = canonical(kind, word)
        if form is not None:
            yield form


@lru_cache(maxsize=64)
def _distinctive(pattern: str) -> re.Pattern[str]:
    flags = re.match(r"\(\?[aimsx]+\)", pattern)
    front = flags.group() if flags else ""
    return re.compile(rf"{front}(?<!\w)(?:{pattern[len(front) :]})(?!\w)")


def _emails(text: str) -> Iterator[str]:
    for found in _EMAIL.findall(text):
        whole = found.rstrip(".-")
        bare = re.split(r"[/=?&]", whole.rpartition("@")[0])[-1] + "@" + whole.rpartition("@")[2]
        for form in (whole, bare, bare.lstrip("'`*~!#"), bare.strip("_")):
            yield form.rstrip(".-")
            if shorter := _WITHOUT.match(form):
                yield shorter[1].lstrip("_'`*~!#")


def _phones(text: str) -> Iterator[str]:
    return _ends(_PHONE, text)


def _ends(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for found in pattern.finditer(text):
        run = found.group()
        yield from (run[: end.end()] for end in _PHONE_ENDS.finditer(run))


def _uuids(text: str) -> Iterator[str]:
    yield from _UUID.findall(text)


_CANDIDATES = {Kind.EMAIL: _emails, Kind.PHONE: _phones, Kind.UUID: _uuids}
