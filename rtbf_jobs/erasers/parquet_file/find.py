"""Reading Parquet for an eraser: all footers first, then every row group's keys. Writes nothing."""

import base64
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lineage_assets.declarations import Erasure
from rtbf_jobs.erasers.arrow_edits import redacted_cells
from rtbf_jobs.erasers.arrow_keys import Array, look
from rtbf_jobs.erasers.atomic import check_same
from rtbf_jobs.erasers.errors import EraseRefused, Reason
from rtbf_jobs.erasers.files import DataFile, data_files, refuse_hard_links
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.order import EraseOrder, Tally
from rtbf_jobs.erasers.parquet_file.chunks import refuse_odd_chunks
from rtbf_jobs.erasers.parquet_file.encode import refuse_strange
from rtbf_jobs.erasers.parquet_file.extents import FileMap, refuse_unknown
from rtbf_jobs.erasers.parquet_file.index import held_in
from rtbf_jobs.erasers.parquet_file.keys import check_keys
from rtbf_jobs.erasers.parquet_file.prune import Looked, Pruning
from rtbf_jobs.erasers.parquet_file.reading import read_group
from rtbf_jobs.erasers.parquet_file.shape import in_our_words, opened, writer_options
from rtbf_jobs.erasers.parquet_file.source import Source, local
from rtbf_jobs.erasers.parquet_file.traces import traced

ARROW_SCHEMA = b"ARROW:schema"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is in a file: the counts, the row groups that hold a match, and how to write each of them anew.

    `owned` masks the subjects' own rows in each of these row groups, a bit a row. `looked` counts row groups
    by what told that they hold nobody, or that their keys were read.
    """

    file: DataFile
    tally: Tally
    groups: frozenset[int]
    options: Mapping[int, Mapping[str, Any]]
    looked: Mapping[Looked, int] = field(default_factory=dict)
    places: FileMap | None = field(default=None, repr=False)
    owned: Mapping[int, Array] = field(default_factory=dict, repr=False)


def survey(order: EraseOrder, wants: tuple[Wanted, ...]) -> tuple[int, tuple[Found, ...]]:
    """Return how many data files there are, and those that hold a match.

    Raises:
        EraseRefused: any file of the asset cannot be erased safely; nothing was written.
    """
    files = data_files(order)
    found = []
    for file in files:
        with in_our_words(order.asset, file.name), local(file.path) as source:
            check_same(order.asset, source.identity, file.seen)
            one = scan(order, wants, file, source)
        if one.groups:
            refuse_hard_links(order, file)
            found.append(one)
    return len(files), tuple(found)


def scan(order: EraseOrder, wants: tuple[Wanted, ...], file: DataFile, source: Source) -> Found:
    """Look for the subjects in one file, and whether it can be written anew where they are.

    To be used inside `in_our_words`.

    Raises:
        EraseRefused: the file cannot be erased safely; nothing was written.
    """
    with opened(source) as read:
        check_keys(file.name, read.schema_arrow, wants, order.declaration.redact)
        pruning = Pruning(read, source, wants)
        places = pruning.places  # tells an encrypted column, at which the engine would end the process
        pruning.held = held_in(order, wants, file, places.footer.raw)
        refuse_odd_chunks(read, places)
        found = _look(order, pruning, file)
        if not found.groups or order.declaration.erasure is Erasure.DELETE_FILE:
            return found
        options = _rewriting(order, wants, file, (source, pruning.places, read), found.groups)
    return replace(found, options=options, places=pruning.places)


def _look(order: EraseOrder, pruning: Pruning, file: DataFile) -> Found:
    wants, redact, read = pruning.wants, order.declaration.redact, pruning.file
    columns = sorted({want.path.column for want in wants if want.values} | set(redact))
    rewrites = order.declaration.erasure is not Erasure.DELETE_FILE
    tally, groups, looked = Tally(), dict[int, Array](), Counter[Looked]()
    for group in range(read.metadata.num_row_groups):
        told = pruning.look(group)
        looked[told] += 1
        if told is Looked.KEYS:
            part, owned = look_in(read_group(read, group, columns=columns), wants, redact)
            tally.add(part)
            if part.found or (rewrites and traced(read, pruning.source, pruning.places, group, wants)):
                groups[group] = owned
    tally.rows = read.metadata.num_rows
    found = frozenset(groups)
    return Found(file=file, tally=tally, groups=found, options={}, looked=looked, owned=groups)


def look_in(table: pa.Table, wants: tuple[Wanted, ...], redact: tuple[str, ...]) -> tuple[Tally, Array]:
    """Return the counts of one row group, and a mask of the rows that are owned."""
    tally, masks = Tally(), [pa.array([], pa.bool_())]
    for batch in table.to_batches():
        seen = look(batch, wants)
        tally.add(seen.tally)
        tally.cells_changed += redacted_cells(batch, seen.owned, redact)
        masks.append(seen.owned)
    return tally, pa.concat_arrays(masks)


def _rewriting(
    order: EraseOrder,
    wants: tuple[Wanted, ...],
    file: DataFile,
    opened_as: tuple[Source, FileMap, pq.ParquetFile],
    groups: frozenset[int],
) -> Mapping[int, Mapping[str, Any]]:
    source, places, read = opened_as
    _refuse_metadata(wants, file, read)
    refuse_unknown(source, places)
    refuse_strange(places, groups)
    options = writer_options(order.asset, file, opened_as, groups)
    _refuse_sorted_by_erased(order, file, read, groups)
    if any(one["use_deprecated_int96_timestamps"] for one in options.values()):
        _refuse_far_timestamps(order, file, source, groups)
    return options


def _refuse_metadata(wants: tuple[Wanted, ...], file: DataFile, read: pq.ParquetFile) -> None:
    """Key-value metadata is kept as it is, so a strong identifier in an entry would stay behind."""
    for number, (key, value) in enumerate((read.metadata.metadata or {}).items(), start=1):
        held = base64.b64decode(value) if key == ARROW_SCHEMA else value
        text = (key + b"\n" + held).decode("utf-8", "replace").lower()
        for want in (w for w in wants if w.namespace.strong):
            if any(sought.lower() in text for sought in want.values):
                hint = f"{file.name}, entry {number} of its key-value metadata: write it without that entry"
                raise EraseRefused(want.asset, Reason.IN_METADATA, hint)


def _refuse_sorted_by_erased(
    order: EraseOrder, file: DataFile, read: pq.ParquetFile, groups: frozenset[int]
) -> None:
    mentions = {path.column for path, key in order.declaration.keys if key.role == "mention"}
    nulled = mentions | set(order.declaration.redact)
    for sorting in {one for group in groups for one in read.metadata.row_group(group).sorting_columns}:
        column = read.schema.column(sorting.column_index).path.partition(".")[0]
        if column in nulled:
            raise EraseRefused(order.asset, Reason.SORTED_BY_ERASED, f"{file.name}, column {column!r}")


def _refuse_far_timestamps(order: EraseOrder, file: DataFile, source: Source, groups: frozenset[int]) -> None:
    """INT96 is read as int64 nanoseconds, which wrap around outside 1677 to 2262: microseconds are wider."""
    with (
        opened(source) as read,
        pq.ParquetFile(source.engine_input(), coerce_int96_timestamp_unit="us") as coarse,
    ):
        for field in (f for f in read.schema_arrow if "timestamp" in str(f.type)):
            for group in groups:
                table = coarse.read_row_group(group, columns=[field.name])
                if not _fits(table.column(field.name), field.type):
                    hint = f"{file.name}, column {field.name!r}"
                    raise EraseRefused(order.asset, Reason.TIMESTAMP_RANGE, hint)


def _fits(column: Any, wanted: pa.DataType) -> bool:
    try:
        column.cast(wanted, safe=True)
    except pa.ArrowInvalid:
        return False
    return True
