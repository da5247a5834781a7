# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""What stands beside the rows: names of files, and what a Parquet file tells of its columns.

It is compared as cells are, so that every form is found there too. Under a declared key a weak identifier
counts as well: a column's minimum, or a folder `user_id=42`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from duckdb.sqltypes import BLOB

from lineage_assets.declarations import Form
from lineage_assets.identifiers import Kind, namespace_of
from lineage_assets.paths import ELEMENTS, KeyPath
from scanners.residual.branches import Branch, Sees, Value
from scanners.residual.engine import matches, registered
from scanners.residual.files import Found
from scanners.residual.keys import Declared, searched_keys
from scanners.residual.layout import Place
from scanners.residual.needles import BASE64, PERCENT, PLAIN, TOKEN, Needle, Needles, as_integers, as_text
from scanners.residual.normal import canonical_in_sql
from scanners.residual.order import ScanOrder
from scanners.residual.plain_values import as_binary
from scanners.residual.shapes import Anywhere
from scanners.residual.spelled import as_blobs, as_texts
from scanners.residual.told import WRAPPERS, Told
from scanners.residual.wants import Wants

PATH = "(path)"
NULS = 3  # in the length of a short text
WHOLE = (16, 20, 32)  # bytes of UUIDs and digests
_PLAINEST = (PLAIN, TOKEN, PERCENT, BASE64)


Way = tuple[Sees | None, Anywhere | Value, pa.Table]
"""What a match means, how values are compared, and with what."""


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
    cells: dict[Cell, int] = field(default_factory=dict)
    texts: list[pa.Table] = field(default_factory=list, repr=False)
    others: list[pa.Table] = field(default_factory=list, repr=False)
    blobs: list[pa.Table] = field(default_factory=list, repr=False)
    declared: dict[tuple[Declared, str], list[pa.Table]] = field(default_factory=dict, repr=False)

    @cached_property
    def weak_keys(self) -> tuple[Declared, ...]:
        """The declared keys under which a weak identifier may stand as it is."""
        return tuple(_weak_keys(self.order))

    def add_name(self, file: Found) -> None:
        """Add the name of a file, and what its folders say of declared keys (`user_id=42`)."""
        number = self._cell(file, PATH)
        self._add_bytes(number, as_binary(one.encode() for one in names_of(file)))
        for part in file.relative.split("/")[:-1]:
            name, equals, value = part.partition("=")
            for declared in self.weak_keys if equals else ():
                if unquote(name) in {declared[0].column, _last(declared[0])}:
                    self._add(declared, number, pa.array([unquote(value)]))

    def add_told(self, file: Found, told: Told) -> None:
        """Add what a file tells beside its rows."""
        number = self._cell(file, told.place)
        binary = pa.types.is_binary(told.values.type)
        if binary:
            self._add_bytes(number, told.values)
        for declared in self.weak_keys:
            if len(told.values) and leads_to(declared[0], told.path):
                self._add(declared, number, _without_nuls(told.values) if binary else told.values)

    @property
    def held(self) -> int:
        """Bytes that are held."""
        tables = (
            *self.texts,
            *self.others,
            *self.blobs,
            *(one for each in self.declared.values() for one in each),
        )
        return sum(table.nbytes for table in tables)

    def leads(self, path: tuple[str, ...]) -> bool:
        """Whether a path of a file's own schema is that of a declared key of weak identifiers."""
        return any(leads_to(declared[0], path) for declared in self.weak_keys)

    def may_hold(self, texts: bytes, count: int) -> bool:
        """Return whether some texts, each after four bytes of its length, may hold anything sought.

        Only of short ASCII (no UTF-16, no bytes of a digest) it can be said that they hold nothing.
        """
        plain = texts.isascii() and texts.count(0) == NULS * count
        return not plain or self._ascii_blobs or self._wants.in_ascii(texts)

    @cached_property
    def _wants(self) -> Wants:
        return Wants.of(self.needles)

    @cached_property
    def _ascii_blobs(self) -> bool:
        return any(bytes(one).isascii() for one in as_blobs(self.needles)["needle"].to_pylist() if one)

    def add_labels(self, labels: Iterable[str]) -> None:
        """Add the labels of columns, each as a cell of its own: they are names that other people chose."""
        for number, label in enumerate(labels):
            plain = label.replace("\\.", ".").encode("utf-8", "replace")
            self._add_bytes(self._number(Cell(file=number, place=label)), as_binary([plain]))

    def seen(self, connection: duckdb.DuckDBPyConnection) -> list[tuple[Cell, Needle, str]]:
        """Return where an identifier stands, the identifier, and its form there: the plainest of several.

        Raises:
            duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
        """
        best: dict[tuple[int, int], str] = {}
        for number, ident, form in self._all(connection):
            known = best.get((number, ident))
            if known is None or _rank(form) < _rank(known):
                best[number, ident] = form
        cells, needles = list(self.cells), self.needles.all
        return [(cells[number], needles[ident], form) for (number, ident), form in best.items()]

    def _all(self, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int, str]]:
        place = Place(label="", sql="v", type=BLOB)
        for tables, text in ((self.texts, "v"), (self.others, place.text("v"))):
            way: Way = (None, Anywhere(text=text, wants=self._wants), as_texts(self.needles))
            yield from self._found(connection, tables, way)
        yield from self._found(connection, self.blobs, (None, Value(candidates="v"), as_blobs(self.needles)))
        for (declared, kind), tables in self.declared.items():
            namespace = namespace_of(self.order.namespaces, declared[1].namespace)
            wanted = tuple(n for n in self.needles.of(namespace.name, PLAIN) if not n.sought.shared)
            if kind == "string":
                way = (Sees.OWNER, Value(candidates=canonical_in_sql(namespace, "t")), as_text(wanted))
            elif namespace.kind is Kind.INTEGER:
                way = (Sees.OWNER, Value(candidates="v"), as_integers(wanted, "bigint"))
            else:
                continue  # the rows are refused: the type cannot hold the key
            yield from self._found(connection, tables, way)

    def _found(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: list[pa.Table],
        way: Way,
    ) -> Iterator[tuple[int, int, str]]:
        sees, value, needles = way
        if not tables or not needles.num_rows:
            return
        with registered(connection, pa.concat_tables(tables)) as name:
            rows = f"SELECT v, CAST(0 AS BIGINT) AS e, f, CAST(0 AS BIGINT) AS r FROM {name}"
            branch = Branch(sees=sees, leaf="", rows=rows, value=value, needles=needles)
            with matches(connection, (branch,)) as found:
                query = f"SELECT DISTINCT f, ident, how FROM {found} WHERE sees < {Sees.WEAK:d}"
                pairs = connection.execute(query).fetchall()
        for number, ident, how in pairs:
            needle = self.needles.all[ident]
            yield number, ident, how if needle.form == PLAIN else needle.form

    def _cell(self, file: Found, place: str) -> int:
        return self._number(Cell(file=file.ordinal, place=place))

    def _number(self, cell: Cell) -> int:
        return self.cells.setdefault(cell, len(self.cells))

    def _add(self, declared: Declared, number: int, values: Any) -> None:
        tables = self.declared.setdefault((declared, str(values.type)), [])
        tables.append(_table(number, values))

    def _add_bytes(self, number: int, values: Any) -> None:
        """Add bytes that may hold anything, as text where that is what they all are: it is read faster."""
        text = _text_of(values)
        (self.others if text is None else self.texts).append(_table(number, values if text is None else text))
        whole = pc.is_in(pc.binary_length(values), pa.array(WHOLE, pa.int32()))
        if pc.any(whole).as_py():
            self.blobs.append(_table(number, values.filter(whole)))


def names_of(file: Found) -> tuple[str, str]:
    """Return a file's name below the root, and that without an extension; what is no text becomes `?`."""
    relative = file.relative.encode("utf-8", "replace").decode()
    folder, slash, name = relative.rpartition("/")
    return relative, f"{folder}{slash}{name.rpartition('.')[0]}"


def _text_of(values: Any) -> Any | None:
    """Return bytes as texts, or None where some are no UTF-8 or hold a NUL."""
    try:
        text = values.cast(pa.string())
    except pa.ArrowInvalid:
        return None
    return text if _all_set(text.buffers()[2]) else None


def _all_set(buffer: Any) -> bool:
    return buffer is None or bool(np.frombuffer(buffer, np.uint8).all())


def _without_nuls(values: Any) -> Any:
    """Return bytes as texts, whatever they are, but those with a NUL."""
    text = _text_of(values)
    if text is not None:
        return text
    read = (one.decode("utf-8", "replace") for one in values.to_pylist())
    return pa.array([one for one in read if "\0" not in one], pa.string())


def _rank(form: str) -> int:
    return _PLAINEST.index(form) if form in _PLAINEST else len(_PLAINEST)


def _weak_keys(order: ScanOrder) -> Iterator[Declared]:
    """The declared keys under which a weak identifier may stand as it is."""
    for path, key in searched_keys(order):
        weak = not namespace_of(order.namespaces, key.namespace).strong
        if weak and key.form is Form.PLAIN and not path.json:
            yield path, key


def leads_to(key: KeyPath, path: tuple[str, ...]) -> bool:
    """Return whether a path of the file's own schema is that of a declared key."""
    steps = [step for step in key.steps if step != ELEMENTS]
    return steps == [part for part in path if part not in WRAPPERS or part in steps]


def _last(path: KeyPath) -> str:
    return next(step for step in reversed(path.steps) if step != ELEMENTS)


def _table(number: int, values: Any) -> pa.Table:
    return pa.table({"f": pa.repeat(pa.scalar(number, pa.uint64()), len(values)), "v": values})
