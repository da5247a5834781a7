"""The scan: list, check every footer, search, and say what is left. See `scan`."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from lineage_assets.identifiers import namespace_of
from scanners.errors import CouldNotLook, Reason
from scanners.residual.beside import Beside, Cell
from scanners.residual.connection import private_folder
from scanners.residual.engine import Counts, Progress, count
from scanners.residual.files import Content, Found, check_unchanged, list_files
from scanners.residual.keys import owner_rows
from scanners.residual.needles import Made, Needle, Needles
from scanners.residual.order import Scan, ScanOrder
from scanners.residual.plan import branches_of
from scanners.residual.raw import Patterns, patterns_of, seen_in_stream
from scanners.residual.tables import Group, columns_of, groups_of, rows_of
from scanners.residual.tally import Tally
from scanners.residual.told import METADATA, Told, told_by

T = TypeVar("T")
HELD = 1 << 26
"""Bytes beside rows that are held until they are compared; those of one file are in any case."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one scan works with."""

    order: ScanOrder
    connection: duckdb.DuckDBPyConnection
    files: tuple[Found, ...]
    links: dict[int, str] = field(repr=False)
    needles: Needles


def scan(
    order: ScanOrder,
    *,
    connection: duckdb.DuckDBPyConnection,
    progress: Progress,
    made: Made | None = None,
) -> Scan:
    """Search one asset for the identifiers of a batch, in everything below its root.

    Declared keys are counted as owner rows and mentions; all other text is searched for strong identifiers
    and pseudonyms (`Scan.residual`), and for equals of weak ones (`Scan.not_decidable`).

    Args:
        order: what to look for and where.
        connection: see `connect`.
        progress: called with (files done, files in all) after each group of files.
        made: keeps what was made of the identifiers, for the next asset of the batch.

    Raises:
        CouldNotLook: the asset could not be searched whole; says why, without a value, a path or engine text.
    """
    with looking(order, connection, made) as look:
        tally = Tally(asset=order.asset, files=look.files)
        done = _scan_bytes(look, tally)
        progress(done, len(look.files))
        for group in groups_of(order, look.files):
            _scan_group(look, group, tally)
            done += len(group.files)
            progress(done, len(look.files))
    return tally.scan()


@contextmanager
def looking(
    order: ScanOrder, connection: duckdb.DuckDBPyConnection, made: Made | None = None
) -> Iterator[Look]:
    """Hold the files of an asset under plain names, so that no odd path reaches the engine (globs, quotes).

    Raises:
        CouldNotLook: the root is missing, or holds what cannot be searched.
    """
    files = list_files(order)
    with tempfile.TemporaryDirectory(prefix="look-", dir=private_folder(connection)) as folder:
        links = {file.ordinal: str(Path(folder) / f"f{file.ordinal}") for file in files}
        for file in files:
            Path(links[file.ordinal]).symlink_to(file.path.resolve())
        needles = (made or Made()).of(order)
        check_patterns(order, connection, {n.sought.namespace for n in needles.all})
        yield Look(order=order, connection=connection, files=files, links=links, needles=needles)


def guarded(look: Look, group: Group, work: Callable[[Group], T]) -> T:
    """Run the engine on a group; its errors become ours, without their text, which may hold values.

    Raises:
        CouldNotLook: the engine failed; the file is named by its ordinal where one file alone is to blame.
    """
    made, failure = _attempt(group, work)
    check_unchanged(look.order, group.files, len(look.files))
    if failure is None and made is not None:
        return made
    for file, footer in zip(group.files, group.footers, strict=True):
        _, alone = _attempt(Group(files=(file,), footers=(footer,)), work)
        if alone is not None:
            sentence = f"file {file.ordinal} of {len(look.files)} {_FAILURES[alone]}"
            raise CouldNotLook(look.order.asset, alone, sentence)
    raise CouldNotLook(
        look.order.asset, failure or Reason.ENGINE, f"a group of its files {_FAILURES[Reason.ENGINE]}"
    )


_FAILURES = {
    Reason.ENCRYPTED: "holds encrypted columns",
    Reason.UNREADABLE: "cannot be read: damaged, or not of its format",
    Reason.ENGINE: "made the engine give up",
}


_OF_THE_ENGINE = (
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
    duckdb.ConversionException,
    duckdb.ProgrammingError,
    duckdb.NotSupportedError,
)


def _attempt(group: Group, work: Callable[[Group], T]) -> tuple[T | None, Reason | None]:
    try:
        return work(group), None
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        return None, Reason.ENCRYPTED if "crypt" in str(error).lower() else Reason.UNREADABLE
    except _OF_THE_ENGINE:
        return None, Reason.ENGINE
    except duckdb.Error:
        return None, Reason.UNREADABLE


def _scan_group(look: Look, group: Group, tally: Tally) -> None:
    rows, counts = guarded(look, group, lambda part: _search(look, part))
    tally.add(group.files, rows, _unnamed(look, counts))
    if group.files[0].content is not Content.PARQUET:
        return
    explained = {(group.files[at].ordinal, request, name) for at, request, name in counts.seen}
    for cell, needle, form in _beside(look, group):
        by_rows = (cell.file, needle.sought.request, needle.sought.namespace) in explained
        if cell.place == METADATA or not by_rows:
            tally.add_beside(cell.file, cell.place, {(needle, form)})


def _beside(look: Look, group: Group) -> Iterator[tuple[Cell, Needle, str]]:
    """Yield what stands beside the rows of a group of Parquet files; some of it is held at a time."""
    beside = Beside(order=look.order, needles=look.needles)
    for file in group.files:
        add_told(look, beside, file)
        if beside.held >= HELD:
            yield from seen_beside(look, beside)
            beside = Beside(order=look.order, needles=look.needles)
    yield from seen_beside(look, beside)


def _unnamed(look: Look, counts: Counts) -> Counts:
    """Take the names of columns that name a person out of what is reported; they are found as metadata."""
    labels = sorted({hit.column for hit in counts.hits} | set(counts.weak))
    if not labels:
        return counts
    names = Beside(order=look.order, needles=look.needles)
    names.add_labels(labels)
    told = {cell.place for cell, _, _ in seen_beside(look, names)}
    shown = {label: "(a column named by it)" if label in told else label for label in labels}
    hits = tuple(replace(hit, column=shown[hit.column]) for hit in counts.hits)
    weak = Counter[str]()
    for label, cells in counts.weak.items():
        weak[shown[label]] += cells
    return replace(counts, hits=hits, weak=weak)


def add_told(
    look: Look, beside: Beside, file: Found, wanted: Callable[[Told], bool] = lambda _: True
) -> None:
    """Add what a Parquet file tells beside its rows, where it is wanted.

    Raises:
        CouldNotLook: it cannot be read.
    """
    try:
        for told in filter(wanted, told_by(file.path, beside)):
            beside.add_told(file, told)
        failure = False
    except (ValueError, OSError, pa.ArrowException, KeyError, IndexError, TypeError):
        failure = True
    check_unchanged(look.order, (file,), len(look.files))
    if failure:
        sentence = f"the footer or the pages of file {file.ordinal} of {len(look.files)} cannot be read"
        raise CouldNotLook(look.order.asset, Reason.UNREADABLE, sentence)


def seen_beside(look: Look, beside: Beside) -> list[tuple[Cell, Needle, str]]:
    """Return what stands beside rows: where, whose, in which form.

    Raises:
        CouldNotLook: the engine failed.
    """
    try:
        return beside.seen(look.connection)
    except duckdb.Error:
        pass
    raise CouldNotLook(
        look.order.asset, Reason.ENGINE, f"what stands beside its rows {_FAILURES[Reason.ENGINE]}"
    ) from None


def _search(look: Look, group: Group) -> tuple[int, Counts]:
    table = group.sql(look.links)
    columns = columns_of(look.connection, group, look.links)
    branches = branches_of(look.order, columns, look.needles, table)
    owners = owner_rows(look.order, columns, table)
    return rows_of(look.connection, group, table), count(
        look.connection, branches, look.needles.table(), owners
    )


def _scan_bytes(look: Look, tally: Tally) -> int:
    names = Beside(order=look.order, needles=look.needles)
    for file in look.files:
        names.add_name(file)
    for cell, needle, form in seen_beside(look, names):
        tally.add_beside(cell.file, cell.place, {(needle, form)})
    files = tuple(file for file in look.files if file.content is Content.BYTES)
    patterns = patterns_of(look.needles.strong(), look.order.namespaces) if files else None
    for file in files:
        if patterns is not None:
            _scan_file(look, tally, patterns, file)
    return sum(file.content in {Content.BYTES, Content.EMPTY} for file in look.files)


def _scan_file(look: Look, tally: Tally, patterns: Patterns, file: Found) -> None:
    try:
        with file.path.open("rb") as stream:
            seen = seen_in_stream(patterns, stream)
    except OSError:
        seen = None
    check_unchanged(look.order, (file,), len(look.files))
    if seen is None:
        sentence = f"file {file.ordinal} of {len(look.files)} cannot be read"
        raise CouldNotLook(look.order.asset, Reason.UNREADABLE, sentence)
    tally.add_beside(file.ordinal, "(bytes)", {(needle, needle.form) for needle in seen})


def check_patterns(order: ScanOrder, connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    """Refuse distinctive patterns that the engine cannot read.

    Raises:
        CouldNotLook: that of one of the named namespaces is none.
    """
    for name in sorted(names):
        pattern = namespace_of(order.namespaces, name).distinctive
        if pattern is not None and not _compiles(connection, pattern):
            sentence = f"the distinctive pattern of namespace {name} is no RE2 expression"
            raise CouldNotLook(order.asset, Reason.ENGINE, sentence)


def _compiles(connection: duckdb.DuckDBPyConnection, pattern: str) -> bool:
    try:
        connection.execute("SELECT regexp_matches('', $pattern)", {"pattern": pattern}).fetchall()
    except duckdb.Error:
        return False
    return True
