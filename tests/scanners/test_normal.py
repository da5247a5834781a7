"""The golden table of docs/formats/identifiers.md, on both sides, and random texts."""

import json
import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage_assets import identifiers
from lineage_assets.identifiers import Kind, canonical
from scanners.residual import normal
from scanners.residual.engine import registered

PAGE = Path(__file__).parents[2] / "docs/formats/identifiers.md"
ROW = re.compile(r"^\| `(\".*\")` \| (\w+) \| (?:`(\".*\")`|(none)) \|$", re.MULTILINE)
TABLE = [
    (json.loads(value), Kind(kind), json.loads(form) if form else None)
    for value, kind, form, _ in ROW.findall(PAGE.read_text())
]
# ruff: noqa: RUF001 - look-alikes are the point
ODD = (
    " \t\r\n\v\f\x1c\x85\u00a0\u2003\u3000+-.,;:()/{}@_'0123456789abcdefABCDEFxyzäÄßẞİıΣσςΑ\u0301\u030a"
    "KÅⅧªʰ😀"
)
TEXTS = st.one_of(
    st.text(alphabet=ODD, max_size=16),
    st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0"), max_size=12),
    st.from_regex(r"\A[ \t]*(\+|00)?[0-9 ()./-]{5,20}\Z"),
    st.from_regex(r"\A[{]?(urn:uuid:|URN:uuid:)?([0-9a-fA-F]{4}-?){8}[}]?\Z"),
    st.from_regex(r"\A[^@\x00]{1,6}@[^@\x00]{1,6}\Z"),
)


def in_sql(connection: duckdb.DuckDBPyConnection, kind: Kind, values: list[str]) -> list[str | None]:
    """Normalise with the scanner's SQL."""
    table = pa.table({"x": pa.array(values, pa.string())})
    with registered(connection, table) as name:
        query = f"SELECT {normal.canonical_sql(kind, 'x')} FROM {name}"
        return [row[0] for row in connection.execute(query).fetchall()]


def wrong_in_sql(connection: duckdb.DuckDBPyConnection) -> int:
    """Count the rows of the golden table that the SQL side gets wrong."""
    return sum(in_sql(connection, kind, [value]) != [form] for value, kind, form in TABLE)


def test_table_has_every_kind_and_enough_rows():
    """The page is really read: at least 40 rows, all kinds, forms and nones."""
    assert len(TABLE) >= 40
    assert {kind for _, kind, _ in TABLE} == set(Kind)
    assert {kind for _, kind, form in TABLE if form is None} == set(Kind)


@pytest.mark.parametrize(("value", "kind", "form"), TABLE)
def test_python_side_agrees_with_table(value, kind, form):
    """The eraser's normaliser does what the page says."""
    assert form == canonical(kind, value)


@pytest.mark.parametrize("kind", Kind)
def test_sql_side_agrees_with_table(connection, kind):
    """The scanner's normaliser does what the page says."""
    rows = [(value, form) for value, each, form in TABLE if each is kind]

    assert [form for _, form in rows] == in_sql(connection, kind, [value for value, _ in rows])


def test_table_notices_a_broken_python_side(monkeypatch):
    """A normaliser without its lower-casing disagrees with the table, so the table would catch it."""
    monkeypatch.setitem(identifiers._CANONICAL, Kind.EMAIL, lambda text: text)

    assert any(canonical(kind, value) != form for value, kind, form in TABLE)


@pytest.mark.parametrize("name", ["trimmed", "lowered"])
def test_table_notices_a_broken_sql_side(connection, monkeypatch, name):
    """A SQL side that does not trim, or does not lower, disagrees with the table."""
    assert wrong_in_sql(connection) == 0

    monkeypatch.setattr(normal, name, lambda x: x)

    assert wrong_in_sql(connection) > 0


@settings(max_examples=25)
@given(values=st.lists(TEXTS, min_size=20, max_size=60))
def test_sql_and_python_agree_on_any_text(connection, values):
    """Two programs, one form: for each kind and any text without a NUL."""
    for kind in Kind:
        assert [canonical(kind, value) for value in values] == in_sql(connection, kind, values)
