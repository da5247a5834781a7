# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""Files as tables: footers and headers are read first, and files of one layout become one relation."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from scanners.errors import CouldNotLook, Reason
from scanners.residual.files import Content, Found, check_unchanged
from scanners.residual.layout import Column
from scanners.residual.normal import text_literal
from scanners.residual.order import ScanOrder
from scanners.residual.told import bytes_of_columns

GROUP_FILES = 64
GROUP_BYTES = 1 << 30
FEW_BYTES = 2  # a row takes in a column that a few values fill: more than 65,536 need more
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, kw_only=True)
class Footer:
    """What a file says of itself: a text that is equal for equal layouts, top-level names, rows.

    `encoded` has the bytes that each column that is no nested one takes before it is compressed.
    """

    layout: str
    names: tuple[str, ...]
    rows: int
    delimiter: str = ""
    encoded: Mapping[str, int] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Files of one layout that are read in one query, and their footers."""

    files: tuple[Found, ...]
    footers: tuple[Footer, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The top-level columns."""
        return self.footers[0].names

    def sql(self, links: dict[int, str]) -> str:
        """Return the table expression: columns c0, c1, ..., file_index, file_row_number."""
        names = ", ".join(f"c{i}" for i in range(len(self.names)))
        paths = "[" + ", ".join(text_literal(links[f.ordinal]) for f in self.files) + "]"
        if self.files[0].content is Content.PARQUET:
            return f"read_parquet({paths}, hive_partitioning = false) AS t({names})"
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(self.names)))
        # Not `parallel = false`: DuckDB 2.0.0 then drops an unterminated last row without a word.
        read = (
            f"read_csv({paths}, auto_detect = false, header = true, strict_mode = true,"
            f" quote = '\"', escape = '\"', delim = {text_literal(self.footers[0].delimiter)},"
            f" max_line_size = 16777216, filename = true, columns = {{{columns}}})"
        )
        # Rows are numbered over the whole group: the number tells rows apart, not where in a file they are.
        index = f"CAST(list_position({paths}, filename) - 1 AS UBIGINT) AS file_index"
        numbered = f"{index}, row_number() OVER () - 1 AS file_row_number"
        return f"(SELECT * EXCLUDE (filename), {numbered} FROM {read}) AS t"


def groups_of(order: ScanOrder, files: tuple[Found, ...], total: int | None = None) -> Iterator[Group]:
    """Yield the tables among the files, grouped by layout; a group is bounded in files and bytes.

    Args:
        order: what to look for and where.
        files: all files of the asset, or some of them.
        total: how many the asset has, where `files` are some.

    Raises:
        CouldNotLook: a footer or header cannot be read.
    """
    waiting: dict[str, list[tuple[Found, Footer]]] = {}
    for file in files:
        if file.content in {Content.CSV, Content.PARQUET}:
            read = _header if file.content is Content.CSV else _footer
            footer = read(order, file, total or len(files))
            batch = waiting.setdefault(footer.layout, [])
            batch.append((file, footer))
            if len(batch) >= GROUP_FILES or sum(f.size for f, _ in batch) >= GROUP_BYTES:
                yield _grouped(waiting.pop(footer.layout))
    yield from (_grouped(batch) for batch in waiting.values())


def columns_of(
    connection: duckdb.DuckDBPyConnection, group: Group, links: dict[int, str]
) -> tuple[Column, ...]:
    """Return the columns with the names of the file and the types of the engine."""
    types = connection.sql(f"SELECT {_all_columns(group)} FROM {group.sql(links)} LIMIT 0").types
    return tuple(
        Column(name=name, type=kind, repeated=_repeated(group, name))
        for name, kind in zip(group.names, types, strict=True)
    )


def _repeated(group: Group, name: str) -> bool:
    """Whether a column's values take so little room that they must be indices into small dictionaries."""
    rows = sum(footer.rows for footer in group.footers)
    return 0 < sum(footer.encoded.get(name, FEW_BYTES * rows) for footer in group.footers) < FEW_BYTES * rows


def _all_columns(group: Group) -> str:
    return ", ".join(f"c{i}" for i in range(len(group.names)))


def rows_of(connection: duckdb.DuckDBPyConnection, group: Group, table: str) -> int:
    """Return the rows of a group: from the footers, or counted where a format has none.

    Counting reads every column: the engine checks only what it is asked for.
    """
    if group.files[0].content is Content.PARQUET:
        return sum(footer.rows for footer in group.footers)
    # Fetched to the end: DuckDB 2 refuses other work on a connection while a result is open.
    rows = connection.execute(f"SELECT count(*), max(hash({_all_columns(group)})) FROM {table}").fetchall()
    return int(rows[0][0])


def _grouped(batch: list[tuple[Found, Footer]]) -> Group:
    return Group(files=tuple(file for file, _ in batch), footers=tuple(footer for _, footer in batch))


def _footer(order: ScanOrder, file: Found, total: int) -> Footer:
    try:
        sizes = bytes_of_columns(file.path)  # before an engine is asked
        if sizes is not None:
            return _of_metadata(pq.read_metadata(file.path), sizes)
        locked = True
    except (pa.ArrowException, OSError, ValueError) as error:
        locked = "crypt" in str(error).lower()
    check_unchanged(order, (file,), total)
    reason = Reason.ENCRYPTED if locked else Reason.UNREADABLE
    raise CouldNotLook(
        order.asset, reason, f"the Parquet footer of file {file.ordinal} of {total} cannot be read"
    )


def _of_metadata(read: Any, sizes: Mapping[str, int]) -> Footer:
    layout = str(read.schema).partition("\n")[2]
    return Footer(
        layout=layout,
        names=tuple(read.schema.to_arrow_schema().names),
        rows=read.num_rows,
        encoded=sizes,
    )


def _header(order: ScanOrder, file: Found, total: int) -> Footer:
    names, delimiter = _header_fields(file.path)
    check_unchanged(order, (file,), total)
    if not names or len(set(names)) < len(names):
        sentence = f"the header of file {file.ordinal} of {total} cannot be read, or names a column twice"
        raise CouldNotLook(order.asset, Reason.UNREADABLE, sentence)
    layout = repr((Content.CSV, delimiter, names))
    return Footer(layout=layout, names=names, rows=0, delimiter=delimiter)


def _header_fields(path: Path) -> tuple[tuple[str, ...], str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline(1 << 20)
    except (OSError, UnicodeDecodeError):
        return (), ""
    read = {d: _split(line, d) for d in DELIMITERS}
    best = max(DELIMITERS, key=lambda d: len(read[d]))
    return tuple(read[best]), best


def _split(line: str, delimiter: str) -> list[str]:
    """Return the names in a header; none if a quote is left open: the engine would take rows for a name."""
    if line.count('"') % 2:
        return []
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
