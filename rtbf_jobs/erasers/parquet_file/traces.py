"""Where a value can stay in a row group although no row has it: dictionary, statistics, column index."""

from collections.abc import Iterator

import pyarrow.parquet as pq

from rtbf_jobs.erasers import jsontext
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file.extents import FileMap
from rtbf_jobs.erasers.parquet_file.leaves import leaf_of, raw_text, sought_among
from rtbf_jobs.erasers.parquet_file.pages import (
    CODECS,
    DICTIONARY_PAGE,
    dictionary_bytes,
    page_at,
    plain_values,
    width_of,
)
from rtbf_jobs.erasers.parquet_file.source import Source
from rtbf_jobs.erasers.parquet_file.thrift import Struct, integer, read_struct

BOUNDS = (1, 2, 5, 6)
MIN_VALUES, MAX_VALUES = 2, 3


def traced(
    file: pq.ParquetFile, source: Source, found: FileMap, group: int, wants: tuple[Wanted, ...]
) -> bool:
    """Return whether a row group still holds a sought value outside its rows.

    Args:
        file: the file, open in the engine.
        source: the same file's bytes.
        found: its map.
        group: the row group's number.
        wants: the declared keys.
    """
    return any(_traced(file, source, found, group, want) for want in wants if want.values)


def _traced(file: pq.ParquetFile, source: Source, found: FileMap, group: int, want: Wanted) -> bool:
    column, kind = leaf_of(file.schema_arrow, want)
    bounds = (raw_text(raw, kind, want) for raw in _bounds(source, found, group, column))
    if any(want.requests_in(text) for text in bounds if not _cut(text, want)):
        return True
    held = dictionary_values(file, source, found, group, column) or []
    return sought_among(held, kind, want, file.schema.column(column).physical_type)


def trace_texts(
    file: pq.ParquetFile, source: Source, found: FileMap, group: int, want: Wanted
) -> Iterator[str]:
    """Yield what a key's dictionary page and bounds say, as text; JSON that is cut short says nothing.

    Raises:
        ThriftError: a page is damaged.
        ArrowException: one cannot be uncompressed.
    """
    column, kind = leaf_of(file.schema_arrow, want)
    for raw in dictionary_values(file, source, found, group, column) or []:
        yield raw_text(raw, kind, want)
    for raw in _bounds(source, found, group, column):
        text = raw_text(raw, kind, want)
        if not _cut(text, want):
            yield text


def dictionary_values(
    file: pq.ParquetFile, source: Source, found: FileMap, group: int, column: int
) -> list[bytes] | None:
    """Return what the dictionary page of a column chunk holds, or None where it has none, or a strange codec.

    Raises:
        ThriftError: the page is damaged.
        ArrowException: it cannot be uncompressed.
    """
    pages = found.groups[group][column].pages
    meta = found.footer.groups[group].chunks[column][names.C_META]
    codec = integer(found.footer.raw, meta[names.M_CODEC])
    if not pages.length or codec not in CODECS or page_at(source, pages.start).kind != DICTIONARY_PAGE:
        return None
    leaf = file.schema.column(column)
    raw, count = dictionary_bytes(source, pages.start, codec)
    return plain_values(raw, count, width_of(leaf.physical_type, leaf.length))


def _cut(text: str, want: Wanted) -> bool:
    """Whether a bound is JSON cut short, which says of no field what it holds; the rows are read for that."""
    if not want.path.json:
        return False
    try:
        jsontext.parsed(text)
    except jsontext.NotJson:
        return True
    return False


def _bounds(source: Source, found: FileMap, group: int, column: int) -> Iterator[bytes]:
    chunk = found.footer.groups[group].chunks[column]
    if names.M_STATISTICS in chunk[names.C_META]:
        statistics, _ = read_struct(found.footer.raw, chunk[names.C_META][names.M_STATISTICS])
        yield from (statistics.get(number) for number in BOUNDS if number in statistics.fields)
    where = found.groups[group][column].column_index
    if where.length:
        index = Struct.read(source.read(where.start, where.length))
        bounds = [value for number in (MIN_VALUES, MAX_VALUES) for value in index.items(number)]
        yield from (value for value in bounds if value)
