"""Cuts what has the shape of an identifier out of bytes, for lists that hold no values to search for.

Distinct candidates are judged once. A candidate that nobody knows costs one look.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from lineage_assets.identifiers import Kind, Namespace, canonical_in
from scanners.traces.matching import Hit, Matcher, Piece, telling

REACH = 512
REMEMBERED = 1 << 20
PLAIN = "plain"
Judge = Callable[[str, str, str], bool]
Cut = Iterator[tuple[int, int]]

_PART = rb"[^@\s\x00-\x20<>()\[\]{},;:\"|\\=/*!?&#%$~^`]"
_BEFORE = re.compile(_PART + rb"{1,64}\Z")
_AFTER = re.compile(_PART + rb"{1,255}")
_QUOTES = b"'._-"
_UUID = re.compile(
    rb"(?=([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])))", re.IGNORECASE
)
_PHONE = re.compile(rb"(?:\+|(?<![0-9])00)\(?[1-9](?:[ ()./\t-]*[0-9]){6,18}")
_HASH = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", re.IGNORECASE)
_NUMBER = re.compile(rb"(?<![0-9])[0-9]{10,40}(?![0-9])")
_SHORT = re.compile(rb"(?<![0-9A-Za-z])[0-9]{1,9}(?![0-9A-Za-z])")
_WORD = re.compile(rb"[^\s\x00-\x20<>()\[\]{},;:\"'|\\=/!?]{1,255}")


def token_matcher(namespaces: Mapping[str, Namespace], judge: Judge, *, hashed: bool = False) -> Matcher:
    """Return a matcher that cuts candidates and asks a judge about each distinct one.

    Args:
        namespaces: those to look for, by name.
        judge: told namespace, form ("plain" or "pseudonym") and canonical value; says whether it is sought.
        hashed: whether 64 hex digits are candidates too, for pseudonyms of every namespace.
    """

    @lru_cache(maxsize=REMEMBERED)
    def known(name: str, form: str, token: bytes) -> bool | None:
        """Tell whether a token is sought: True and telling, False and not telling, None where it is not."""
        namespace = namespaces[name]
        text = token.decode("utf-8", errors="ignore")
        value = canonical_in(namespace, text) if form == PLAIN else text.lower()
        if value is None or not judge(name, form, value):
            return None
        return form != PLAIN or telling(namespace, value)

    def find(data: bytes, piece: Piece) -> Iterator[Hit]:
        for name, form, start, end in _candidates(namespaces, data, piece, hashed=hashed):
            decided = known(name, form, data[start:end])
            if decided is not None:
                yield Hit(namespace=name, form=form, start=start, end=end, decided=decided)

    return Matcher(find=find, reach=REACH, reads_through=True)


def _candidates(
    namespaces: Mapping[str, Namespace], data: bytes, piece: Piece, *, hashed: bool
) -> Iterator[tuple[str, str, int, int]]:
    for name, namespace in namespaces.items():
        if namespace.distinctive is not None:
            spans: Cut = _pattern(namespace.distinctive, data)
        else:
            spans = _CUTS[namespace.kind](data, piece)
        yield from ((name, PLAIN, start, end) for start, end in spans)
        if hashed:
            yield from ((name, "pseudonym", *found.span()) for found in _HASH.finditer(data))


def _emails(data: bytes, _piece: Piece) -> Cut:
    at = data.find(b"@")
    while at >= 0:
        before, after = _BEFORE.search(data[max(0, at - 64) : at]), _AFTER.match(data, at + 1)
        if before and after:
            run = before.group()
            for start in {at - len(run), at - len(run.lstrip(_QUOTES))}:
                for end in {after.end(), at + 1 + len(after.group().rstrip(_QUOTES))}:
                    yield start, end
        at = data.find(b"@", at + 1)


def _phones(data: bytes, _piece: Piece) -> Cut:
    for found in _PHONE.finditer(data):
        start, end = found.span()
        yield start, end
        yield from ((start, start + blank.start()) for blank in re.finditer(rb"[ \t]", found.group()))


def _uuids(data: bytes, _piece: Piece) -> Cut:
    return (found.span(1) for found in _UUID.finditer(data))


def _integers(data: bytes, piece: Piece) -> Cut:
    yield from (found.span() for found in _NUMBER.finditer(data))
    if piece is Piece.TEXT:
        yield from (found.span() for found in _SHORT.finditer(data))


def _words(data: bytes, piece: Piece) -> Cut:
    if piece is not Piece.TEXT:
        return
    if len(data) <= REACH:
        yield 0, len(data)
    for found in _WORD.finditer(data):
        yield found.span()
        if found.group().endswith(b"."):
            yield found.start(), found.end() - 1


def _pattern(pattern: str, data: bytes) -> Cut:
    edged = re.compile(rb"(?<![0-9A-Za-z])(?:" + pattern.encode() + rb")(?![0-9A-Za-z])")
    return (found.span() for found in edged.finditer(data))


_CUTS: Mapping[Kind, Callable[[bytes, Piece], Cut]] = {
    Kind.EMAIL: _emails,
    Kind.PHONE: _phones,
    Kind.UUID: _uuids,
    Kind.INTEGER: _integers,
    Kind.TEXT: _words,
}
