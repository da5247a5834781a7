"""pyarrow as this lake uses it; the one place where its stubs (of version 20) are stepped over."""

from typing import Any

import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute
"""`pyarrow.compute`; the stubs refuse plain numbers and columns in chunks, which it takes."""


def schema(required: tuple[str, ...] = (), **columns: pa.DataType) -> pa.Schema:
    """Return a schema in the order given; columns named in `required` are NOT NULL."""
    fields: list[Any] = [
        pa.field(name, kind, nullable=name not in required) for name, kind in columns.items()
    ]
    return pa.schema(fields)


def columns(**given: Any) -> pa.Table:
    """Return a table of columns, in the order given."""
    return pa.table(given)


def aggregate(table: pa.Table, by: str | list[str], wanted: list[tuple[str, str]]) -> pa.Table:
    """Return one row per group, sorted by its key; on one thread, so that two runs give the same bytes."""
    steps: Any = wanted
    found = table.group_by(by, use_threads=False).aggregate(steps)
    return found.sort_by(by if isinstance(by, str) else [(name, "ascending") for name in by])


def distinct(table: pa.Table, column: str) -> list[Any]:
    """Return the different values of a column, sorted."""
    return sorted(pc.unique(table[column]).to_pylist())
