"""The proof must fail for every broken twin of a rewrite."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import mention
from rtbf_jobs.erasers import EraseRefused, TripleBroken
from rtbf_jobs.erasers.matching import wanted
from rtbf_jobs.erasers.parquet_file.cells import same
from rtbf_jobs.erasers.parquet_file.find import survey
from rtbf_jobs.erasers.parquet_file.prove import prove as prove_rewrite
from rtbf_jobs.erasers.parquet_file.source import local
from tests.rtbf_jobs.erasers.lake import order_for, sought, write

OLD = {"user_id": [42, 1, None, 2], "by": [1, 42, None, 3], "x": [1.0, float("nan"), None, 4.0]}
GOOD = {"user_id": [1, None, 2], "by": [None, None, 3], "x": [float("nan"), None, 4.0]}
SCHEMA = pa.schema([("user_id", pa.int64()), ("by", pa.int64()), ("x", pa.float64())])
DELETE = {"keys": {"user_id": "account", "by": mention("account")}}
REDACT = {"keys": {"user_id": "account"}, "erasure": Erasure.REDACT_COLUMNS, "redact": ["user_id", "x"]}
REDACTED = OLD | {"user_id": [None, 1, None, 2], "x": [None, *OLD["x"][1:]]}


def prove(tmp_path, new, more, schema=SCHEMA, **options):
    """Check a made-up new file against the old one."""
    path = write(tmp_path / "a.parquet", list(OLD.values()), SCHEMA)
    order = order_for(path, subjects=[sought("account", "42")], **more)
    (found,) = survey(order, wanted(order))[1]
    made = write(tmp_path / "new.bin", list(new.values()), schema, **options)
    with local(path) as old, local(made) as file:
        prove_rewrite(order, wanted(order), found, old, file)


@pytest.mark.parametrize(("new", "more"), [(GOOD, DELETE), (REDACTED, REDACT)])
def test_right_rewrite_proves_itself(tmp_path, new, more):
    """NaN is the same as NaN."""
    assert prove(tmp_path, new, more) is None


@pytest.mark.parametrize(
    ("new", "more"),
    [
        (OLD, DELETE),
        (GOOD | {"user_id": [42, None, 2]}, DELETE),
        (GOOD | {"by": [42, None, 3]}, DELETE),
        (GOOD | {"x": [0.0, None, 4.0]}, DELETE),
        (GOOD | {"user_id": [2, None, 1]}, DELETE),
        (GOOD | {"by": [None, None, None]}, DELETE),
        ({name: values[:2] for name, values in GOOD.items()}, DELETE),
        ({name: values[::2] for name, values in GOOD.items()}, DELETE),
        ({name: [*values, None] for name, values in GOOD.items()}, DELETE),
        ({name: [] for name in GOOD}, DELETE),
        (REDACTED | {"x": OLD["x"]}, REDACT),
        (REDACTED | {"by": [None, 42, None, 3]}, REDACT),
        (REDACTED | {"x": [None, None, None, 4.0]}, REDACT),
    ],
)
def test_broken_twin_is_found(tmp_path, new, more):
    """A row too many or too few, a match left, a stranger's value changed, rows in another order."""
    with pytest.raises(TripleBroken):
        prove(tmp_path, new, more)


def test_row_groups_cut_otherwise_are_found(tmp_path):
    """The rows are right, their boundaries are not."""
    with pytest.raises(TripleBroken):
        prove(tmp_path, GOOD, DELETE, row_group_size=2)


@pytest.mark.parametrize(
    ("schema", "options"),
    [
        (SCHEMA, {"compression": "gzip"}),
        (SCHEMA, {"write_page_index": True}),
        (SCHEMA, {"bloom_filter_options": {"user_id": True}}),
        (SCHEMA, {"sorting_columns": [pq.SortingColumn(0)]}),
        (SCHEMA.set(0, pa.field("user_id", pa.int32())), {}),
        (SCHEMA.set(0, pa.field("user_id", pa.int64(), metadata={"PARQUET:field_id": "1"})), {}),
    ],
)
def test_another_shape_is_refused(tmp_path, schema, options):
    """Right rows in a file of another shape are no faithful rewrite."""
    with pytest.raises(EraseRefused):
        prove(tmp_path, GOOD, DELETE, schema, **options)


def test_another_footer_is_found(tmp_path):
    """Key-value metadata that nobody asked to change."""
    with pytest.raises(TripleBroken):
        prove(tmp_path, GOOD, DELETE, SCHEMA.with_metadata({"a": "b"}))


def column(*values, kind=None):
    """Return a column of one chunk per value list."""
    return pa.chunked_array([pa.array(v, kind) for v in values], kind)


def test_same_looks_into_nested_values():
    """NaN inside structs and lists, chunks cut otherwise, dictionaries numbered otherwise."""
    nan = float("nan")
    assert same(column([[nan], None, []]), column([[nan], None], [[]], kind=pa.list_(pa.float64())))
    assert same(column([{"a": nan}, None]), column([{"a": nan}, None]))
    one, two = (pa.chunked_array([pa.array(v).dictionary_encode()]) for v in (["a", "b"], ["b", "a"]))
    assert same(one, two.take([1, 0]))
    assert [False] * 5 == [
        same(column([[nan], None, []]), column([[nan], [], None])),
        same(column([{"a": nan}]), column([{"a": None}], kind=pa.struct([("a", pa.float64())]))),
        same(one, two),
        same(column([[1, 2], [3]]), column([[1], [2, 3]])),
        same(column([1.0]), column([1])),
    ]
