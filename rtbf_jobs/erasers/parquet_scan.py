"""Reading Parquet for an eraser: all footers first, then every row group's keys. Writes nothing."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lineage_assets.declarations import Erasure
from rtbf_jobs.erasers.arrow_keys import look, redacted_cells
from rtbf_jobs.erasers.errors import EraseRefused, Reason
from rtbf_jobs.erasers.files import DataFile, data_files, refuse_hard_links
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.order import EraseOrder, Tally
from rtbf_jobs.erasers.parquet_footer import in_our_words, opened, writer_options
from rtbf_jobs.erasers.parquet_keys import check_keys

ARROW_SCHEMA = b"ARROW:schema"


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file that holds a match, the row groups that do, and how to write it anew."""

    file: DataFile
    tally: Tally
    groups: frozenset[int]
    options: Mapping[str, Any]


def survey(order: EraseOrder, wants: tuple[Wanted, ...]) -> tuple[int, tuple[Found, ...]]:
    """Return how many data files there are, and those that hold a match.

    Raises:
        EraseRefused: any file of the asset cannot be erased safely; nothing was written.
    """
    files = data_files(order)
    for file in files:
        with opened(order.asset, file) as read, in_our_words(order.asset, file.name):
            check_keys(file.name, read.schema_arrow, wants, order.declaration.redact)
            _touch_all_chunks(read)
    found = [_scan(order, wants, file) for file in files]
    return len(files), tuple(item for item in found if item.tally.found)


def tables(read: pq.ParquetFile, columns: list[str] | None = None) -> Any:
    """Yield a file's row groups as (number, table), the named columns or all."""
    for group in range(read.metadata.num_row_groups):
        yield group, read.read_row_group(group, columns=columns)


def _scan(order: EraseOrder, wants: tuple[Wanted, ...], file: DataFile) -> Found:
    redact = order.declaration.redact
    columns = sorted({want.path.column for want in wants if want.values} | set(redact))
    tally, groups = Tally(), set()
    with opened(order.asset, file) as read, in_our_words(order.asset, file.name):
        for group, table in tables(read, columns):
            part = tally_of(table, wants, redact)
            tally.add(part)
            groups |= {group} if part.found else set()
        options = _rewriting(order, wants, file, read) if groups else {}
    tally.rows = read.metadata.num_rows
    return Found(file=file, tally=tally, groups=frozenset(groups), options=options)


def tally_of(table: pa.Table, wants: tuple[Wanted, ...], redact: tuple[str, ...]) -> Tally:
    """Return the counts of one row group."""
    tally = Tally()
    for batch in table.to_batches():
        seen = look(batch, wants)
        tally.add(seen.tally)
        tally.cells_changed += redacted_cells(batch, seen.owned, redact)
    return tally


def _touch_all_chunks(read: pq.ParquetFile) -> None:
    for group in range(read.metadata.num_row_groups):
        for column in range(read.metadata.num_columns):
            _ = read.metadata.row_group(group).column(column).compression


def _rewriting(
    order: EraseOrder, wants: tuple[Wanted, ...], file: DataFile, read: pq.ParquetFile
) -> Mapping[str, Any]:
    refuse_hard_links(order, file)
    if order.declaration.erasure is Erasure.DELETE_FILE:
        return {}
    _refuse_metadata(wants, file, read)
    options = writer_options(order.asset, file, read)
    _refuse_sorted_by_erased(order, file, read)
    if options["use_deprecated_int96_timestamps"]:
        _refuse_far_timestamps(order, file, read)
    return options


def _refuse_metadata(wants: tuple[Wanted, ...], file: DataFile, read: pq.ParquetFile) -> None:
    """Key-value metadata is kept as it is, so a strong identifier there would stay behind."""
    kept = dict(read.metadata.metadata or {})
    arrow = base64.b64decode(kept.get(ARROW_SCHEMA, b""))
    text = b"\n".join([arrow, *kept.keys(), *kept.values()]).decode("utf-8", "replace").lower()
    for want in (w for w in wants if w.namespace.strong):
        if any(value.lower() in text for value in want.values):
            raise EraseRefused(want.asset, Reason.IN_METADATA, f"{file.name}: write it without that metadata")


def _refuse_sorted_by_erased(order: EraseOrder, file: DataFile, read: pq.ParquetFile) -> None:
    mentions = {path.column for path, key in order.declaration.keys if key.role == "mention"}
    nulled = mentions | set(order.declaration.redact)
    for sorting in read.metadata.row_group(0).sorting_columns:
        column = read.schema.column(sorting.column_index).path.partition(".")[0]
        if column in nulled:
            raise EraseRefused(order.asset, Reason.SORTED_BY_ERASED, f"{file.name}, column {column!r}")


def _refuse_far_timestamps(order: EraseOrder, file: DataFile, read: pq.ParquetFile) -> None:
    """INT96 is read as int64 nanoseconds, which wrap around outside 1677 to 2262: microseconds are wider."""
    with pq.ParquetFile(file.path, coerce_int96_timestamp_unit="us") as coarse:
        for field in (f for f in read.schema_arrow if "timestamp" in str(f.type)):
            for _, table in tables(coarse, [field.name]):
                if not _fits(table.column(field.name), field.type):
                    hint = f"{file.name}, column {field.name!r}"
                    raise EraseRefused(order.asset, Reason.TIMESTAMP_RANGE, hint)


def _fits(column: Any, wanted: pa.DataType) -> bool:
    try:
        column.cast(wanted, safe=True)
    except pa.ArrowInvalid:
        return False
    return True
