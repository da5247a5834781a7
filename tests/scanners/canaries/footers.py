"""Parquet files whose rows are gone and whose footers, indexes or dictionaries still tell of them."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rtbf_jobs.erasers.parquet_file.thrift import Struct

CREATED_BY, GROUPS, CHUNKS, META, STATISTICS = 6, 4, 1, 3, 12
INDEX_AT, INDEX_LENGTH, LEAST, GREATEST = 6, 7, 2, 3
Values = Sequence[str]


def _footer(raw: bytes) -> tuple[int, Struct]:
    start = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    return start, Struct.read(raw[start:-8])


def _closed(body: bytes, footer: Struct) -> bytes:
    told = footer.write()
    return body + told + len(told).to_bytes(4, "little") + b"PAR1"


def created_by(folder: Path, values: Values) -> None:
    """Write a table whose writer signs with values."""
    pq.write_table(pa.table({"n": [1]}), folder / "a.parquet")
    raw = (folder / "a.parquet").read_bytes()
    start, footer = _footer(raw)
    kind, _ = footer.fields[CREATED_BY]
    footer.put(CREATED_BY, kind, f"tool of {' and '.join(values)}".encode())
    (folder / "a.parquet").write_bytes(_closed(raw[:start], footer))


def statistics(folder: Path, values: Values) -> None:
    """Write a table whose footer says that values are the least and the greatest, and no row has one."""
    path = folder / "a.parquet"
    pq.write_table(pa.table({f"c{i}": ["nobody", None] for i in range(len(values))}), path)
    raw = path.read_bytes()
    start, footer = _footer(raw)
    chunks = footer.get(GROUPS).items[0].get(CHUNKS).items
    for chunk, value in zip(chunks, values, strict=True):
        told = chunk.get(META).get(STATISTICS)
        for number in {1, 2, 5, 6} & set(told.fields):
            told.put(number, told.fields[number][0], value.encode())
    path.write_bytes(_closed(raw[:start], footer))


def page_index(folder: Path, values: Values) -> None:
    """Write a table whose page index names values that no row has; the footer's own statistics are right."""
    path = folder / "a.parquet"
    table = pa.table({f"c{i}": ["nobody", None] for i in range(len(values))})
    pq.write_table(table, path, write_page_index=True)
    raw = path.read_bytes()
    start, footer = _footer(raw)
    body = raw[:start]
    for chunk, value in zip(footer.get(GROUPS).items[0].get(CHUNKS).items, values, strict=True):
        at = chunk.get(INDEX_AT)
        index = Struct.read(raw[at : at + chunk.get(INDEX_LENGTH)])
        for number in (LEAST, GREATEST):
            index.get(number).items[0] = value.encode()
        chunk.put(INDEX_AT, chunk.fields[INDEX_AT][0], len(body))
        body += index.write()
        chunk.put(INDEX_LENGTH, chunk.fields[INDEX_LENGTH][0], len(index.write()))
    path.write_bytes(_closed(body, footer))


def dictionary(folder: Path, values: Values) -> None:
    """Write a dictionary with entries that no row uses, and no statistics."""
    entries = pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array(["nobody", *values]))
    pq.write_table(pa.table({"who": entries}), folder / "a.parquet", write_statistics=False)


def unreferred(folder: Path, values: Values) -> None:
    """Write a table with old pages, uncompressed, that no footer names any more."""
    pq.write_table(pa.table({"n": [1]}), folder / "a.parquet")
    raw = (folder / "a.parquet").read_bytes()
    start, footer = _footer(raw)
    old = b"".join(len(v).to_bytes(4, "little") + v.encode() for v in values)
    (folder / "a.parquet").write_bytes(_closed(raw[:start] + old, footer))
