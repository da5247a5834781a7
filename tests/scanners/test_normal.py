"""The golden table of docs/formats/identifiers.md, on both sides, and random texts."""

import json
import re
from pathlib import Path

import duckdb
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from lineage_assets import identifiers
from lineage_assets.identifiers import Choice, Kind, Namespace, canonical, canonical_in
from scanners.residual import normal
from scanners.residual.engine import registered

PAGE = Path(__file__).parents[2] / "docs/formats/identifiers.md"
ROW = re.compile(r"^\| `(\".*\")` \| (\w+) \| (?:`(\".*\")`|(none)) \|$", re.MULTILINE)
TABLE = [
    (json.loads(value), Kind(kind), json.loads(form) if form else None)
    for value, kind, form, _ in ROW.findall(PAGE.read_text())
]
CHOSEN = [
    (json.loads(value), Kind(kind), choices, json.loads(form) if form else None)
    for value, kind, choices, form, _ in re.findall(
        r"^\| `(\".*\")` \| (\w+) \| ([\w,]+) \| (?:`(\".*\")`|(none)) \|$", PAGE.read_text(), re.MULTILINE
    )
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


def chosen(kind: Kind, choices: str) -> Namespace:
    """Return a namespace with the choices that a row of the golden table names."""
    if kind is Kind.PHONE:
        return Namespace(name="a", kind=kind, region=choices)
    ignored = {name: Choice.IGNORE if name[:4] in choices else Choice.KEEP for name in ("plus_tags", "dots")}
    return Namespace(name="a", kind=kind, **ignored)


def in_sql_under(
    connection: duckdb.DuckDBPyConnection, namespace: Namespace, values: list[str]
) -> list[str | None]:
    """Normalise with the scanner's SQL under the choices of a namespace."""
    with registered(connection, pa.table({"x": pa.array(values, pa.string())})) as name:
        query = f"SELECT {normal.canonical_in_sql(namespace, 'x')} FROM {name}"
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


@pytest.mark.parametrize(("value", "kind", "choices", "form"), CHOSEN)
def test_both_sides_agree_with_table_under_the_choices_of_a_namespace(connection, value, kind, choices, form):
    """Plus-tags, dots and the region of a number are the owner's choice."""
    namespace = chosen(kind, choices)

    assert namespace.choices == choices
    assert canonical_in(namespace, value) == form
    assert in_sql_under(connection, namespace, [value]) == [form]


@settings(max_examples=5)
@given(values=st.lists(TEXTS, min_size=40, max_size=80))
def test_sql_and_python_agree_on_any_text_under_any_choice(connection, values):
    for kind, choices in ((Kind.EMAIL, "plus,dots"), (Kind.PHONE, "DE"), (Kind.PHONE, "US")):
        namespace = chosen(kind, choices)
        assert [canonical_in(namespace, value) for value in values] == in_sql_under(
            connection, namespace, values
        )


@pytest.mark.parametrize("region", ["DE", "US", "GB", "FR", "IT", "ES", "NL", "AT", "CH", "PL", "SE", "IN"])
def test_numbers_of_a_region_are_read_as_phonenumbers_does(connection, region):
    """Its example numbers, as people inside the country write them."""
    namespace = Namespace(name="a", kind=Kind.PHONE, region=region)
    kinds = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.VOIP)
    found = [phonenumbers.example_number_for_type(region, one) for one in kinds]
    numbers = [number for number in found if number is not None]
    written = [phonenumbers.format_number(one, PhoneNumberFormat.NATIONAL) for one in numbers]
    expected = [
        phonenumbers.format_number(phonenumbers.parse(one, region), PhoneNumberFormat.E164) for one in written
    ]

    assert numbers
    assert [canonical_in(namespace, one) for one in written] == expected
    assert in_sql_under(connection, namespace, written) == expected


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


@settings(max_examples=15)
@given(values=st.lists(TEXTS, min_size=20, max_size=60))
def test_sql_and_python_agree_on_any_text(connection, values):
    """Two programs, one form: for each kind and any text without a NUL."""
    for kind in Kind:
        assert [canonical(kind, value) for value in values] == in_sql(connection, kind, values)
