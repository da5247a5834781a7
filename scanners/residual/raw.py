"""Strong identifiers in bytes that are no table: leftovers and model files.

All spellings are sought in one pass (Aho-Corasick), whatever their number; digests in letters are cut out and
looked up.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO
from urllib.parse import quote

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

from lineage_assets.addresses import ENDING
from lineage_assets.identifiers import Kind, Namespace
from scanners.inside_base64 import letters_inside
from scanners.residual.needles import PLAIN, Needle
from scanners.residual.spelled import digest_letters, digests_of, uuid_bytes

CHUNK = 4 << 20
ANCHOR = 8  # bytes of a spelling without neighbours that the automaton holds; the rest is compared
_HEX = re.compile(rb"(?<![0-9A-Za-z])[0-9A-Fa-f]{32,64}(?![0-9A-Za-z])")
_BASE64 = re.compile(rb"[0-9A-Za-z+/]{22,43}|[0-9A-Za-z_-]{22,43}")
OVERLAP = 4096
SHORTEST_BASE64 = 8
FASTEST_UP_TO = 5_000  # patterns; a full table of more would take the memory of a small machine
_INSIDE = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LOCAL = _INSIDE | frozenset(b"._%+-")
_DOMAIN = frozenset(b".-")
_LETTERS = re.compile(rb"[0-9A-Za-z+/_-]*")
_FILE = re.compile(rf"(?i)(?:{ENDING})+(?![0-9A-Za-z-]|\.[0-9A-Za-z])".encode())
AROUND = 8  # letters of base64 beside a match that say what the next bytes are


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One identifier as bytes.

    Attributes:
        needle: the identifier.
        data: the bytes; in lower case where `folded`.
        folded: whether ASCII letters are compared without regard to their case.
        width: bytes a letter has where neighbours must be none; 0 where any neighbour will do.
        address: whether an e-mail address goes on with more than letters and digits: before it, and after
            it with a dot or a dash and another label.
        inner: what `data` is the base64 of, wherever in a longer text; its neighbours are looked at decoded.
    """

    needle: Needle
    data: bytes = field(repr=False)
    folded: bool = True
    width: int = 1
    address: bool = False
    inner: bytes = field(default=b"", repr=False)


class Patterns:
    """All spellings of all needles, and the automata that find them."""

    def __init__(self, patterns: Iterable[Pattern], written: Mapping[bytes, frozenset[Needle]]) -> None:
        """Build the automata: one of what is compared in lower case, one of what is not.

        Args:
            patterns: the spellings.
            written: digests in hex (lower case) and in base64 (no padding) -> whose they are.
        """
        self._written = written
        every = tuple(patterns)
        self._halves = [tuple(p for p in every if p.folded is folded) for folded in (True, False)]
        self._automata = [_automaton(half) for half in self._halves]

    def seen_in(self, data: bytes) -> set[Needle]:
        """Return the needles that occur in bytes, where no letter or digit runs into them."""
        seen: set[Needle] = set()
        for half, automaton, folded in zip(self._halves, self._automata, (True, False), strict=True):
            if automaton is None:
                continue
            where = data.lower() if folded else data
            for index, start, end in automaton.find_matches_as_indexes(where, overlapping=True):
                pattern = half[index]
                if pattern.needle not in seen and _apart(pattern, data, start, end):
                    seen.add(pattern.needle)
        if self._written:
            seen.update(*(self._written.get(run, ()) for run in _runs(data)))
        return seen


def patterns_of(needles: Iterable[Needle], namespaces: Mapping[str, Namespace]) -> Patterns:
    """Return the byte patterns of strong needles."""
    patterns: list[Pattern] = []
    written: dict[bytes, frozenset[Needle]] = {}
    for needle in needles:
        kind = namespaces[needle.sought.namespace].kind
        if needle.form == PLAIN:
            patterns += _plain(needle, kind)
            continue
        for digest in digests_of(needle, kind):
            patterns += _exactly(needle, [digest])
            for letters in (digest.hex().encode(), *digest_letters(digest)):
                written[letters] = written.get(letters, frozenset()) | {needle}
    return Patterns(patterns, written)


def _runs(data: bytes) -> Iterator[bytes]:
    yield from (found.group().lower() for found in _HEX.finditer(data))
    yield from (found.group() for found in _BASE64.finditer(data))


def seen_in_stream(patterns: Patterns, stream: BinaryIO) -> set[Needle]:
    """Return the needles that occur in a stream, read in chunks that overlap by 4 KiB."""
    seen: set[Needle] = set()
    kept = b""
    while chunk := stream.read(CHUNK):
        seen |= patterns.seen_in(kept + chunk)
        kept = (kept + chunk)[-OVERLAP:]
    return seen


def seen_in(patterns: Patterns, data: bytes) -> set[Needle]:
    """Return the needles that occur in bytes, in any case, where no letter or digit runs into them."""
    return patterns.seen_in(data)


def _automaton(patterns: tuple[Pattern, ...]) -> BytesAhoCorasick | None:
    if not patterns:
        return None
    how = Implementation.DFA if len(patterns) <= FASTEST_UP_TO else Implementation.ContiguousNFA
    anchors = [one.data if one.width else one.data[:ANCHOR] for one in patterns]
    return BytesAhoCorasick(anchors, MatchKind.Standard, how)


def _apart(pattern: Pattern, data: bytes, start: int, end: int) -> bool:
    """Whether no letter or digit runs into the spelling; a byte before it that counts its length does not."""
    width = pattern.width
    if not width:
        return data.startswith(pattern.data, start) and (
            not pattern.inner or _inner_apart(pattern, data, start)
        )
    local = _LOCAL if pattern.address else _INSIDE
    before = _unit(data[max(0, start - width) : start], width)
    after, more = (_unit(data[at : at + width], width) for at in (end, end + width))
    counted = width == 1 and before == end - start
    runs_on = after in _INSIDE or (pattern.address and after in _DOMAIN and more in _INSIDE)
    runs_on = runs_on and not (pattern.address and width == 1 and _FILE.match(data, end))
    next_is_wide = width == 1 and more == 0
    return (before not in local or counted) and (not runs_on or next_is_wide)


def _unit(data: bytes, width: int) -> int | None:
    """Return the ASCII code that fills a unit of some bytes (little endian), or None."""
    return data[0] if len(data) == width and not any(data[1:]) else None


def _inner_apart(pattern: Pattern, data: bytes, start: int) -> bool:
    """Whether nothing runs into a spelling inside base64, in one of the ways that letters can be grouped."""
    end = start + len(pattern.data)
    run = _LETTERS.match(data[max(0, start - AROUND) : start][::-1])
    first = start - len(run.group()) if run else start
    run = _LETTERS.match(data, end, end + AROUND)
    letters = data[first : run.end() if run else end].translate(bytes.maketrans(b"-_", b"+/"))
    plain = replace(pattern, data=pattern.inner, width=1, inner=b"")
    for skipped in range(4):
        whole = letters[skipped:]
        text = base64.b64decode(whole + b"A" * (-len(whole) % 4))[: len(whole) * 6 // 8]
        at = text.find(pattern.inner)
        if at >= 0 and _apart(plain, text, at, at + len(pattern.inner)):
            return True
    return False


def _plain(needle: Needle, kind: Kind) -> Iterator[Pattern]:
    texts = {needle.value.lower()}
    if kind is Kind.UUID:
        texts.add(needle.value.replace("-", ""))
        for data in uuid_bytes(needle.value):
            yield from _exactly(needle, [data, *digest_letters(data)])
    if kind is Kind.PHONE:
        texts.add("00" + needle.value[1:])
    for text in sorted(texts | {quote(one, safe="").lower() for one in texts}):
        yield Pattern(needle=needle, data=text.encode(), address=kind is Kind.EMAIL)
        for width, encoding in ((2, "utf-16-le"), (4, "utf-32-le")):
            data = text.encode(encoding)
            yield Pattern(needle=needle, data=data, width=width, address=kind is Kind.EMAIL)
    for text in sorted({needle.value, *texts, *(one.upper() for one in texts)}):
        for letters in _exactly(needle, sorted(letters_inside(text.encode(), SHORTEST_BASE64))):
            yield replace(letters, inner=text.encode(), address=kind is Kind.EMAIL)


def _exactly(needle: Needle, spellings: Iterable[bytes]) -> Iterator[Pattern]:
    return (Pattern(needle=needle, data=data, folded=False, width=0) for data in spellings)
