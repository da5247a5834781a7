# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""What stands beside the rows: names of files, and what a Parquet file tells of its columns.

It is compared as cells are, so that every form is found there too. Under a declared key a weak identifier
counts as well: a column's minimum, or a folder `user_id=42`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

import duckdb
import pyarrow as pa
from duckdb.sqltypes import BLOB

from lineage_assets.declarations import Form
from lineage_assets.identifiers import namespace_of
from lineage_assets.paths import ELEMENTS, KeyPath
from scanners.residual.branches import Branch, Sees, Value
from scanners.residual.engine import matches, registered
from scanners.residual.files import Found
from scanners.residual.keys import Declared, searched_keys
from scanners.residual.layout import Place
from scanners.residual.needles import BASE64, PERCENT, PLAIN, TOKEN, Needle, Needles, as_text
from scanners.residual.normal import canonical_in_sql
from scanners.residual.order import ScanOrder
from scanners.residual.shapes import Anywhere, Wants
from scanners.residual.spelled import as_blobs, as_texts
from scanners.residual.told import WRAPPERS, Told

PATH = "(path)"
_PLAINEST = (PLAIN, TOKEN, PERCENT, BASE64)


@dataclass(frozen=True, kw_only=True, order=True)
class Cell:
    """Where a value stands: the file's number, and the place as a hit names it."""

    file: int
    place: str


@dataclass(kw_only=True)
class Beside:
    """Values beside rows, collected to be compared in one query."""

    order: ScanOrder
    needles: Needles
    cells: list[Cell] = field(default_factory=list)
    anywhere: list[pa.Table] = field(default_factory=list, repr=False)
    declared: dict[Declared, list[pa.Table]] = field(default_factory=dict, repr=False)

    def add_name(self, file: Found) -> None:
        """Add the name of a file, and what its folders say of declared keys (`user_id=42`)."""
        number = self._cell(file, PATH)
        folder, slash, name = file.relative.rpartition("/")
        names = [file.relative, f"{folder}{slash}{name.rpartition('.')[0]}"]
        self.anywhere.append(_table(number, [name.encode("utf-8", "replace") for name in names], pa.binary()))
        for part in file.relative.split("/")[:-1]:
            name, equals, value = part.partition("=")
            for declared in _weak_keys(self.order) if equals else ():
                if unquote(name) in {declared[0].column, _last(declared[0])}:
                    self._add(declared, number, [unquote(value)])

    def add_told(self, file: Found, told: Told) -> None:
        """Add what a file tells beside its rows."""
        number = self._cell(file, told.place)
        texts = [one for one in told.values if isinstance(one, bytes)]
        if texts:
            self.anywhere.append(_table(number, texts, pa.binary()))
        for declared in _weak_keys(self.order):
            if told.values and _leads_to(declared[0], told.path):
                read = (
                    one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one)
                    for one in told.values
                )
                self._add(declared, number, [one for one in read if "\0" not in one])

    def add_labels(self, labels: Iterable[str]) -> None:
        """Add the labels of columns, each as a cell of its own: they are names that other people chose."""
        for number, label in enumerate(labels):
            self.cells.append(Cell(file=number, place=label))
            plain = label.replace("\\.", ".").encode("utf-8", "replace")
            self.anywhere.append(_table(len(self.cells) - 1, [plain], pa.binary()))

    def seen(self, connection: duckdb.DuckDBPyConnection) -> list[tuple[Cell, Needle, str]]:
        """Return where an identifier stands, the identifier, and its form there: the plainest of several.

        Raises:
            duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
        """
        best: dict[tuple[Cell, Needle], str] = {}
        for cell, needle, form in self._all(connection):
            known = best.setdefault((cell, needle), form)
            best[cell, needle] = min(known, form, key=_rank)
        return sorted(
            ((cell, n, form) for (cell, n), form in best.items()), key=lambda one: (one[0], one[1].ident)
        )

    def _all(self, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Cell, Needle, str]]:
        if self.anywhere:
            yield from self._found(connection, pa.concat_tables(self.anywhere), self._strong())
        for declared, tables in self.declared.items():
            namespace = namespace_of(self.order.namespaces, declared[1].namespace)
            value = Value(candidates=canonical_in_sql(namespace, "t"))
            needles = as_text(n for n in self.needles.of(namespace.name, PLAIN) if not n.sought.shared)
            yield from self._found(connection, pa.concat_tables(tables), [(Sees.OWNER, value, needles)])

    def _strong(self) -> list[tuple[Sees | None, Anywhere | Value, pa.Table]]:
        place = Place(label="", sql="v", type=BLOB)
        text = Anywhere(text=place.text("v"), wants=Wants.of(self.needles))
        whole = Value(candidates="v", where="octet_length(t) IN (16, 20, 32)")
        return [
            (None, text, as_texts(self.needles)),
            (None, whole, as_blobs(self.needles)),
        ]

    def _found(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: pa.Table,
        ways: Iterable[tuple[Sees | None, Anywhere | Value, pa.Table]],
    ) -> Iterator[tuple[Cell, Needle, str]]:
        with registered(connection, table) as name:
            rows = f"SELECT v, CAST(0 AS BIGINT) AS e, f, CAST(0 AS BIGINT) AS r FROM {name}"
            branches = tuple(
                Branch(sees=sees, leaf="", rows=rows, value=value, needles=needles)
                for sees, value, needles in ways
                if needles.num_rows
            )
            with matches(connection, branches) as found:
                query = f"SELECT DISTINCT f, ident, how FROM {found} WHERE sees < {Sees.WEAK:d}"
                pairs = connection.execute(query).fetchall()
        for number, ident, how in pairs:
            needle = self.needles.all[ident]
            yield self.cells[number], needle, how if needle.form == PLAIN else needle.form

    def _cell(self, file: Found, place: str) -> int:
        cell = Cell(file=file.ordinal, place=place)
        if not self.cells or self.cells[-1] != cell:
            self.cells.append(cell)
        return len(self.cells) - 1

    def _add(self, declared: Declared, number: int, texts: list[str]) -> None:
        self.declared.setdefault(declared, []).append(_table(number, texts, pa.string()))


def _rank(form: str) -> int:
    return _PLAINEST.index(form) if form in _PLAINEST else len(_PLAINEST)


def _weak_keys(order: ScanOrder) -> Iterator[Declared]:
    """The declared keys under which a weak identifier may stand as it is."""
    for path, key in searched_keys(order):
        weak = not namespace_of(order.namespaces, key.namespace).strong
        if weak and key.form is Form.PLAIN and not path.json:
            yield path, key


def _leads_to(key: KeyPath, path: tuple[str, ...]) -> bool:
    """Whether a path of the file's own schema is that of a declared key."""
    steps = [step for step in key.steps if step != ELEMENTS]
    return steps == [part for part in path if part not in WRAPPERS or part in steps]


def _last(path: KeyPath) -> str:
    return next(step for step in reversed(path.steps) if step != ELEMENTS)


def _table(number: int, values: list[bytes] | list[str], kind: pa.DataType) -> pa.Table:
    places = pa.array([number] * len(values), pa.uint64())
    return pa.table({"f": places, "v": pa.array(values, kind)})
