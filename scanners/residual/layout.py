# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""The columns of a table as the engine reads them, and how to reach each value inside them, in SQL.

Columns are addressed by position (`c0`, `c1`, ...) and struct fields by index, so that odd names (quotes,
dots, blanks, two names that differ by case) never reach a SQL text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from duckdb.sqltypes import DuckDBPyType

from lineage_assets.paths import ELEMENTS, KeyPath
from scanners.residual.decoded import text_of_bytes


class Holds(StrEnum):
    """What the values of a leaf are, as far as identifiers are concerned."""

    INTEGER = "integer"
    TEXT = "text"
    BINARY = "binary"
    UUID = "uuid"
    NOTHING = "nothing"
    OTHER = "other"


INTEGER_BITS = {
    "tinyint": (-8, "int8"),
    "smallint": (-16, "int16"),
    "integer": (-32, "int32"),
    "bigint": (-64, "int64"),
    "utinyint": (8, "uint8"),
    "usmallint": (16, "uint16"),
    "uinteger": (32, "uint32"),
    "ubigint": (64, "uint64"),
}
_HOLDS = {
    **dict.fromkeys(INTEGER_BITS, Holds.INTEGER),
    "varchar": Holds.TEXT,
    "enum": Holds.TEXT,
    "blob": Holds.BINARY,
    "uuid": Holds.UUID,
    "null": Holds.NOTHING,
}
# A map is a list of entries to the eraser, which reads it as Parquet stores it.
_ENTRIES = ([ELEMENTS, "key"], [ELEMENTS, "value"])
_PLAIN = frozenset(
    {"boolean", "float", "double", "decimal", "date", "time", "interval", "hugeint", "uhugeint", "bignum"}
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One top-level column: its name in the file, its type in the engine, whether few values fill it."""

    name: str
    type: DuckDBPyType
    repeated: bool = False


@dataclass(frozen=True, kw_only=True)
class Place:
    """A value inside a row: its label, its SQL, its type, and whether the SQL is a list of such values.

    `repeated` says that a few different values fill it, as far as is known before it is read.
    """

    label: str
    sql: str
    type: DuckDBPyType
    many: bool = False
    repeated: bool = False

    @property
    def holds(self) -> Holds:
        """What the values are."""
        name = str(self.type.id).lower()
        if str(self.type).upper() == "JSON":
            return Holds.TEXT
        return _HOLDS.get(name, Holds.OTHER)

    @property
    def engine_type(self) -> str:
        """The engine's name of the type, in lower case."""
        return str(self.type.id).lower()

    @property
    def textual(self) -> bool:
        """Whether the values can be read as text: all but numbers, truth values and times."""
        unread = self.engine_type in _PLAIN or self.engine_type.startswith("timestamp")
        return not unread and self.holds not in {Holds.INTEGER, Holds.NOTHING}

    def text(self, value: str) -> str:
        """Return the SQL of one value of this place as text."""
        if self.holds is Holds.BINARY:
            return _text_of_blob(value)
        return value if str(self.type) == "VARCHAR" else f"CAST({value} AS VARCHAR)"

    def rows(self, table: str) -> str:
        """Return the SQL of all values: columns v, e (position in the row), f (file), r (row)."""
        value = (
            f"unnest({self.sql}) AS v, generate_subscripts({self.sql}, 1) AS e"
            if self.many
            else (f"{self.sql} AS v, CAST(0 AS BIGINT) AS e")
        )
        return f"SELECT {value}, file_index AS f, file_row_number AS r FROM {table}"


def leaves(columns: tuple[Column, ...]) -> Iterator[Place]:
    """Yield every value that a row can hold, nested ones too."""
    for index, column in enumerate(columns):
        label = _escaped(column.name)
        yield from _below(Place(label=label, sql=f"c{index}", type=column.type, repeated=column.repeated))


def find(columns: tuple[Column, ...], path: KeyPath) -> Place | None:
    """Return the place of a key path (without its JSON part), or None where the table has no such place."""
    for index, column in enumerate(columns):
        if column.name == path.column:
            place: Place | None = Place(label=_escaped(column.name), sql=f"c{index}", type=column.type)
            steps = list(path.steps[1:])
            while steps and place:
                entry = place.engine_type == "map" and steps[:2] in _ENTRIES
                place = _map_part(place, steps.pop(1)) if entry else _step(place, steps[0])
                steps.pop(0)
            return place
    return None


def _below(place: Place) -> Iterator[Place]:
    kind = place.engine_type
    if kind == "struct":
        for name, _ in place.type.children:
            inner = _step(place, name)
            yield from _below(inner) if inner else ()
    elif kind in {"list", "array"}:
        yield from _below(_elements(place))
    elif kind == "map":
        for part in ("key", "value"):
            yield from _below(_map_part(place, part))
    else:
        yield place


def _step(place: Place, step: str) -> Place | None:
    kind = place.engine_type
    if step == ELEMENTS:
        return _elements(place) if kind in {"list", "array"} else None
    names = [name for name, _ in place.type.children] if kind == "struct" else []
    if step not in names:
        return None
    index = names.index(step)
    call = f"struct_extract_at({{}}, {index + 1})"
    return _inside(place, call, f"{place.label}.{_escaped(step)}", _child(place, index))


def _elements(place: Place) -> Place:
    flat = f"flatten({place.sql})" if place.many else place.sql
    return Place(label=f"{place.label}{ELEMENTS}", sql=flat, type=_child(place, 0), many=True)


def _map_part(place: Place, part: str) -> Place:
    child = _child(place, 0 if part == "key" else 1)
    made = _inside(place, f"map_{part}s({{}})", f"{place.label}{{{part}}}", child)
    return Place(
        label=made.label, sql=f"flatten({made.sql})" if place.many else made.sql, type=child, many=True
    )


def _inside(place: Place, call: str, label: str, kind: DuckDBPyType) -> Place:
    sql = (
        f"list_transform({place.sql}, lambda x: {call.format('x')})" if place.many else call.format(place.sql)
    )
    return Place(label=label, sql=sql, type=kind, many=place.many)


def _child(place: Place, index: int) -> DuckDBPyType:
    return cast("DuckDBPyType", place.type.children[index][1])


def _escaped(name: str) -> str:
    return name.replace(".", "\\.")


def _text_of_blob(value: str) -> str:
    """Bytes as text; what holds NULs is read with blanks for them, and without them (ASCII in UTF-16)."""
    text = text_of_bytes(value)
    both = f"replace({text}, chr(0), ' ') || chr(10) || replace({text}, chr(0), '')"
    return f"CASE WHEN contains({text}, chr(0)) THEN {both} ELSE {text} END"
