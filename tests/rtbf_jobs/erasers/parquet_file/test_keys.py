"""Keys that a file's columns cannot hold are refused in the footer, before any file is written."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import in_text, mention, pseudonym
from rtbf_jobs.erasers import EraseRefused, Reason
from tests.rtbf_jobs.erasers.lake import order_for, run, snapshot, sought, write

SUBJECTS = (sought("account", "4200000000"), sought("email", "bob@x.com"), sought("account", "42"))


def reason_of(tmp_path, column, keys, good=(42,), **more):
    """Write a good file and one with a column `k`; return why erasing both is refused."""
    if good:
        write(tmp_path / "a.parquet", {"k": pa.array([str(v) for v in good])})
    table = column if isinstance(column, pa.Table) else pa.table({"k": column})
    write(tmp_path / "b.parquet", table.columns, table.schema)
    before = snapshot(tmp_path)
    with pytest.raises(EraseRefused) as told:
        run(order_for(tmp_path, keys, *SUBJECTS, **more))
    assert before == snapshot(tmp_path)
    assert [True, True, False, False] == [w in str(told.value) for w in ("watch_events", "'k", "bob", "42")]
    return told.value.reason


@pytest.mark.parametrize(
    ("values", "namespace"),
    [
        (pa.array([42.0]), "account"),
        (pa.array([True]), "account"),
        (pa.array([Decimal(42)]), "account"),
        (pa.array([dt.datetime(2020, 1, 1)]), "account"),
        (pa.array([42]), "email"),
        (pa.array([42]), "handle"),
        (pa.array([42]), "device"),
        (pa.array([b"x" * 12], pa.binary(12)), "device"),
        (pa.array([b"x" * 16], pa.binary(16)), "account"),
        (pa.array([[42]]), "account"),
        (pa.array([{"a": 42}]), "account"),
    ],
    ids=str,
)
def test_type_that_cannot_hold_the_kind(tmp_path, values, namespace):
    """It would match nothing, without a word."""
    assert Reason.KEY_TYPE is reason_of(tmp_path, values, {"k": namespace})


def test_pseudonym_in_sixteen_bytes(tmp_path):
    """An HMAC-SHA256 has thirty-two."""
    values = pa.array([b"x" * 16], pa.binary(16))
    assert Reason.KEY_TYPE is reason_of(tmp_path, values, {"k": pseudonym("account", hmac_key="training")})


def test_identifier_that_overflows_the_column(tmp_path):
    """4200000000 is no int32: whoever wrote the column cannot have meant this namespace."""
    assert Reason.KEY_OVERFLOW is reason_of(tmp_path, pa.array([42], pa.int32()), {"k": "account"})


def test_renamed_column(tmp_path):
    """The declaration says `k`, this file says something else: a failure, not NULLs."""
    assert Reason.MISSING_KEY is reason_of(tmp_path, pa.table({"other": [1]}), {"k": "account"})


def test_column_name_that_is_there_twice(tmp_path):
    """Which of them is the key?"""
    twice = pa.table([pa.array([1]), pa.array([2])], names=["k", "k"])
    assert Reason.AMBIGUOUS_COLUMN is reason_of(tmp_path, twice, {"k": "account"})


@pytest.mark.parametrize("key", ["k.id", "k[]", "k[].id", "k.a.id"])
def test_nested_path_that_does_not_exist(tmp_path, key):
    """A struct without the field, a scalar that should be a list."""
    values = pa.array([{"a": 1}])
    assert Reason.MISSING_KEY is reason_of(tmp_path, values, {key: "account"}, good=())


@pytest.mark.parametrize("key", [mention("email"), in_text("email")])
def test_mention_in_a_required_field(tmp_path, key):
    """It would have to become null and may not."""
    schema = pa.schema([pa.field("k", pa.string(), nullable=False), pa.field("user_id", pa.int64())])
    table = pa.table([["x"], [1]], schema=schema)
    keys = {"k": key, "user_id": "account"}
    assert Reason.NOT_NULLABLE is reason_of(tmp_path, table, keys, good=())


def test_redacted_column_that_is_required(tmp_path):
    """Redaction needs null."""
    table = pa.table([["42"]], schema=pa.schema([pa.field("k", pa.string(), nullable=False)]))
    more = {"erasure": Erasure.REDACT_COLUMNS, "redact": ["k"]}
    assert Reason.NOT_NULLABLE is reason_of(tmp_path, table, {"k": "account"}, **more)


def test_element_of_a_fixed_size_list(tmp_path):
    """It cannot go without the list's length changing."""
    values = pa.array([[1, 42]], pa.list_(pa.int64(), 2))
    table = pa.table({"k": values, "user_id": [1]})
    keys = {"k[]": mention("account"), "user_id": "account"}
    assert Reason.NOT_NULLABLE is reason_of(tmp_path, table, keys, good=())
