"""Look into files, a few at a time. See `Looker`."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from lineage_assets.declarations import Declaration, Format
from lineage_assets.identifiers import STRONG_KINDS
from scanners.errors import CouldNotLook, Reason
from scanners.files.beside_rows import place_without_rows, with_beside
from scanners.files.encoding import is_utf8
from scanners.files.keys import fitting_keys
from scanners.files.opaque import HEAD, opaque
from scanners.files.order import FilesOrder
from scanners.files.places import Seen
from scanners.files.rows import seen_rows
from scanners.files.words import ENCODING, SENTENCES, NotLookedAt, told
from scanners.residual.branches import Branch
from scanners.residual.connection import private_folder
from scanners.residual.files import Content, Found, check_unchanged, list_files
from scanners.residual.keys import Declared, key_branch, searched_keys
from scanners.residual.layout import Column, leaves
from scanners.residual.needles import Needle, Needles, needles_of
from scanners.residual.order import ScanOrder
from scanners.residual.plan import branches_of
from scanners.residual.raw import Patterns, patterns_of, seen_in, seen_in_stream
from scanners.residual.scan import Look, guarded
from scanners.residual.tables import Group, columns_of, groups_of, rows_of

FILE = "file"
CSV_ENDS, PARQUET_ENDS = (".csv", ".tsv"), (".parquet", ".parq", ".pq")


@dataclass(frozen=True, kw_only=True)
class Looker:
    """Looks into files for one order, over one connection.

    Attributes:
        order: what to look for.
        connection: see `scanners.residual.connect`.
    """

    order: FilesOrder
    connection: duckdb.DuckDBPyConnection

    def look(self, files: Sequence[tuple[Path, str]]) -> tuple[Seen | NotLookedAt, ...]:
        """Look into some files; Parquet files of one layout are read in one query, all else one by one.

        Args:
            files: path and name of each. A path is no link; the end of its name says whether it is Parquet or
                CSV. The name is what people call it: where every place is searched, it is searched too.

        Returns:
            For each file what it held, or why it could not be searched whole: missing, damaged, encrypted,
            packed, without the key's column, or changed meanwhile.
        """
        seen: dict[int, Seen | NotLookedAt] = {}
        tables: dict[str, dict[int, Group]] = {}
        for at, (path, _) in enumerate(files):
            found = self._content(path)
            if isinstance(found, Group):
                alone = "" if found.files[0].content is Content.PARQUET else str(at)
                tables.setdefault(found.footers[0].layout + alone, {})[at] = found
            else:
                seen[at] = found
        for group in tables.values():
            seen |= dict(zip(group, self._tables(tuple(group.values())), strict=True))
        return tuple(self._with_name(seen[at], name) for at, (_, name) in enumerate(files))

    def _with_name(self, seen: Seen | NotLookedAt, name: str) -> Seen | NotLookedAt:
        if isinstance(seen, NotLookedAt):
            return seen
        return self._named(seen, "(path)", name.encode("utf-8", "replace"))

    def _content(self, path: Path) -> Seen | NotLookedAt | Group:
        """Return what a file held, why it could not be searched, or the table that it is."""
        order = self._scan_order(path)
        try:
            (found,) = list_files(order)
            if found.content is Content.EMPTY:
                return Seen()
            if found.content is Content.BYTES:
                return self._bytes(order, found)
            (group,) = groups_of(order, (found,))
        except NotLookedAt as error:
            return error
        except CouldNotLook as error:
            return _told(path, error)
        return group

    def _tables(self, groups: tuple[Group, ...]) -> tuple[Seen | NotLookedAt, ...]:
        """Look into tables of one layout together, and one by one where that fails."""
        try:
            return self._together(groups)
        except (CouldNotLook, NotLookedAt) as error:
            if len(groups) == 1:
                path = groups[0].files[0].path
                return (_told(path, error) if isinstance(error, CouldNotLook) else error,)
        return tuple(seen for group in groups for seen in self._tables((group,)))

    @cached_property
    def _needles(self) -> Needles:
        return needles_of(self._scan_order(Path()))

    @cached_property
    def _patterns(self) -> Patterns:
        return patterns_of(self._needles.strong(), self.order.namespaces)

    def _scan_order(self, path: Path) -> ScanOrder:
        made = Format.CSV if path.name.lower().endswith(CSV_ENDS) else Format.PARQUET
        return ScanOrder(
            asset=FILE,
            root=path,
            declaration=Declaration(subject=True, format=made),
            namespaces=self.order.namespaces,
            hmac_keys={},
            subjects=self.order.subjects,
        )

    def _bytes(self, order: ScanOrder, found: Found) -> Seen:
        if found.path.name.lower().endswith(PARQUET_ENDS):
            raise NotLookedAt("it is named like Parquet and is none")
        if self.order.keys and not all(kind in STRONG_KINDS for kind in self.order.kinds):
            raise NotLookedAt("it is no table, so it has no column that --key names")
        try:
            with found.path.open("rb") as stream:
                kind = opaque(stream.read(HEAD))
                stream.seek(0)
                seen = seen_in_stream(self._patterns, stream) if kind is None else set()
        except OSError:
            raise NotLookedAt(SENTENCES[Reason.UNREADABLE]) from None
        check_unchanged(order, (found,), 1)
        if kind is not None:
            raise NotLookedAt(f"{kind}, whose bytes do not show what it holds")
        return self._raw(Seen(), "(bytes)", seen)

    def _together(self, groups: tuple[Group, ...]) -> tuple[Seen, ...]:
        found = [replace(group.files[0], ordinal=number) for number, group in enumerate(groups)]
        whole = Group(files=tuple(found), footers=tuple(group.footers[0] for group in groups))
        row_groups = tuple(_row_groups(file) for file in found)
        with tempfile.TemporaryDirectory(prefix="look-", dir=private_folder(self.connection)) as folder:
            links = {file.ordinal: str(Path(folder) / f"f{file.ordinal}") for file in found}
            for file in found:
                Path(links[file.ordinal]).symlink_to(file.path.resolve())
            look = Look(
                order=self._scan_order(found[0].path),
                connection=self.connection,
                files=whole.files,
                links=links,
                needles=self._needles,
            )
            keys, seen = guarded(look, whole, lambda part: self._search(look, part, row_groups))
            if found[0].content is not Content.PARQUET:
                return seen
            return with_beside(self.order, look, whole.files, keys, seen)

    def _search(
        self, look: Look, group: Group, row_groups: tuple[tuple[int, ...], ...]
    ) -> tuple[tuple[Declared, ...], tuple[Seen, ...]]:
        table = group.sql(look.links)
        columns = columns_of(look.connection, group, look.links)
        keys = fitting_keys(self.order, look.order, columns)
        every = seen_rows(
            look.connection,
            self._branches(look.order, columns, table, keys),
            self._needles.table(),
            row_groups,
            free_text=self.order.free_text,
            shown=self.order.shown,
        )
        rows = [sum(sizes) for sizes in row_groups]
        if group.files[0].content is Content.CSV:
            rows = [rows_of(look.connection, group, table)]
        names = _names(columns)
        named = (
            self._named(replace(seen, rows=count), "(columns)", names)
            for seen, count in zip(every, rows, strict=True)
        )
        return keys, tuple(named)

    def _branches(
        self, order: ScanOrder, columns: tuple[Column, ...], table: str, keys: tuple[Declared, ...]
    ) -> tuple[Branch, ...]:
        order = replace(order, declaration=replace(order.declaration, keys=keys))
        if self.order.anywhere:
            return branches_of(order, columns, self._needles, table)
        made = (key_branch(order, columns, self._needles, table, key) for key in searched_keys(order))
        return tuple(branch for branch in made if branch is not None)

    def _named(self, seen: Seen, column: str, data: bytes) -> Seen:
        """Add what stands in a name or in metadata, where those are searched."""
        if not (self.order.anywhere and data):
            return seen
        return self._raw(seen, column, seen_in(self._patterns, data))

    def _raw(self, seen: Seen, column: str, needles: set[Needle]) -> Seen:
        """Add a place that has no rows, before those that have some."""
        places = []
        for form in sorted({needle.form for needle in needles}):
            subjects = {needle.sought.request for needle in needles if needle.form == form}
            places.append(place_without_rows(column, form, subjects, self.order.shown))
        found = seen.subjects | {needle.sought.request for needle in needles}
        return replace(seen, places=(*places, *seen.places), subjects=found)


def _told(path: Path, error: CouldNotLook) -> NotLookedAt:
    if error.reason is Reason.UNREADABLE and path.name.lower().endswith(CSV_ENDS) and not is_utf8(path):
        return NotLookedAt(ENCODING)
    return told(error)


def _names(columns: tuple[Column, ...]) -> bytes:
    """Return the names of all columns: a CSV file without a header has a person among them."""
    labels = "\n".join(place.label for place in leaves(columns))
    return labels.replace("\\.", ".").encode("utf-8", "replace")


def _row_groups(found: Found) -> tuple[int, ...]:
    """Return the rows of each row group.

    Raises:
        NotLookedAt: the footer cannot be read any more.
    """
    if found.content is not Content.PARQUET:
        return ()
    try:
        read = pq.read_metadata(found.path)
    except (pa.ArrowException, OSError, ValueError):
        raise NotLookedAt(SENTENCES[Reason.UNREADABLE]) from None
    return tuple(read.row_group(i).num_rows for i in range(read.num_row_groups))
