"""Cuts what has the shape of an identifier out of bytes, for lists that hold no values to search for.

Distinct candidates are judged once. A candidate that nobody knows costs one look.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import chain

from lineage_assets.addresses import WITHOUT
from lineage_assets.identifiers import Kind, Namespace, canonical_in
from scanners.traces.matching import Hit, Matcher, Piece, telling

REACH = 512
REMEMBERED = 1 << 20
DIGEST, LONGEST_NUMBER = 64, 40
PLAIN = "plain"
Judge = Callable[[str, str, str], bool]
Cut = Iterator[tuple[int, int]]

_PART = rb"[^@\s\x00-\x20<>()\[\]{},;:\"|\\=/*!?&#%$~^`]"
_BACKWARDS = re.compile(_PART + rb"{1,64}")
_AFTER = re.compile(_PART + rb"{1,255}")
_WITHOUT = re.compile(WITHOUT.encode())
_QUOTES = b"'._-"
# Each begins with a plain byte or class, which `re` looks for many times as fast as for anything else.
_HEX_RUN = re.compile(rb"[0-9a-fA-F][0-9a-fA-F]{63,}")
_UUID_RUN = re.compile(rb"[0-9a-fA-F-][0-9a-fA-F-]{31,}")
_UUID = re.compile(
    rb"(?=([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])))", re.IGNORECASE
)
_DIALLED = rb"\(?[1-9](?:[ ()./\t-]*[0-9]){6,18}"
_PHONES = re.compile(rb"\+" + _DIALLED), re.compile(rb"00(?<![0-9]00)" + _DIALLED)
_DIGIT_RUN = re.compile(rb"[0-9][0-9]{9,}")
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
    digests = list(_runs(_HEX_RUN, data, DIGEST)) if hashed else []
    for name, namespace in namespaces.items():
        if namespace.distinctive is not None:
            spans: Cut = _pattern(namespace.distinctive, data)
        else:
            spans = _CUTS[namespace.kind](data, piece)
        yield from ((name, PLAIN, start, end) for start, end in spans)
        yield from ((name, "pseudonym", start, end) for start, end in digests)


def _runs(pattern: re.Pattern[bytes], data: bytes, most: int) -> Cut:
    return (found.span() for found in pattern.finditer(data) if found.end() - found.start() <= most)


def _emails(data: bytes, _piece: Piece) -> Cut:
    at = data.find(b"@")
    while at >= 0:
        before, after = _BACKWARDS.match(data[max(0, at - 64) : at][::-1]), _AFTER.match(data, at + 1)
        if before and after:
            run = before.group()[::-1]
            for start in {at - len(run), at - len(run.lstrip(_QUOTES))}:
                for end in _ends(after.group()):
                    yield start, at + 1 + end
        at = data.find(b"@", at + 1)


def _ends(host: bytes) -> set[int]:
    """Return where an address may end in what follows its @."""
    shorter = _WITHOUT.match(b"@" + host)
    return {len(host), len(host.rstrip(_QUOTES)), *([shorter.end(1) - 1] if shorter else [])}


def _phones(data: bytes, _piece: Piece) -> Cut:
    for found in chain.from_iterable(pattern.finditer(data) for pattern in _PHONES):
        start, end = found.span()
        yield start, end
        yield from ((start, start + blank.start()) for blank in re.finditer(rb"[ \t]", found.group()))


def _uuids(data: bytes, _piece: Piece) -> Cut:
    runs = (found.span() for found in _UUID_RUN.finditer(data))
    return (found.span(1) for start, end in runs for found in _UUID.finditer(data, start, end))


def _integers(data: bytes, piece: Piece) -> Cut:
    yield from _runs(_DIGIT_RUN, data, LONGEST_NUMBER)
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
    """Cut what stands alone; the edge before it is asked last, so that the pattern is what is looked for."""
    ended = re.compile(rb"(?:" + pattern.encode() + rb")(?![0-9A-Za-z])")
    found = ended.search(data)
    while found:
        start, end = found.span()
        alone = not data[max(0, start - 1) : start].isalnum()
        if alone:
            yield start, end
        found = ended.search(data, max(end, start + 1) if alone else start + 1)


_CUTS: Mapping[Kind, Callable[[bytes, Piece], Cut]] = {
    Kind.EMAIL: _emails,
    Kind.PHONE: _phones,
    Kind.UUID: _uuids,
    Kind.INTEGER: _integers,
    Kind.TEXT: _words,
}
