"""The filters for owners: exactly the suppressed people go, in three engines and every column type."""

import os
import uuid
from decimal import Decimal
from functools import partial

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from lineage_assets.errors import NamespaceError
from lineage_assets.identifiers import Kind, Namespace, pseudonym_of
from rtbf_ledger.errors import KeyFolderError
from rtbf_ledger.pseudonym_keys import pseudonym_key
from rtbf_ledger.readmissions import readmit
from rtbf_ledger.suppression import Pseudonyms, Suppression
from rtbf_ledger.tombstones import Scope, forms_of, suppress

DEVICE = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
OTHER = "3f2504e0-4f89-11d3-9a0c-0305e82c3302"
NAMESPACES = {
    name: Namespace(name=name, kind=kind)
    for name, kind in (("account", Kind.INTEGER), ("email", Kind.EMAIL), ("device", Kind.UUID))
}
GONE = {"account": ["42", "4294967338"], "email": ["eva@films.example"], "device": [DEVICE]}


@pytest.fixture
def suppression(ledger, file_one):
    """The list with two accounts, an e-mail address and a device on it."""
    keys = {"training": ledger.keys.named("pseudonym/training")}
    made = [form for name, values in GONE.items() for value in values for form in forms_of(name, value, keys)]
    suppress(ledger, file_one(), made, scope=Scope.DATA_BEFORE)
    return Suppression(ledger, NAMESPACES)


@pytest.fixture
def training(ledger):
    """Make the pseudonym of an account as the training set has it."""
    maker = Pseudonyms(partial(pseudonym_key, ledger), NAMESPACES)
    return lambda value: maker.pseudonym("account", str(value), "training")


def by_arrow(suppression, table, namespace, form):
    """Filter as a pyarrow table."""
    return suppression.filter_arrow(table, "Key of row", namespace, form=form)


def by_polars(suppression, table, namespace, form):
    """Filter as a polars frame."""
    frame = suppression.filter_polars(pl.from_arrow(table), "Key of row", namespace, form=form)
    return frame.to_arrow()


def by_duckdb(suppression, table, namespace, form):
    """Filter as a DuckDB relation."""
    with duckdb.connect() as connection:
        relation = connection.from_arrow(table)
        return suppression.filter_duckdb(relation, "Key of row", namespace, form=form).to_arrow_table()


ENGINES = [by_arrow, by_polars, by_duckdb]
# values of the key column, its type, the namespace, the positions of rows that go
COLUMNS = {
    "int64": ([41, 42, None, 43, 420, 4294967338, 42], pa.int64(), "account", [1, 5, 6]),
    "int32": ([42, None, 4, 2], pa.int32(), "account", [0]),
    "text": (
        ["42", " 0042", "+42", "-42", "4 2", "42.0", None, "", "x42"],
        pa.string(),
        "account",
        [0, 1, 2],
    ),
    "float": ([42.0, 42.5, None, 4.2], pa.float64(), "account", [0]),
    "decimal": ([Decimal("42.00"), Decimal("42.10"), None], pa.decimal128(12, 2), "account", [0]),
    "email": (
        ["Eva@Films.example ", "eva@films.example.org", "xeva@films.example", None],
        pa.string(),
        "email",
        [0],
    ),
    "device": ([DEVICE.upper(), OTHER, f"{{{DEVICE}}}", None, DEVICE[:-1]], pa.string(), "device", [0, 2]),
    "raw device": (
        [uuid.UUID(DEVICE).bytes, uuid.UUID(OTHER).bytes, None],
        pa.binary(),
        "device",
        [0],
    ),
    "nobody": ([1, None, 3], pa.int64(), "account", []),
    "everybody": ([42, 42], pa.int64(), "account", [0, 1]),
    "no rows": ([], pa.int64(), "account", []),
    "only null": ([None, None], pa.int64(), "account", []),
}


def kept_rows(engine, suppression, keys, namespace, form="plain"):
    """Return the numbers of the rows that an engine keeps."""
    table = pa.table({"row": pa.array(range(len(keys)), pa.int64()), "Key of row": keys})
    return engine(suppression, table, namespace, form).column("row").to_pylist()


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.__name__)
def test_exactly_the_suppressed_rows_go(suppression, engine):
    """NULL keys, neighbours, prefixes and values of no kind stay, in their order."""
    for name, (values, kind, namespace, gone) in COLUMNS.items():
        found = kept_rows(engine, suppression, pa.array(values, kind), namespace)
        assert [row for row in range(len(values)) if row not in gone] == found, name


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.__name__)
def test_pseudonyms_go_in_every_way_they_are_written(suppression, training, engine):
    """Hex in any case, or 32 raw bytes; the plain identifier in that column is nobody's pseudonym."""
    mine, other = training(42), training(43)
    written = pa.array([mine, mine.upper(), other, None, "42"])
    assert [2, 3, 4] == kept_rows(engine, suppression, written, "account", "pseudonym:training")
    raw = pa.array([bytes.fromhex(mine), bytes.fromhex(other), None], pa.binary())
    assert [1, 2] == kept_rows(engine, suppression, raw, "account", "pseudonym:training")
    assert [0, 1, 2, 3, 4] == kept_rows(engine, suppression, written, "account", "pseudonym:another")


def test_a_dictionary_column_and_chunks_are_filtered_too(suppression):
    """As Parquet files give them."""
    keys = pa.chunked_array([["42", None], ["43"], ["42"]]).dictionary_encode()
    assert [1, 2] == kept_rows(by_arrow, suppression, keys, "account")


def test_the_same_digits_of_another_namespace_stay(suppression):
    """A listed account says nothing about a device of that number."""
    assert [True, False] == suppression.suppressed(["42", "43"], "account")
    assert [False, False] == suppression.suppressed(["42", "43"], "email")


def test_the_list_is_read_once(ledger, suppression):
    """An object filters one rebuild consistently; the next one sees who came back."""
    assert [True] == suppression.suppressed([42], "account")
    readmit(ledger, "account", "42", reason="new_contract", staff="staff-7")
    assert [True] == suppression.suppressed([42], "account")
    assert [False] == Suppression(ledger, NAMESPACES).suppressed([42], "account")


def test_a_readmitted_person_is_kept_in_pseudonymised_data_too(ledger, suppression, training):
    """The counter-entry answers every form."""
    readmit(ledger, "account", "42", reason="new_contract", staff="staff-7")
    found = Suppression(ledger, NAMESPACES).suppressed([training(42)], "account", form="pseudonym:training")
    assert [False] == found


def test_an_undeclared_namespace_is_refused(suppression):
    """Rather than filter nothing."""
    with pytest.raises(NamespaceError, match="'acount' is not declared; declared: account, device, email"):
        suppression.suppressed([42], "acount")


def test_a_list_made_with_another_key_is_refused(ledger, suppression):
    """A rebuild with a lost key would bring everybody back."""
    (ledger.keys.path / "tombstone.key").write_bytes(os.urandom(32))
    with pytest.raises(KeyFolderError, match="another tombstone key"):
        suppression.suppressed([42], "account")


def test_a_pseudonym_is_of_the_canonical_form(ledger, training):
    """However the identifier is written; another key, another pseudonym."""
    expected = pseudonym_of("42", ledger.keys.named("pseudonym/training"))
    assert [expected] * 3 == [training(value) for value in (42, " 0042", "+42")]
    assert expected != Pseudonyms(partial(pseudonym_key, ledger), NAMESPACES).pseudonym(
        "account", "42", "ads"
    )


def test_a_pseudonym_of_nothing_is_refused_without_the_value(training):
    """The error names the namespace only."""
    with pytest.raises(ValueError, match="no account") as caught:
        training("eva@films.example")
    assert "eva" not in str(caught.value)
