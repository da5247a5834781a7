"""What a Parquet file's footer says about how it was written, and how to write another like it."""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from rtbf_jobs.erasers.errors import EraseRefused, Reason, StorageFailed
from rtbf_jobs.erasers.files import DataFile

ENCRYPTED_MAGIC = b"PARE"
UNWRITABLE_CODECS = frozenset({"LZ4", "LZO"})
DELTA_ENCODINGS = ("DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT")
BLOCK_BYTES, FALSE_POSITIVES, VALUES_PER_BIT = 32, 0.05, 0.14
PAGE_HEAD_BYTES, VARINT_MORE, DATA_PAGE_V2, NEXT_FIELD_INT = 64, 0x80, 6, b"\x15"
_NOISE = re.compile(r", is_from_converted_type=\w+, force_set_converted_type=\w+")
_PLAIN_INT = re.compile(r"(int(32|64) .*) \(Int\(bitWidth=\2, isSigned=true\)\);")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Everything about a file that rewriting keeps. `schema` is Parquet's own, as comparable text."""

    schema: tuple[str, ...]
    codecs: Mapping[str, str]
    sorting: tuple[Any, ...]
    blooms: frozenset[str]
    page_index: bool
    key_values: Mapping[bytes, bytes] = field(repr=False)


@contextmanager
def in_our_words(asset: str, name: str) -> Iterator[None]:
    """Turn any error of engine or file system into ours: their texts hold values and paths.

    Raises:
        StorageFailed: the file system refused.
        EraseRefused: the engine cannot read or write the file.
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            raise StorageFailed(asset, error) from None
        raise EraseRefused(asset, Reason.UNREADABLE, f"{name}: damaged, encrypted or not Parquet") from None
    except (pa.ArrowException, ValueError, TypeError, KeyError, IndexError):
        raise EraseRefused(asset, Reason.UNREADABLE, f"{name}: damaged, encrypted or not Parquet") from None


@contextmanager
def opened(asset: str, file: DataFile) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file.

    Raises:
        EraseRefused: it is encrypted or cannot be read.
    """
    with in_our_words(asset, file.name):
        if _magic(file.path) == ENCRYPTED_MAGIC:
            raise EraseRefused(asset, Reason.ENCRYPTED, f"{file.name}: erase it where its keys are")
        made = pq.ParquetFile(file.path)
    with made:
        yield made


def shape(file: pq.ParquetFile) -> Shape:
    """Return what a rewrite of the file has to keep."""
    chunks = list(_chunks(file.metadata))
    groups = range(file.metadata.num_row_groups)
    return Shape(
        schema=_schema_lines(file),
        codecs={
            path: "+".join(sorted({c.compression for p, c in chunks if p == path})) for path, _ in chunks
        },
        sorting=tuple(sorted({file.metadata.row_group(i).sorting_columns for i in groups}, key=repr)),
        blooms=frozenset(path for path, c in chunks if c.bloom_filter_offset is not None),
        page_index=any(c.has_column_index or c.has_offset_index for _, c in chunks),
        key_values=dict(file.metadata.metadata or {}),
    )


def writer_options(asset: str, data: DataFile, file: pq.ParquetFile) -> dict[str, Any]:
    """Return the options under which pyarrow writes a file of the same shape, tried on an empty one.

    Raises:
        EraseRefused: there are none; the hint says what stands in the way.
    """
    kept, name = shape(file), data.name
    mixed = sorted(path for path, codec in kept.codecs.items() if "+" in codec or codec in UNWRITABLE_CODECS)
    if mixed:
        raise EraseRefused(
            asset, Reason.MIXED_CODECS, f"{name}, column {mixed[0]!r}: {kept.codecs[mixed[0]]}"
        )
    _refuse_unwritable(asset, name, file, kept)
    options = _options(file, data.path, kept)
    for version in dict.fromkeys([file.metadata.format_version, "2.6", "2.4", "1.0"]):
        if _tried(file, options | {"version": version}, kept):
            return options | {"version": version}
    raise EraseRefused(
        asset, Reason.UNFAITHFUL, f"{name}: its schema cannot be written the same; write it anew"
    )


def new_writer(where: Any, file: pq.ParquetFile, options: Mapping[str, Any]) -> pq.ParquetWriter:
    """Return a writer for a file of the same shape; the key-value metadata goes in verbatim."""
    writer = pq.ParquetWriter(where, file.schema_arrow.remove_metadata(), **options)
    if file.metadata.metadata:
        writer.add_key_value_metadata(cast(Any, file.metadata.metadata))
    return writer


def _options(file: pq.ParquetFile, path: Path, kept: Shape) -> dict[str, Any]:
    chunks = list(_chunks(file.metadata))
    text = "\n".join(kept.schema)
    dictionary = {
        p for p, c in chunks if c.has_dictionary_page or any("DICTIONARY" in e for e in c.encodings)
    }
    version, checksum = _page(file, path)
    return {
        "store_schema": False,
        "use_compliant_nested_type": False,
        "compression": {
            path: "none" if c == "UNCOMPRESSED" else c.lower() for path, c in kept.codecs.items()
        },
        "use_dictionary": sorted(dictionary),
        "column_encoding": _encodings(chunks, dictionary) or None,
        "write_statistics": sorted({path for path, c in chunks if c.is_stats_set}),
        "use_deprecated_int96_timestamps": " int96 " in text,
        "store_decimal_as_integer": bool(re.search(r"int(32|64) .*\(Decimal", text)),
        "write_time_adjusted_to_utc": "(Time(isAdjustedToUTC=true" in text,
        "data_page_version": version,
        "write_page_checksum": checksum,
        "write_page_index": kept.page_index,
        "sorting_columns": list(kept.sorting[0]) if kept.sorting and kept.sorting[0] else None,
        "bloom_filter_options": _blooms(chunks) or None,
    }


def _refuse_unwritable(asset: str, name: str, file: pq.ParquetFile, kept: Shape) -> None:
    chunks = list(_chunks(file.metadata))
    reasons = [
        (len(kept.codecs) != file.metadata.num_columns, "two columns share one path"),
        (len(kept.sorting) > 1, "row groups are sorted differently"),
        (any(c.file_path for _, c in chunks), "column data lies in another file"),
        (any(c.metadata for _, c in chunks), "column chunks have metadata of their own"),
    ]
    for broken, what in reasons:
        if broken:
            raise EraseRefused(asset, Reason.UNFAITHFUL, f"{name}: {what}")


def _tried(file: pq.ParquetFile, options: Mapping[str, Any], kept: Shape) -> bool:
    made = io.BytesIO()
    try:
        with new_writer(made, file, options) as writer:
            writer.write_table(file.schema_arrow.remove_metadata().empty_table())
        new = shape(pq.ParquetFile(made))
    except (pa.ArrowException, ValueError, TypeError):
        return False
    return (new.schema, new.codecs, new.key_values) == (kept.schema, kept.codecs, kept.key_values)


def _chunks(metadata: pq.FileMetaData) -> Iterator[tuple[str, Any]]:
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(column)
            yield chunk.path_in_schema, chunk


def _schema_lines(file: pq.ParquetFile) -> tuple[str, ...]:
    """Return the schema below its root, without what says the same twice (int32 as Int(32, signed))."""
    lines = str(file.schema).splitlines()[2:]
    return tuple(_PLAIN_INT.sub(r"\1;", _NOISE.sub("", line)) for line in lines)


def _encodings(chunks: list[tuple[str, Any]], dictionary: set[str]) -> dict[str, str]:
    used = {path: set(c.encodings) for path, c in chunks if path not in dictionary}
    return {path: e for path, encodings in used.items() for e in DELTA_ENCODINGS if e in encodings}


def _blooms(chunks: list[tuple[str, Any]]) -> dict[str, dict[str, float]]:
    """Return options that make filters of the size they had: 6.9 bits a value, then a power of 2."""
    out: dict[str, dict[str, float]] = {}
    for path, chunk in chunks:
        if chunk.bloom_filter_offset is not None:
            size = 1 << max(5, (chunk.bloom_filter_length or BLOCK_BYTES).bit_length() - 1)
            ndv = max(1, int(size * 8 * VALUES_PER_BIT), int(out.get(path, {}).get("ndv", 0)))
            out[path] = {"ndv": ndv, "fpp": FALSE_POSITIVES}
    return out


def _page(file: pq.ParquetFile, path: Path) -> tuple[str, bool]:
    """Read the first data page's header (Thrift compact): its version, and whether there is a checksum."""
    with path.open("rb") as handle:
        handle.seek(file.metadata.row_group(0).column(0).data_page_offset)
        head = handle.read(PAGE_HEAD_BYTES)
    at = 1
    for _ in range(3):
        at += next((i for i, byte in enumerate(head[at:], start=1) if byte < VARINT_MORE), 1) + 1
    return ("2.0" if head[1] == DATA_PAGE_V2 else "1.0"), head[at - 1 : at] == NEXT_FIELD_INT


def _magic(path: Path) -> bytes:
    with path.open("rb") as handle:
        return handle.read(4)
