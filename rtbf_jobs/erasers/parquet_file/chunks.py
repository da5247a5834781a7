"""What a footer says of its column chunks, checked before the engine is asked: it ends the process over it.

pyarrow 26 makes a chunk's metadata without a guard: where C++ throws there, the process aborts. These are the
things it throws at (cpp/src/parquet: metadata.cc, size_statistics.cc, thrift_internal.h).
"""

from typing import Any, NamedTuple

import pyarrow.parquet as pq

from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file import thrift
from rtbf_jobs.erasers.parquet_file.extents import FileMap
from rtbf_jobs.erasers.parquet_file.footer import NotParquet

CODECS = range(8)
UNENCODED, REPETITIONS, DEFINITIONS = 1, 2, 3  # of SizeStatistics


def refuse_odd_chunks(read: pq.ParquetFile, places: FileMap) -> None:
    """Refuse a file whose chunks pyarrow cannot be asked about.

    Args:
        read: the file, open in the engine.
        places: the file's map.

    Raises:
        NotParquet: a row group has other columns than the schema, a codec is unknown, or what a chunk says of
            its sizes is not of its type.
    """
    leaves = [_Leaf.of(read.schema.column(number)) for number in range(read.metadata.num_columns)]
    for group in places.footer.groups:
        if len(group.chunks) != len(leaves):
            raise NotParquet
        for leaf, chunk in zip(leaves, group.chunks, strict=True):
            _check(places.footer.raw, chunk[names.C_META], leaf)


class _Leaf(NamedTuple):
    """A column of the schema: how many counts each histogram of its levels has; whether it holds texts."""

    counts: tuple[tuple[int, tuple[int, int]], ...]
    texts: bool

    @classmethod
    def of(cls, leaf: Any) -> "_Leaf":
        """Return what matters of a column as the engine tells it."""
        levels = {REPETITIONS: leaf.max_repetition_level, DEFINITIONS: leaf.max_definition_level}
        counts = tuple((number, (0, level + 1)) for number, level in levels.items())
        return cls(counts, leaf.physical_type == "BYTE_ARRAY")


def _check(raw: bytes, meta: thrift.Positions, leaf: _Leaf) -> None:
    if thrift.integer(raw, meta[names.M_CODEC]) not in CODECS:
        raise NotParquet
    if names.M_SIZES not in meta:
        return
    sizes, _ = thrift.positions(raw, meta[names.M_SIZES])
    for number, counts in leaf.counts:
        if number in sizes and thrift.list_head_at(raw, sizes[number])[1] not in counts:
            raise NotParquet
    if UNENCODED in sizes and not leaf.texts:
        raise NotParquet
