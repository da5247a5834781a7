"""What a Parquet file's footer says about how it was written, and how to write row groups like its own."""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rtbf_jobs.erasers.errors import EraseRefused, Reason, StorageFailed
from rtbf_jobs.erasers.files import DataFile
from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file import memory
from rtbf_jobs.erasers.parquet_file.dictionaries import useful_dictionaries
from rtbf_jobs.erasers.parquet_file.extents import FileMap, Unsupported
from rtbf_jobs.erasers.parquet_file.footer import ENCRYPTED_MAGIC, Encrypted
from rtbf_jobs.erasers.parquet_file.pages import CODECS, page_at
from rtbf_jobs.erasers.parquet_file.source import Source
from rtbf_jobs.erasers.parquet_file.thrift import integer

UNWRITABLE_CODECS = {3: "LZO", 5: "LZ4 of Hadoop"}
DELTA_ENCODINGS = ("DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT")
BLOCK_BYTES, FALSE_POSITIVES, VALUES_PER_BIT = 32, 0.05, 0.14
VIEWS = {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}
_NOISE = re.compile(r", is_from_converted_type=\w+, force_set_converted_type=\w+")
_PLAIN_INT = re.compile(r"(int(32|64) .*) \(Int\(bitWidth=\2, isSigned=true\)\);")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What rewriting keeps of a file. `schema` is Parquet's own, as comparable text."""

    schema: tuple[str, ...]
    key_values: Mapping[bytes, bytes] = field(repr=False)
    groups: "tuple[GroupShape, ...]"


@dataclass(frozen=True, kw_only=True)
class GroupShape:
    """What rewriting keeps of a row group: codec by column, sorting, which columns have which index."""

    codecs: Mapping[str, str]
    sorting: tuple[Any, ...]
    blooms: frozenset[str]
    page_index: frozenset[str]


@contextmanager
def in_our_words(asset: str, name: str) -> Iterator[None]:
    """Turn any error of engine or file system into ours: their texts hold values and paths.

    Raises:
        StorageFailed: the file system refused.
        EraseRefused: the engine cannot read or write the file.
    """
    try:
        yield
    except Unsupported as error:
        raise EraseRefused(asset, Reason.UNFAITHFUL, f"{name}: {error}") from None
    except Encrypted:
        raise EraseRefused(asset, Reason.ENCRYPTED, f"{name}: erase it where its keys are") from None
    except OSError as error:
        if error.errno is not None:
            raise StorageFailed(asset, error) from None
        raise EraseRefused(asset, Reason.UNREADABLE, f"{name}: damaged, encrypted or not Parquet") from None
    except (pa.ArrowException, ValueError, TypeError, KeyError, IndexError):
        raise EraseRefused(asset, Reason.UNREADABLE, f"{name}: damaged, encrypted or not Parquet") from None


@contextmanager
def opened(source: Source) -> Iterator[pq.ParquetFile]:
    """Open a source with the engine; to be used inside `in_our_words`.

    Raises:
        Encrypted: the file says so itself.
    """
    if source.read(max(0, source.size - 4), min(4, source.size)) == ENCRYPTED_MAGIC:
        raise Encrypted
    memory.settle()
    with pq.ParquetFile(source.engine_input()) as made:
        yield made


def shape(file: pq.ParquetFile) -> Shape:
    """Return what a rewrite of the file has to keep."""
    return Shape(
        schema=_schema_lines(file),
        key_values=dict(file.metadata.metadata or {}),
        groups=tuple(group_shape(file, number) for number in range(file.metadata.num_row_groups)),
    )


def group_shape(file: pq.ParquetFile, group: int) -> GroupShape:
    """Return what a rewrite of a row group has to keep."""
    chunks = _chunks(file, group)
    return GroupShape(
        codecs={path: c.compression for path, c in chunks},
        sorting=tuple(file.metadata.row_group(group).sorting_columns),
        blooms=frozenset(path for path, c in chunks if c.bloom_filter_offset is not None),
        page_index=frozenset(path for path, c in chunks if c.has_column_index or c.has_offset_index),
    )


def schemas_agree(one: pq.ParquetFile, two: pq.ParquetFile) -> bool:
    """Return whether two files have the same Parquet schema, spelt the same or not."""
    return _schema_lines(one) == _schema_lines(two)


def writer_options(
    asset: str,
    data: DataFile,
    opened_as: tuple[Source, FileMap, pq.ParquetFile],
    groups: frozenset[int],
) -> dict[int, dict[str, Any]]:
    """Return, for each row group to write anew, options under which pyarrow writes one of the same shape.

    Raises:
        EraseRefused: there are none; the hint says what stands in the way.
    """
    source, places, file = opened_as
    made = {}
    for group in sorted(groups):
        _refuse_unwritable(asset, data.name, file, group)
        _refuse_codecs(asset, data.name, places, file, group)
        made[group] = _options(file, group, source, useful_dictionaries(places, file, group))
        made[group]["write_statistics"] = _counted(places, file, group)
    first = made[min(groups)]
    for version in dict.fromkeys([file.metadata.format_version, "2.6", "2.4", "1.0"]):
        if _tried(file, first | {"version": version}):
            return {group: options | {"version": version} for group, options in made.items()}
    raise EraseRefused(
        asset, Reason.UNFAITHFUL, f"{data.name}: its schema cannot be written the same; write it anew"
    )


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return a schema without metadata, views and dictionaries: a filtered dictionary holds what went."""
    return pa.schema([_plain_field(one) for one in schema])


def plain_type(kind: Any) -> Any:
    """Return a type with every dictionary and view inside it replaced by what its values are."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_struct(kind):
        return pa.struct([_plain_field(kind.field(i)) for i in range(kind.num_fields)])
    if pa.types.is_map(kind):
        return pa.map_(_plain_field(kind.key_field), _plain_field(kind.item_field), kind.keys_sorted)
    if pa.types.is_large_list(kind):
        return pa.large_list(_plain_field(kind.value_field))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_plain_field(kind.value_field), kind.list_size)
    return pa.list_(_plain_field(kind.value_field)) if pa.types.is_list(kind) else VIEWS.get(kind, kind)


def _plain_field(one: Any) -> Any:
    return one.with_type(plain_type(one.type))


def _options(file: pq.ParquetFile, group: int, source: Source, dictionary: set[str]) -> dict[str, Any]:
    chunks, kept = _chunks(file, group), group_shape(file, group)
    text = "\n".join(_schema_lines(file))
    page = page_at(source, chunks[0][1].data_page_offset)
    return {
        "store_schema": False,
        "use_compliant_nested_type": False,
        "compression": {
            path: "none" if c == "UNCOMPRESSED" else c.lower() for path, c in kept.codecs.items()
        },
        "use_dictionary": sorted(dictionary),
        "column_encoding": _encodings(chunks, dictionary) or None,
        "use_deprecated_int96_timestamps": " int96 " in text,
        "store_decimal_as_integer": bool(re.search(r"int(32|64) .*\(Decimal", text)),
        "write_time_adjusted_to_utc": "(Time(isAdjustedToUTC=true" in text,
        "data_page_version": "2.0" if page.second else "1.0",
        "write_page_checksum": page.checksum,
        "write_page_index": bool(kept.page_index),
        "sorting_columns": list(kept.sorting) or None,
        "bloom_filter_options": _blooms(chunks) or None,
    }


def _counted(places: FileMap, file: pq.ParquetFile, group: int) -> list[str]:
    """Return the columns that have statistics; asking the engine would make it decode them, unchecked."""
    chunks = zip(_chunks(file, group), places.footer.groups[group].chunks, strict=True)
    return sorted({path for (path, _), chunk in chunks if names.M_STATISTICS in chunk[names.C_META]})


def _refuse_unwritable(asset: str, name: str, file: pq.ParquetFile, group: int) -> None:
    chunks = _chunks(file, group)
    reasons = [
        (len({path for path, _ in chunks}) != file.metadata.num_columns, "two columns share one path"),
        (any(c.metadata for _, c in chunks), "column chunks have metadata of their own"),
    ]
    for broken, what in reasons:
        if broken:
            raise EraseRefused(asset, Reason.UNFAITHFUL, f"{name}: {what}")


def _refuse_codecs(asset: str, name: str, places: FileMap, file: pq.ParquetFile, group: int) -> None:
    """The engine calls two codecs LZ4, and writes one of them."""
    for (path, _), chunk in zip(_chunks(file, group), places.footer.groups[group].chunks, strict=True):
        codec = integer(places.footer.raw, chunk[names.C_META][names.M_CODEC])
        if codec not in CODECS:
            hint = f"{name}, column {path!r}: {UNWRITABLE_CODECS.get(codec, 'a codec of a later version')}"
            raise EraseRefused(asset, Reason.UNWRITABLE_CODEC, hint)


def _tried(file: pq.ParquetFile, options: Mapping[str, Any]) -> bool:
    made = io.BytesIO()
    schema = plain_schema(file.schema_arrow)
    try:
        with pq.ParquetWriter(made, schema, **options) as writer:
            writer.write_table(schema.empty_table())
        return schemas_agree(file, pq.ParquetFile(made))
    except (pa.ArrowException, ValueError, TypeError):
        return False


def _chunks(file: pq.ParquetFile, group: int) -> list[tuple[str, Any]]:
    row_group = file.metadata.row_group(group)
    chunks = [row_group.column(number) for number in range(file.metadata.num_columns)]
    return [(chunk.path_in_schema, chunk) for chunk in chunks]


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
            out[path] = {"ndv": max(1, int(size * 8 * VALUES_PER_BIT)), "fpp": FALSE_POSITIVES}
    return out
