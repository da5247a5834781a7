"""Searches every cell of every table of a database, decoded, whatever tables there are."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Executable, column, create_engine, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from scanners.traces.layers import TooLarge, layers
from scanners.traces.matching import Matcher, Piece
from scanners.traces.report import COLUMN, Report, Spot

ROWS = 500
SYSTEM = {"information_schema"}


def search_tables(label: str, prefix: str, engine: Engine, matcher: Matcher, report: Report) -> None:
    """Search every table of every schema that is not the server's own; what cannot be read is named."""
    try:
        with engine.connect() as connection:
            tables = _tables(connection)
    except (SQLAlchemyError, sqlite3.Error, UnicodeError):
        report.could_not(label, prefix or "tables", "the database cannot be opened, or is damaged")
        return
    for schema, name, columns in tables:
        shown = f"{prefix}{schema}.{name}" if schema else f"{prefix}{name}"
        try:
            with engine.connect() as connection:
                _search(label, (schema, name, columns), shown, connection, matcher, report)
        except (SQLAlchemyError, sqlite3.Error, UnicodeError):
            report.could_not(label, shown, "the table cannot be read whole")


def search_sqlite(label: str, shown: str, path: Path, matcher: Matcher, report: Report) -> None:
    """Search the tables of a SQLite file, opened so that nothing in it can change."""

    def connect() -> sqlite3.Connection:
        made = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=60)
        made.text_factory = lambda cell: cell.decode("utf-8", "surrogateescape")
        return made

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    search_tables(label, f"{shown}: ", engine, matcher, report)
    engine.dispose()


def _tables(connection: Connection) -> list[tuple[str | None, str, list[str]]]:
    inspector = inspect(connection)
    schemas: Iterable[str | None] = [None]
    if connection.dialect.name != "sqlite":
        schemas = [s for s in inspector.get_schema_names() if s not in SYSTEM and not s.startswith("pg_")]
    return [
        (schema, name, [str(one["name"]) for one in inspector.get_columns(name, schema=schema)])
        for schema in schemas
        for name in inspector.get_table_names(schema=schema)
    ]


def _search(
    label: str,
    source: tuple[str | None, str, list[str]],
    shown: str,
    connection: Connection,
    matcher: Matcher,
    report: Report,
) -> None:
    schema, name, columns = source
    query: Executable = select(*(column(each) for each in columns)).select_from(
        table(name, *(column(each) for each in columns), schema=schema)
    )
    streamed = connection.execution_options(stream_results=True, yield_per=ROWS)
    for row in streamed.execute(query):
        report.rows += 1
        for where, cell in zip(columns, row, strict=True):
            if cell is not None:
                _cell(label, f"{shown}.{where}", as_bytes(cell), matcher, report)


def _cell(label: str, where: str, data: bytes, matcher: Matcher, report: Report) -> None:
    seen: set[tuple[str, str]] = set()
    try:
        for unpacked, inner in layers(data):
            spot = Spot(place=label, what=COLUMN, where=where, unpacked=unpacked)
            new = [h for h in matcher.find(inner, Piece.TEXT) if (h.namespace, h.form) not in seen]
            report.add_cell(spot, new)
            seen |= {(h.namespace, h.form) for h in new}
    except TooLarge:
        report.could_not(label, where, "a cell unpacks into more than 64 MiB")


def as_bytes(cell: Any) -> bytes:
    """Return a cell as bytes, text in UTF-8; a nested one as JSON."""
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell)
    if isinstance(cell, dict | list):
        cell = json.dumps(cell, ensure_ascii=False, default=str)
    return str(cell).encode("utf-8", "surrogateescape")
