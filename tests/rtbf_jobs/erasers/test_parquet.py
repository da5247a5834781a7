"""Erasing inside Parquet files. Truth is the generator's own list; files are read back with polars."""

import json
import math
import tempfile
from collections import Counter
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import in_text, mention, pseudonym
from lineage_assets.identifiers import pseudonym_of
from rtbf_jobs.erasers import FileChanged
from tests.rtbf_jobs.erasers.lake import HMAC_KEYS, order_for, run, snapshot, sought, write

MINE = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
SHARED = "11111111-2222-3333-4444-555555555555"
SCHEMA = pa.schema(
    [
        pa.field("user_id", pa.int64()),
        pa.field("email", pa.string()),
        pa.field("viewer", pa.struct([pa.field("device_id", pa.string()), pa.field("tv", pa.bool_())])),
        pa.field(
            "viewers", pa.list_(pa.struct([pa.field("account", pa.int32()), pa.field("at", pa.int64())]))
        ),
        pa.field("payload", pa.large_string()),
        pa.field("note", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("at", pa.timestamp("ns", tz="UTC")),
    ]
)
KEYS = {
    "user_id": "account",
    "email": "email",
    "viewer.device_id": "device",
    "viewers[].account": mention("account"),
    "payload::by.account": mention("account"),
    "note": in_text("email"),
}
SUBJECTS = (
    sought("account", "42", 0),
    sought("email", "bob@x.com", 0),
    sought("account", "7", 1),
    sought("device", MINE, 1),
    sought("device", SHARED, 1, shared=True),
)
OWN = {"user_id": {42, 7}, "email": {"bob@x.com", " Bob@X.com "}, "device": {MINE, MINE.upper()}}

accounts = st.sampled_from([None, 42, 7, 4, 2, 421, 142, 70])
emails = st.sampled_from([None, "", "bob@x.com", " Bob@X.com ", "bob@x.co", "bigbob@x.com", "42"])
viewer = st.none() | st.fixed_dictionaries(
    {
        "device_id": st.sampled_from([None, MINE, MINE.upper(), SHARED, MINE[:-1] + "e"]),
        "tv": st.sampled_from([None, True]),
    }
)
row = st.fixed_dictionaries(
    {
        "user_id": accounts,
        "email": emails,
        "viewer": viewer,
        "viewers": st.none()
        | st.lists(
            st.none() | st.fixed_dictionaries({"account": accounts, "at": st.integers(0, 9)}), max_size=3
        ),
        "payload": st.sampled_from(
            [None, "", "no json", '{"by": {"account": 421}}', '{"by": {"account": "42"}, "n": 1}']
        ),
        "note": st.sampled_from([None, "42", "ask bob@x.com!", "ask bob@x.company", "none"]),
        "score": st.sampled_from([None, math.nan, -0.0, 1.5]),
        "at": st.sampled_from([None, 1, 1_700_000_000_123_456_789]),
    }
)


def owned(one):
    """Say by the generator's own rules whether a row is a subject's."""
    device = (one["viewer"] or {}).get("device_id")
    return one["user_id"] in OWN["user_id"] or one["email"] in OWN["email"] or device in OWN["device"]


def unmentioned(one):
    """Return a row of somebody else as it must be afterwards."""
    viewers = one["viewers"]
    if viewers is not None:
        viewers = [v for v in viewers if v is None or v["account"] not in {42, 7}]
    payload = '{"by": {}, "n": 1}' if one["payload"] and '"42"' in one["payload"] else one["payload"]
    note = None if one["note"] == "ask bob@x.com!" else one["note"]
    return one | {"viewers": viewers, "payload": payload, "note": note}


def owners(one):
    """Return the requests whose own a row is."""
    first = one["user_id"] == 42 or one["email"] in OWN["email"]
    second = one["user_id"] == 7 or (one["viewer"] or {}).get("device_id") in OWN["device"]
    return {request for request, own in ((0, first), (1, second)) if own}


def mentions(one):
    """Return whom a row mentions, once a mention, without those whose own it is."""
    listed = [v["account"] for v in one["viewers"] or [] if v is not None]
    first = listed.count(42) + ('"42"' in (one["payload"] or "")) + (one["note"] == "ask bob@x.com!")
    found = {0: first, 1: listed.count(7)}
    return Counter({request: n for request, n in found.items() if n and request not in owners(one)})


def read(root):
    """Read every row below a root with polars, file by file, NaN made comparable."""
    rows = []
    for path in sorted(Path(root).rglob("*.parquet")):
        frame = pl.read_parquet(path).with_columns(pl.col("at").dt.epoch("ns"))
        rows.append([one | {"score": str(one["score"])} for one in frame.to_dicts()])
    return rows


def shown(rows):
    """Return the generator's rows as `read` shows them."""
    return [one | {"score": str(one["score"])} for one in rows]


@settings(max_examples=40)
@given(
    files=st.lists(st.lists(row, max_size=12), min_size=1, max_size=3),
    group=st.integers(1, 5),
    options=st.sampled_from(
        [
            {},
            {"compression": "zstd", "use_dictionary": False},
            {"data_page_version": "2.0", "write_page_index": True},
        ]
    ),
)
def test_nobody_elses_rows_change_and_twice_is_once(files, group, options):
    """Subjects' rows and mentions go; every other row, NULL keys and near-misses too, stays in its place."""
    with tempfile.TemporaryDirectory() as root:
        for number, rows in enumerate(files):
            table = pa.Table.from_pylist(rows, schema=SCHEMA)
            write(f"{root}/{number}.parquet", table.columns, SCHEMA, row_group_size=group, **options)
        before = snapshot(root)
        receipt, told = run(order_for(root, KEYS, *SUBJECTS))
        expected = [[unmentioned(one) for one in rows if not owned(one)] for rows in files]
        assert [shown(rows) for rows in expected] == read(root)
        assert sum(owned(one) for rows in files for one in rows) == receipt.rows_matched
        named = sum((mentions(one) for rows in files for one in rows), Counter())
        assert (named, named.total()) == (receipt.mentions, receipt.mentions_matched)
        assert list(receipt.files) == told
        after = snapshot(root)
        assert len(told) == sum(before[name] != after[name] for name in before)
        again, _ = run(order_for(root, KEYS, *SUBJECTS))
        assert (0, 0, (), after) == (again.rows_matched, again.mentions_matched, again.files, snapshot(root))


@settings(max_examples=20)
@given(rows=st.lists(row, max_size=12), group=st.integers(1, 5))
def test_redaction_keeps_every_row(rows, group):
    """Owned rows lose the named columns and nothing else; the changed cells are counted."""
    names = ["user_id", "email", "viewer", "score"]
    keys = {"user_id": "account", "email": "email", "viewer.device_id": "device"}
    with tempfile.TemporaryDirectory() as root:
        write(
            f"{root}/a.parquet",
            pa.Table.from_pylist(rows, schema=SCHEMA).columns,
            SCHEMA,
            row_group_size=group,
        )
        order = order_for(root, keys, *SUBJECTS, erasure=Erasure.REDACT_COLUMNS, redact=names)
        receipt, _ = run(order)
        expected = [one | dict.fromkeys(names) if owned(one) else one for one in rows]
        assert [shown(expected)] == read(root)
        assert sum(one[n] is not None for one in rows if owned(one) for n in names) == receipt.cells_changed
        assert sum(map(owned, rows)) == receipt.rows_matched
        assert () == run(order)[0].files


def test_rows_are_attributed_to_every_request_that_they_match(tmp_path):
    """One row can be two people's; it is counted once for each and once in all."""
    write(
        tmp_path / "a.parquet",
        {"user_id": [42, 42, 7, 1], "email": ["bob@x.com", None, "bob@x.com", "z@z.z"]},
    )
    receipt, _ = run(order_for(tmp_path, {"user_id": "account", "email": "email"}, *SUBJECTS))
    assert ({0: 3, 1: 1}, 3) == (dict(receipt.owners), receipt.rows_matched)


def test_two_keys_on_one_table_both_count(tmp_path):
    """Peers ran only one delete where two keys shared a table (bigquery-etl #5963)."""
    write(tmp_path / "a.parquet", {"user_id": [42, 1, 2], "email": ["a@a.a", "bob@x.com", "c@c.c"]})
    run(order_for(tmp_path, {"user_id": "account", "email": "email"}, *SUBJECTS))
    assert [2] == pl.read_parquet(tmp_path / "a.parquet")["user_id"].to_list()


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint64(), pa.string(), pa.large_string(), pa.binary()])
def test_integer_ids_in_any_column_that_holds_them(tmp_path, kind):
    """S3F2 deleted nothing, without a word, where a string id met an int column."""
    text = not pa.types.is_integer(kind)
    values = ["42", " 0042", "43", None] if text else [42, 42, 43, None]
    write(tmp_path / "a.parquet", {"k": pa.array(values, kind)})
    receipt, _ = run(order_for(tmp_path, {"k": "account"}, *SUBJECTS))
    assert (2, 2) == (receipt.rows_matched, pl.read_parquet(tmp_path / "a.parquet").height)


def test_dictionary_columns_are_matched_and_stay_so(tmp_path):
    """A categorical key is a key; the Arrow schema in the metadata still says dictionary."""
    path = write(tmp_path / "a.parquet", {"k": pa.array(["bob@x.com", "a@a.a", None]).dictionary_encode()})
    run(order_for(tmp_path, {"k": "email"}, *SUBJECTS))
    assert ["a@a.a", None] == pl.read_parquet(path)["k"].to_list()
    assert pa.types.is_dictionary(pa.parquet.read_schema(path).field("k").type)


@pytest.mark.parametrize("kind", [pa.binary(16), pa.uuid()])
def test_uuids_in_sixteen_bytes(tmp_path, kind):
    """The same UUID, written as bytes, with or without the logical type."""
    mine, other = bytes.fromhex(MINE.replace("-", "")), bytes(16)
    path = write(tmp_path / "a.parquet", {"k": pa.array([mine, other, None], kind), "n": [1, 2, 3]})
    run(order_for(tmp_path, {"k": "device"}, *SUBJECTS))
    assert [2, 3] == pl.read_parquet(path, columns=["n"])["n"].to_list()


@pytest.mark.parametrize("raw", [False, True])
def test_pseudonyms_as_hex_and_as_bytes(tmp_path, raw):
    """A training set keyed by an HMAC forgets the person too."""
    made = [pseudonym_of(v, HMAC_KEYS["training"]) for v in ("42", "421")]
    column = (
        pa.array([bytes.fromhex(m) for m in made], pa.binary(32))
        if raw
        else pa.array([made[0].upper(), made[1]])
    )
    path = write(tmp_path / "a.parquet", {"k": column, "n": [1, 2]})
    run(order_for(tmp_path, {"k": pseudonym("account", hmac_key="training")}, *SUBJECTS))
    assert [2] == pl.read_parquet(path, columns=["n"])["n"].to_list()


def test_owner_keys_inside_lists_and_maps(tmp_path):
    """S3F2 did not find keys inside lists and maps: one element that matches makes the row the owner's."""
    maps = pa.array(
        [[("a", 42)], [("b", 1), ("c", 7)], [("d", 2)], None, []], pa.map_(pa.string(), pa.int64())
    )
    lists = pa.array([None, [[1], [42]], [[1]], [], [None, [7, 1]]], pa.list_(pa.list_(pa.int64())))
    path = write(tmp_path / "a.parquet", {"m": maps, "l": lists, "n": [0, 1, 2, 3, 4]})
    run(order_for(tmp_path, {"m[].value": "account", "l[][]": "account"}, *SUBJECTS))
    assert [2, 3] == pl.read_parquet(path, columns=["n"])["n"].to_list()


def test_mentions_in_maps_and_lists_of_lists(tmp_path):
    """The entry or the innermost element goes; lists stay lists, nulls stay nulls."""
    maps = pa.array([[("a", 42), ("b", 1)], None, [("c", 7)]], pa.map_(pa.string(), pa.int64()))
    lists = pa.array([[[1, 42], None], [[7]], None], pa.list_(pa.list_(pa.int64())))
    path = write(tmp_path / "a.parquet", {"k": [1, 2, 3], "m": maps, "l": lists})
    keys = {"k": "account", "m[].value": mention("account"), "l[][]": mention("account")}
    receipt, _ = run(order_for(tmp_path, keys, *SUBJECTS))
    frame = pl.read_parquet(path)
    assert [[[1], None], [[]], None] == frame["l"].to_list()
    assert [{"b": 1}, None, {}] == frame["m"].to_list()
    assert (4, 4) == (receipt.mentions_matched, receipt.cells_changed)
    assert {0: 2, 1: 2} == dict(receipt.mentions)


def test_a_mention_that_goes_with_another_subjects_row_counts(tmp_path):
    """Both are erased: the row goes with its owner, and is a mention of the other; one's own is none."""
    lists = pa.array([[42, 7], [7, 7], [42]], pa.list_(pa.int64()))
    path = write(tmp_path / "a.parquet", {"k": [42, 7, 1], "l": lists})
    receipt, _ = run(order_for(tmp_path, {"k": "account", "l[]": mention("account")}, *SUBJECTS))
    assert [{"k": 1, "l": []}] == pl.read_parquet(path).to_dicts()
    assert ({0: 1, 1: 1}, {0: 1, 1: 1}) == (dict(receipt.owners), dict(receipt.mentions))
    assert (2, 2, 1) == (receipt.rows_matched, receipt.mentions_matched, receipt.cells_changed)


def test_null_parent_of_a_nested_key_is_nobodys(tmp_path):
    """S3F2 crashed there. A null struct holds no key: the row stays, and stays null."""
    kind = pa.struct([pa.field("inner", pa.struct([pa.field("id", pa.int64())]))])
    rows = [None, {"inner": None}, {"inner": {"id": None}}, {"inner": {"id": 42}}, {"inner": {"id": 1}}]
    path = write(tmp_path / "a.parquet", {"s": pa.array(rows, kind), "n": list(range(5))})
    run(order_for(tmp_path, {"s.inner.id": "account"}, *SUBJECTS))
    assert [0, 1, 2, 4] == pl.read_parquet(path, columns=["n"])["n"].to_list()
    assert 1 == pa.parquet.read_table(path)["s"].null_count


def test_scalar_and_struct_mentions_are_nulled_in_place(tmp_path):
    """The row is somebody else's: only the field goes."""
    rows = [{"id": 42, "x": 1}, {"id": 1, "x": 2}, None]
    columns = {
        "k": [1, 2, 3],
        "s": pa.array(rows, pa.struct([("id", pa.int64()), ("x", pa.int64())])),
        "by": [7, 1, 42],
    }
    path = write(tmp_path / "a.parquet", columns)
    keys = {"k": "account", "s.id": mention("account"), "by": mention("account")}
    run(order_for(tmp_path, keys, *SUBJECTS))
    frame = pl.read_parquet(path)
    assert [{"id": None, "x": 1}, {"id": 1, "x": 2}, None] == frame["s"].to_list()
    assert [None, 1, None] == frame["by"].to_list()


def test_json_mentions_inside_a_dictionary_column(tmp_path):
    """Re-encoding keeps the column's Arrow type."""
    column = pa.array(['{"id": 42, "n": 1}', '{"id": 1}', None]).dictionary_encode()
    path = write(tmp_path / "a.parquet", {"k": [1, 2, 3], "j": column})
    run(order_for(tmp_path, {"k": "account", "j::id": mention("account")}, *SUBJECTS))
    assert [{"n": 1}, {"id": 1}, None] == [j and json.loads(j) for j in pl.read_parquet(path)["j"].to_list()]


def test_a_file_that_becomes_empty_stays_a_valid_file(tmp_path):
    """S3F2 #225. Polars, fastparquet and pyarrow read it, with the same columns and no rows."""
    path = write(tmp_path / "a.parquet", {"user_id": [42, 7], "name": ["a", "b"]})
    receipt, _ = run(order_for(tmp_path, {"user_id": "account"}, *SUBJECTS))
    import fastparquet

    assert (0, 2) == (receipt.files[0].rows_after, receipt.files[0].rows_matched)
    assert {"user_id": pl.Int64, "name": pl.String} == dict(pl.read_parquet(path).schema)
    assert (0, ["user_id", "name"]) == (
        fastparquet.ParquetFile(path).count(),
        fastparquet.ParquetFile(path).columns,
    )


def test_row_group_boundaries_stay_and_empty_groups_go(tmp_path):
    """Readers that split by row group keep their splits."""
    path = write(tmp_path / "a.parquet", {"user_id": [1, 42, 42, 7, 3, 4, 5]}, row_group_size=2)
    run(order_for(tmp_path, {"user_id": "account"}, *SUBJECTS))
    meta = pa.parquet.read_metadata(path)
    assert [1, 2, 1] == [meta.row_group(i).num_rows for i in range(meta.num_row_groups)]


def test_files_without_matches_are_not_touched(tmp_path):
    """Same bytes, same inode."""
    write(tmp_path / "a.parquet", {"user_id": [1]})
    write(tmp_path / "b.parquet", {"user_id": [42]})
    before = snapshot(tmp_path)
    receipt, _ = run(order_for(tmp_path, {"user_id": "account"}, *SUBJECTS))
    changed = [str(name) for name, was in snapshot(tmp_path).items() if was != before[name]]
    assert (["b.parquet"], 2, 1) == (changed, receipt.files_scanned, len(receipt.files))


def test_file_changed_under_us_is_left_alone(tmp_path):
    """A writer came between reading and renaming: its rows stay, and no temporary is left."""
    path = write(tmp_path / "a.parquet", {"user_id": [42, 1]})

    def late_writer():
        write(path, {"user_id": [42, 1, 2]})

    with pytest.raises(FileChanged):
        run(order_for(tmp_path, {"user_id": "account"}, *SUBJECTS), late_writer)
    assert ([42, 1, 2], ["a.parquet"]) == (
        pl.read_parquet(path)["user_id"].to_list(),
        [p.name for p in tmp_path.iterdir()],
    )


def test_large_row_group_in_many_chunks(tmp_path):
    """Masks line up where columns are chunked differently."""
    number = 30_000
    columns = {
        "user_id": pa.chunked_array([pa.array(range(10_000)), pa.array(range(10_000, number))]),
        "name": pa.chunked_array([pa.array([f"n{i}" * 9 for i in range(number)])]),
    }
    path = write(tmp_path / "a.parquet", columns)
    run(order_for(tmp_path, {"user_id": "account"}, *SUBJECTS))
    frame = pl.read_parquet(path)
    assert [i for i in range(number) if i not in {7, 42}] == frame["user_id"].to_list()
    assert [f"n{i}" * 9 for i in range(number) if i not in {7, 42}] == frame["name"].to_list()
