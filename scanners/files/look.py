"""Look into one file after the other. See `Looker`."""

import tempfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from lineage_assets.declarations import Declaration, Format
from lineage_assets.identifiers import STRONG_KINDS
from scanners.errors import CouldNotLook, Reason
from scanners.files.keys import fitting_keys
from scanners.files.opaque import HEAD, opaque
from scanners.files.order import FilesOrder
from scanners.files.places import Match, Place, Seen
from scanners.files.rows import seen_rows
from scanners.files.words import SENTENCES, NotLookedAt, told
from scanners.residual.connection import private_folder
from scanners.residual.files import Content, Found, check_unchanged, list_files
from scanners.residual.keys import key_branch, searched_keys
from scanners.residual.layout import leaves
from scanners.residual.needles import Needle, Needles, needles_of
from scanners.residual.order import ScanOrder
from scanners.residual.plan import branches_of
from scanners.residual.raw import Pattern, patterns_of, seen_in, seen_in_stream
from scanners.residual.scan import Look, guarded
from scanners.residual.tables import Group, columns_of, groups_of, rows_of

FILE = "file"
CSV_ENDS, PARQUET_ENDS = (".csv", ".tsv"), (".parquet", ".parq", ".pq")


@dataclass(frozen=True, kw_only=True)
class Looker:
    """Looks into files for one order, over one connection: one file is in memory at a time, in parts.

    Attributes:
        order: what to look for.
        connection: see `scanners.residual.connect`.
    """

    order: FilesOrder
    connection: duckdb.DuckDBPyConnection

    def look(self, path: Path, name: str) -> Seen:
        """Look into one file.

        Args:
            path: the file, no link; the end of its name says whether it is Parquet or CSV.
            name: what people call it: where every place is searched, this text is searched too.

        Raises:
            NotLookedAt: it could not be searched whole: missing, damaged, encrypted, packed, without the
                key's column, or changed meanwhile.
        """
        order = self._scan_order(path)
        try:
            (found,) = list_files(order)
            seen = self._content(order, found)
        except CouldNotLook as error:
            raise told(error) from None
        return self._named(seen, "(path)", name.encode("utf-8", "replace"))

    def _content(self, order: ScanOrder, found: Found) -> Seen:
        if found.content is Content.EMPTY:
            return Seen()
        return self._bytes(order, found) if found.content is Content.BYTES else self._table(order, found)

    @cached_property
    def _needles(self) -> Needles:
        return needles_of(self._scan_order(Path()))

    @cached_property
    def _patterns(self) -> tuple[Pattern, ...]:
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

    def _table(self, order: ScanOrder, found: Found) -> Seen:
        (group,) = groups_of(order, (found,))
        with tempfile.TemporaryDirectory(prefix="look-", dir=private_folder(self.connection)) as folder:
            link = Path(folder) / "file"
            link.symlink_to(found.path.resolve())
            look = Look(
                order=order,
                connection=self.connection,
                files=(found,),
                links={found.ordinal: str(link)},
                needles=self._needles,
            )
            row_groups = _row_groups(found)
            return guarded(look, group, lambda part: self._search(look, part, row_groups))

    def _search(self, look: Look, group: Group, row_groups: tuple[int, ...]) -> Seen:
        table = group.sql(look.links)
        columns = columns_of(look.connection, group, look.links)
        keys = fitting_keys(self.order, look.order, columns)
        order = replace(look.order, declaration=replace(look.order.declaration, keys=keys))
        if self.order.anywhere:
            branches = branches_of(order, columns, self._needles, table)
        else:
            made = (key_branch(order, columns, self._needles, table, key) for key in searched_keys(order))
            branches = tuple(branch for branch in made if branch is not None)
        seen = seen_rows(
            look.connection,
            branches,
            self._needles.table(),
            row_groups,
            free_text=self.order.free_text,
            shown=self.order.shown,
        )
        seen = replace(seen, rows=rows_of(look.connection, group, table))
        labels = "\n".join(place.label for place in leaves(columns))
        names = labels.replace("\\.", ".").encode("utf-8", "replace")
        # A CSV file without a header has a person among its columns.
        return self._named(self._named(seen, "(metadata)", group.footers[0].metadata), "(columns)", names)

    def _named(self, seen: Seen, column: str, data: bytes) -> Seen:
        """Add what stands in a name or in metadata, where those are searched."""
        if not (self.order.anywhere and data):
            return seen
        return self._raw(seen, column, seen_in(self._patterns, data))

    def _raw(self, seen: Seen, column: str, needles: set[Needle]) -> Seen:
        """Add a place that has no rows, before those that have some."""
        places = []
        for form in sorted({needle.form for needle in needles}):
            subjects = sorted({needle.sought.request for needle in needles if needle.form == form})
            matches = tuple(Match(row=None, subject=one) for one in subjects[: self.order.shown])
            places.append(Place(column=column, form=form, subjects=len(subjects), matches=matches))
        found = seen.subjects | {needle.sought.request for needle in needles}
        return replace(seen, places=(*places, *seen.places), subjects=found)


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
