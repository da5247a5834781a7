"""Reading CSV for an eraser: records with their raw bytes beside the parsed fields. Writes nothing.

UTF-8 with or without a byte order mark, a header, one of four delimiters, double quotes. Whatever else is
refused, since a guess could take a stranger's row for the subject's.
"""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from rtbf_jobs.erasers.errors import EraseRefused, Reason, storage_words
from rtbf_jobs.erasers.files import DataFile, data_files, refuse_hard_links
from rtbf_jobs.erasers.matching import NOBODY, Wanted
from rtbf_jobs.erasers.order import EraseOrder, Tally

BOM = b"\xef\xbb\xbf"
OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")
DELIMITERS = ",;\t|"
SAMPLE_BYTES = 1 << 16
RECORD_LIMIT = 64 << 20


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a CSV file is written: its delimiter and the names of its columns."""

    delimiter: str
    columns: tuple[str, ...]

    def index(self, column: str) -> int:
        """Return where a column stands."""
        return self.columns.index(column)


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record: its bytes as they stand in the file, line end included, and its fields."""

    raw: bytes
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Look:
    """Which requests own a record, and the fields (by index) whose cells mention a subject."""

    owners: frozenset[int]
    mentions: tuple[tuple[int, Wanted, frozenset[int]], ...]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file that holds a match."""

    file: DataFile
    layout: Layout
    tally: Tally


def survey(order: EraseOrder, wants: tuple[Wanted, ...]) -> tuple[int, tuple[Found, ...]]:
    """Return how many data files there are, and those that hold a match; every record is read.

    Raises:
        EraseRefused: any file of the asset cannot be erased safely; nothing was written.
    """
    _check_paths(wants)
    files = data_files(order)
    with storage_words(order.asset):
        layouts = [layout_of(order, wants, file) for file in files]
        found = [_scan(order, wants, file, layout) for file, layout in zip(files, layouts, strict=True)]
    return len(files), tuple(item for item in found if item.tally.found)


def records(asset: str, file: DataFile, layout: Layout) -> Iterator[Record]:
    """Yield a file's records, the header first, blank lines too (without fields).

    Raises:
        EraseRefused: the bytes are not UTF-8, the quoting is broken, or a record has too many or few fields.
    """
    with file.path.open("rb") as handle, _long_fields():
        lines = _Lines(asset, file, handle)
        reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error:
                raise EraseRefused(asset, Reason.UNREADABLE, f"{file.name}, line {reader.line_num}") from None
            if fields and len(fields) != len(layout.columns):
                raise EraseRefused(asset, Reason.RAGGED, f"{file.name}, line {reader.line_num}")
            yield Record(raw=lines.taken(), fields=tuple(fields))


def layout_of(order: EraseOrder, wants: tuple[Wanted, ...], file: DataFile) -> Layout:
    """Find the delimiter under which the header names every declared column.

    Raises:
        EraseRefused: there is none, or the file is not UTF-8 text in lines.
    """
    with file.path.open("rb") as handle:
        sample = handle.read(SAMPLE_BYTES)
    if sample.startswith(OTHER_BOMS) or b"\0" in sample:
        raise EraseRefused(order.asset, Reason.ENCODING, f"{file.name}: convert it to UTF-8")
    if b"\r" in sample and b"\n" not in sample:
        raise EraseRefused(
            order.asset, Reason.UNREADABLE, f"{file.name}: its lines end in a bare carriage return"
        )
    needed = [*(want.path.column for want in wants), *order.declaration.redact]
    headers = [Layout(delimiter=d, columns=_header(order.asset, file, d)) for d in _likely(sample)]
    fits = [made for made in headers if set(needed) <= set(made.columns)]
    if not fits:
        missing = next((name for name in needed if all(name not in h.columns for h in headers)), needed[0])
        raise EraseRefused(
            order.asset, Reason.MISSING_KEY, f"{file.name}: no column {missing!r}; was it renamed?"
        )
    if len(set(fits[0].columns)) != len(fits[0].columns):
        raise EraseRefused(
            order.asset, Reason.AMBIGUOUS_COLUMN, f"{file.name}: give every column its own name"
        )
    return fits[0]


def look(layout: Layout, wants: tuple[Wanted, ...], record: Record) -> Look:
    """Match every key in a record. It counts no mentions of those whose own it is, but of the others."""
    if not record.fields:
        return Look(owners=NOBODY, mentions=())
    found = [
        (want, want.requests_in(record.fields[layout.index(want.path.column)]))
        for want in wants
        if want.values
    ]
    owners = NOBODY.union(*(requests for want, requests in found if want.owner))
    mentions = [(layout.index(w.path.column), w, r - owners) for w, r in found if r - owners and not w.owner]
    return Look(owners=owners, mentions=tuple(mentions))


def tally_of(layout: Layout, redact: tuple[str, ...], record: Record, seen: Look) -> Tally:
    """Return the counts of one record."""
    tally = Tally(rows=1 if record.fields else 0)
    if seen.owners:
        tally.own(seen.owners)
        tally.cells_changed = sum(bool(record.fields[layout.index(name)]) for name in redact)
    else:
        tally.cells_changed = len({index for index, _, _ in seen.mentions})
    for _, _, requests in seen.mentions:
        tally.mention(requests)
    return tally


def spans(layout: Layout, record: Record) -> tuple[list[str], str]:
    """Return a record's fields as they are written, quotes included, and its line end."""
    text = record.raw.decode()
    body = text.rstrip("\r\n")
    quoted, bare = r'"(?:[^"]|"")*"[^{0}]*', r"[^{0}]*"
    one = re.compile(f"({quoted}|{bare})(?:{{0}}|\\Z)".replace("{0}", re.escape(layout.delimiter)))
    out: list[str] = []
    at = 0
    while len(out) < len(record.fields):
        found = one.match(body, at)
        assert found is not None  # noqa: S101 - the second part matches everything
        out.append(found.group(1))
        at = found.end()
    return out, text[len(body) :]


def _scan(order: EraseOrder, wants: tuple[Wanted, ...], file: DataFile, layout: Layout) -> Found:
    tally = Tally()
    reading = records(order.asset, file, layout)
    next(reading, None)
    for record in reading:
        tally.add(tally_of(layout, order.declaration.redact, record, look(layout, wants, record)))
    if tally.found:
        refuse_hard_links(order, file)
    return Found(file=file, layout=layout, tally=tally)


def _check_paths(wants: tuple[Wanted, ...]) -> None:
    for want in wants:
        if len(want.path.steps) > 1:
            hint = (
                f"key {str(want.path)!r}: CSV columns have no fields or elements; JSON text is column::field"
            )
            raise EraseRefused(want.asset, Reason.KEY_TYPE, hint)


def _likely(sample: bytes) -> list[str]:
    """Return the delimiters, the sniffed one first."""
    try:
        sniffed = csv.Sniffer().sniff(sample.decode("utf-8", "replace"), delimiters=DELIMITERS).delimiter
    except csv.Error:
        sniffed = DELIMITERS[0]
    return sorted(DELIMITERS, key=lambda delimiter: delimiter != sniffed)


def _header(asset: str, file: DataFile, delimiter: str) -> tuple[str, ...]:
    with file.path.open("rb") as handle, _long_fields():
        try:
            fields = next(csv.reader(_Lines(asset, file, handle), delimiter=delimiter, strict=True), [])
        except csv.Error:
            return ()
    return tuple(fields)


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let fields be as long as records may be; the csv module's limit is one for the whole process."""
    before = csv.field_size_limit(RECORD_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _Lines:
    """Decoded lines for the csv module, which remember the raw bytes of the record that they are part of."""

    def __init__(self, asset: str, file: DataFile, handle: IO[bytes]) -> None:
        self.asset, self.file, self.handle = asset, file, handle
        self.raw: list[bytes] = []
        self.first = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.handle.readline(RECORD_LIMIT + 1)
        if not line:
            raise StopIteration
        self.raw.append(line)
        if sum(map(len, self.raw)) > RECORD_LIMIT:
            raise EraseRefused(
                self.asset, Reason.UNREADABLE, f"{self.file.name}: a record of more than 64 MiB"
            )
        try:
            text = line.decode("utf-8-sig" if self.first else "utf-8")
        except UnicodeDecodeError:
            raise EraseRefused(
                self.asset, Reason.ENCODING, f"{self.file.name}: convert it to UTF-8"
            ) from None
        self.first = False
        return text

    def taken(self) -> bytes:
        """Return the raw bytes since the last call."""
        raw = b"".join(self.raw)
        self.raw.clear()
        return raw
