"""Strong identifiers in bytes that are no table: leftovers, model files, file names, footers' metadata."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from lineage_assets.identifiers import Kind, Namespace
from scanners.residual.needles import PLAIN, Needle

CHUNK = 4 << 20
OVERLAP = 4096
_INSIDE = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LOCAL = _INSIDE | frozenset(b"._%+-")


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One identifier as bytes, in lower case; `wide` is its UTF-16 (little endian) spelling."""

    needle: Needle
    narrow: tuple[bytes, ...] = field(repr=False)
    wide: tuple[bytes, ...] = field(repr=False)
    address: bool = False


def patterns_of(needles: Iterable[Needle], namespaces: Mapping[str, Namespace]) -> tuple[Pattern, ...]:
    """Return the byte patterns of strong needles."""
    return tuple(_pattern(needle, namespaces[needle.sought.namespace].kind) for needle in needles)


def seen_in_stream(patterns: tuple[Pattern, ...], stream: BinaryIO) -> set[Needle]:
    """Return the needles that occur in a stream, read in chunks that overlap by 4 KiB."""
    seen: set[Needle] = set()
    kept = b""
    while chunk := stream.read(CHUNK):
        seen |= seen_in(tuple(p for p in patterns if p.needle not in seen), kept + chunk)
        kept = (kept + chunk)[-OVERLAP:]
    return seen


def seen_in(patterns: tuple[Pattern, ...], data: bytes) -> set[Needle]:
    """Return the needles that occur in bytes, in any case, where no letter or digit runs into them."""
    low = data.lower()
    return {p.needle for p in patterns if any(_stands(p, data, low, spelling) for spelling in _spellings(p))}


def _spellings(pattern: Pattern) -> Iterator[tuple[bytes, int]]:
    yield from ((text, 1) for text in pattern.narrow)
    yield from ((text, 2) for text in pattern.wide)


def _stands(pattern: Pattern, data: bytes, low: bytes, spelling: tuple[bytes, int]) -> bool:
    text, width = spelling
    for where in (low, data):
        at = where.find(text)
        while at >= 0:
            if _apart(pattern, data, at, (len(text), width)):
                return True
            at = where.find(text, at + 1)
    return False


def _apart(pattern: Pattern, data: bytes, at: int, size: tuple[int, int]) -> bool:
    """Whether no letter or digit runs into the spelling; a byte before it that counts its length does not."""
    length, width = size
    local = _LOCAL if pattern.address else _INSIDE
    before, after = data[max(0, at - width) : at], data[at + length : at + length + 2]
    if width == 1:
        runs_in = bool(before) and before[0] in local and before[0] != length
        return not runs_in and not (bool(after) and after[0] in _INSIDE and after[1:] != b"\0")
    return not _wide(before, local) and not _wide(after, _INSIDE)


def _wide(unit: bytes, members: frozenset[int]) -> bool:
    return len(unit) == 2 and unit[0] in members and unit[1] == 0  # noqa: PLR2004 - bytes of a UTF-16 unit


def _pattern(needle: Needle, kind: Kind) -> Pattern:
    value = needle.value
    texts = {value, value.lower(), value.upper()}
    if needle.form == PLAIN and kind is Kind.UUID:
        texts.add(value.replace("-", ""))
    if needle.form == PLAIN and kind is Kind.PHONE:
        texts.add("00" + value[1:])
    narrow = {t.encode() for t in texts} | ({bytes.fromhex(value)} if needle.form != PLAIN else set())
    return Pattern(
        needle=needle,
        narrow=tuple(sorted(narrow)),
        wide=tuple(sorted(t.encode("utf-16-le") for t in texts)),
        address=needle.form == PLAIN and kind is Kind.EMAIL,
    )
