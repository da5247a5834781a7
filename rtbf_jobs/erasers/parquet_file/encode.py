"""A touched row group, decoded, changed and encoded anew, as a block in the spool."""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file import thrift
from rtbf_jobs.erasers.parquet_file.extents import FileMap, Unsupported, gaps, read_map, zero
from rtbf_jobs.erasers.parquet_file.layout import Block
from rtbf_jobs.erasers.parquet_file.reading import read_group
from rtbf_jobs.erasers.parquet_file.recipe import Spool
from rtbf_jobs.erasers.parquet_file.shape import plain_schema

TYPE_ORDER = 1


class Buffered:
    """Bytes in memory as a source."""

    def __init__(self, data: Any) -> None:
        self._data = memoryview(data)
        self.size = len(self._data)
        self.identity: Any = None

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset` on."""
        return bytes(self._data[offset : offset + length])

    def engine_input(self) -> Any:
        """Return what pyarrow opens."""
        return pa.BufferReader(self._data)


def encode(
    file: pq.ParquetFile, group: int, options: Mapping[str, Any], change: Callable[[pa.Table], pa.Table]
) -> tuple[int, pa.Buffer] | None:
    """Return a row group after a change as (rows, a Parquet file of that row group); None if none is left.

    Raises:
        ArrowException: the engine cannot read or write it.
    """
    schema = plain_schema(file.schema_arrow)
    table = change(read_group(file, group, use_threads=False)).replace_schema_metadata(None)
    if not table.num_rows:
        return None
    if not table.schema.equals(schema):
        table = table.cast(schema)
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema, **options) as writer:
        writer.write_table(table, row_group_size=table.num_rows)
    return table.num_rows, sink.getvalue()


def spooled(found: FileMap, group: int, rows: int, data: pa.Buffer, spool: Spool) -> Block:
    """Put what `encode` made into the spool.

    Raises:
        Unsupported: the engine wrote something else than the row group had.
        OSError: the spool cannot be written.
    """
    source = Buffered(data)
    made = read_map(source)
    live = made.live([0])
    pages = [place.pages for place in made.groups[0]]
    if len(made.groups) != 1 or not all(zero(source, gap) for gap in gaps(live, made.footer.start)):
        raise Unsupported("a row group came out otherwise")
    if sum(one.length for one in pages) != max(e.end for e in pages) - min(e.start for e in pages):
        raise Unsupported("a row group came out in pieces")
    if _columns(found, group) != _columns(made, 0):
        raise Unsupported("the columns of a row group came out otherwise")
    base = spool.append(memoryview(data)[: made.footer.start])
    return Block(group, rows, base, made.footer.group(0), made.groups[0])


def refuse_strange(found: FileMap, groups: frozenset[int]) -> None:
    """Refuse row groups with fields of a later format: what they say about the old rows cannot be made anew.

    Raises:
        Unsupported: a field, or a column order, is not known here.
    """
    raw = found.footer.raw
    for number in groups:
        group = found.footer.groups[number]
        strange = group.fields.keys() - names.KNOWN_GROUP
        for chunk in group.chunks:
            strange |= chunk.keys() - names.KNOWN_CHUNK
            strange |= chunk[names.C_META].keys() - names.KNOWN_META
        if strange:
            raise Unsupported("a row group has fields of a later format version")
    if found.footer.num_rows != sum(found.rows(number) for number in range(len(found.groups))):
        raise Unsupported("its footer counts other rows than its row groups")
    orders = next((one for one in found.footer.fields if one.id == names.COLUMN_ORDERS), None)
    if orders is not None:
        for start, _ in thrift.elements(raw, orders.start):
            if {one.id for one in thrift.spans(raw, start)} != {TYPE_ORDER}:
                raise Unsupported("a column has an order of a later format version")


def _columns(found: FileMap, group: int) -> list[tuple[int, int, bytes]]:
    """Return each column's physical type, codec and path."""
    raw, out = found.footer.raw, []
    for chunk in found.footer.groups[group].chunks:
        meta = chunk[names.C_META]
        start = meta[3]
        path = raw[start : thrift.skip(raw, start, thrift.LIST)]
        out.append((thrift.integer(raw, meta[names.M_TYPE]), thrift.integer(raw, meta[names.M_CODEC]), path))
    return out
