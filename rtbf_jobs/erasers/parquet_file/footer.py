"""A Parquet footer as bytes: its row groups can be exchanged, and nothing else changes.

Field numbers are those of parquet.thrift (apache/parquet-format).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from rtbf_jobs.erasers.parquet_file import thrift
from rtbf_jobs.erasers.parquet_file.source import Source

MAGIC, ENCRYPTED_MAGIC = b"PAR1", b"PARE"
TAIL = 8
SCHEMA, NUM_ROWS, ROW_GROUPS, COLUMN_ORDERS, ENCRYPTION, SIGNING_KEY = 2, 3, 4, 7, 8, 9
G_COLUMNS, G_ROWS, G_SORTING, G_OFFSET, G_ORDINAL = 1, 3, 4, 5, 7
C_FILE_PATH, C_OFFSET, C_META, C_CRYPTO, C_SECRET = 1, 2, 3, 8, 9
C_OFFSET_INDEX, C_OFFSET_INDEX_LENGTH, C_COLUMN_INDEX, C_COLUMN_INDEX_LENGTH = 4, 5, 6, 7
M_TYPE, M_CODEC, M_SIZE, M_DATA, M_INDEX, M_DICTIONARY, M_STATISTICS, M_BLOOM, M_BLOOM_LENGTH, M_SIZES = (
    *(1, 4, 7, 9, 10, 11, 12, 14),
    *(15, 16),
)
KNOWN_GROUP, KNOWN_CHUNK, KNOWN_META = (
    frozenset(range(1, 8)),
    frozenset(range(1, 10)),
    frozenset(range(1, 18)),
)

_Walked: TypeAlias = tuple[thrift.Positions, tuple[thrift.Positions, ...], int]


class NotParquet(ValueError):
    """A file that does not end as a Parquet file does."""


class Encrypted(ValueError):
    """A file whose footer is encrypted or signed, or with a column that is."""


@dataclass(frozen=True)
class GroupSpan:
    """A row group's structure inside the footer: where its fields are, and those of its column chunks.

    `same` is the number of a row group of another footer whose structure has the very same bytes; what is
    inside of such a one is walked over only if somebody asks.
    """

    raw: bytes = field(repr=False)
    start: int
    end: int
    same: int | None = None

    @property
    def fields(self) -> thrift.Positions:
        """Where the value of each field begins."""
        return self._walked[0]

    @property
    def chunks(self) -> tuple[thrift.Positions, ...]:
        """The same for each column chunk."""
        return self._walked[1]

    @cached_property
    def _walked(self) -> _Walked:
        return _walk_group(self.raw, self.start)


@dataclass(frozen=True)
class Footer:
    """The footer's bytes, where they begin in the file, and where its parts are in them."""

    raw: bytes = field(repr=False)
    start: int
    fields: tuple[thrift.Span, ...] = field(repr=False)
    groups: tuple[GroupSpan, ...] = field(repr=False)

    @property
    def num_rows(self) -> int:
        """Rows of the file."""
        return thrift.integer(self.raw, self._one(NUM_ROWS).start)

    def group(self, number: int) -> bytes:
        """Return the bytes of a row group's structure."""
        return self.raw[self.groups[number].start : self.groups[number].end]

    def part(self, number: int) -> bytes | None:
        """Return the bytes of a field's value, or None where it is not there."""
        return next((self.raw[one.start : one.end] for one in self.fields if one.id == number), None)

    def with_groups(self, groups: Sequence[bytes], num_rows: int) -> bytes:
        """Return a footer with other row groups; everything else, unknown fields too, keeps its bytes."""
        new = {
            NUM_ROWS: thrift.zigzagged(num_rows),
            ROW_GROUPS: thrift.list_head(thrift.STRUCT, len(groups)) + b"".join(groups),
        }
        parts = []
        for one in self.fields:
            parts += [self.raw[one.head : one.start], new.get(one.id, self.raw[one.start : one.end])]
        return b"".join([*parts, self.raw[self.fields[-1].end :]])

    def _one(self, number: int) -> thrift.Span:
        return next(one for one in self.fields if one.id == number)


def read_footer(source: Source, like: Footer | None = None) -> Footer:
    """Return a file's footer.

    Args:
        source: the file.
        like: a footer that shares most of its row groups with this one: they are not walked over again.

    Raises:
        NotParquet: the file has none.
        Encrypted: the footer is encrypted or signed.
    """
    tail = source.read(max(0, source.size - TAIL), min(TAIL, source.size))
    if tail[4:] == ENCRYPTED_MAGIC:
        raise Encrypted
    length = int.from_bytes(tail[:4], "little")
    start = source.size - TAIL - length
    if tail[4:] != MAGIC or start < len(MAGIC):
        raise NotParquet
    return parse_footer(source.read(start, length), start, like)


def parse_footer(raw: bytes, start: int, like: Footer | None = None) -> Footer:
    """Return a footer from its bytes.

    Raises:
        NotParquet: the bytes are no footer.
        Encrypted: it is signed.
    """
    groups: list[GroupSpan] = []

    def leap(number: int, at: int) -> int | None:
        return _walk_groups(raw, at, groups, like) if number == ROW_GROUPS else None

    try:
        fields = tuple(thrift.spans(raw, 0, leap))
    except (thrift.ThriftError, IndexError):
        raise NotParquet from None
    numbers = [one.id for one in fields]
    if len(set(numbers)) != len(numbers) or not {SCHEMA, NUM_ROWS, ROW_GROUPS} <= set(numbers):
        raise NotParquet
    if ENCRYPTION in numbers or SIGNING_KEY in numbers:
        raise Encrypted
    return Footer(raw, start, fields, tuple(groups))


def _walk_groups(raw: bytes, at: int, groups: list[GroupSpan], like: Footer | None) -> int:
    _, count, at = thrift.list_head_at(raw, at)
    for number in range(count):
        known = like.group(number) if like is not None and number < len(like.groups) else b""
        if known and raw.startswith(known, at):
            groups.append(GroupSpan(raw, at, at + len(known), number))
        else:
            walked = _walk_group(raw, at)
            groups.append(GroupSpan(raw, at, walked[2]))
            groups[-1].__dict__["_walked"] = walked  # where cached_property looks first
        at = groups[-1].end
    return at


def _walk_group(raw: bytes, at: int) -> _Walked:
    """Return the positions in the row group at a byte, those of its column chunks, and where it ends."""
    columns: list[thrift.Positions] = []

    def leap(number: int, at: int) -> int | None:
        return _walk_chunks(raw, at, columns) if number == G_COLUMNS else None

    fields = list(thrift.spans(raw, at, leap))
    return {one.id: one.start for one in fields}, tuple(columns), fields[-1].end + 1


def _walk_chunks(raw: bytes, at: int, columns: list[thrift.Positions]) -> int:
    _, count, at = thrift.list_head_at(raw, at)
    for _ in range(count):
        found, at = thrift.positions(raw, at, (C_META,))
        columns.append(found)
    return at


def closed(footer: bytes) -> bytes:
    """Return the end of a file: a footer, its length, the magic."""
    return footer + len(footer).to_bytes(4, "little") + MAGIC
