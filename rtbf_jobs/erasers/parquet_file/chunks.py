"""What a footer says of its column chunks, checked before the engine is asked: it ends the process over it.

pyarrow 26 makes a chunk's metadata without a guard: where C++ throws there, the process aborts. These are the
things it throws at (cpp/src/parquet: metadata.cc, size_statistics.cc, thrift_internal.h).
"""

from typing import Any

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
    leaves = [read.schema.column(number) for number in range(read.metadata.num_columns)]
    for group in places.footer.groups:
        if len(group.chunks) != len(leaves):
            raise NotParquet
        for leaf, chunk in zip(leaves, group.chunks, strict=True):
            _check(places.footer.raw, chunk[names.C_META], leaf)


def _check(raw: bytes, meta: thrift.Positions, leaf: Any) -> None:
    if thrift.integer(raw, meta[names.M_CODEC]) not in CODECS:
        raise NotParquet
    if names.M_SIZES not in meta:
        return
    sizes, _ = thrift.read_struct(raw, meta[names.M_SIZES])
    levels = {REPETITIONS: leaf.max_repetition_level, DEFINITIONS: leaf.max_definition_level}
    told = {number: len(sizes.get(number).items) for number in levels if number in sizes.fields}
    if any(count not in {0, levels[number] + 1} for number, count in told.items()):
        raise NotParquet
    if UNENCODED in sizes.fields and leaf.physical_type != "BYTE_ARRAY":
        raise NotParquet
