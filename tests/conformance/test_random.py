"""Random schemas nested four deep, random row groups, settings and subjects, against an oracle."""

import datetime as dt
import random
import tempfile
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.inside import Inside
from tests.conformance.people import READERS, rows
from tests.rtbf_jobs.erasers.lake import order_for, run, snapshot, sought

DEEPEST, PEOPLE = 4, 12
LEAVES = {
    pa.int64(): lambda dice: dice.randrange(-9, 9),
    pa.uint8(): lambda dice: dice.randrange(256),
    pa.bool_(): lambda dice: dice.random() < 0.5,
    pa.float64(): lambda dice: dice.choice([-0.0, 1.5, float("inf")]),
    pa.string(): lambda dice: dice.choice(["", "ä", "x" * 40]),
    pa.large_binary(): lambda dice: dice.randbytes(dice.randrange(5)),
    pa.binary(3): lambda dice: dice.randbytes(3),
    pa.date32(): lambda dice: dt.date(2024, 1, 1 + dice.randrange(31)),
    pa.timestamp("ns"): lambda dice: dice.randrange(2**60),
    pa.decimal128(20, 3): lambda dice: Decimal(dice.randrange(10**15)) / 1000,
    pa.dictionary(pa.int32(), pa.string()): lambda dice: dice.choice(["red", "green"]),
}
leaf = st.sampled_from(list(LEAVES))
plain_leaf = leaf.filter(lambda kind: not pa.types.is_dictionary(kind))


def nested(depth=DEEPEST):
    """Return types up to so many levels deep."""
    if depth == 0:
        return plain_leaf
    inner = nested(depth - 1)
    structs = st.lists(inner, min_size=1, max_size=3).map(
        lambda kinds: pa.struct([(f"f{i}", kind) for i, kind in enumerate(kinds)])
    )
    lists = st.one_of(inner.map(pa.list_), inner.map(pa.large_list))
    maps = inner.map(lambda kind: pa.map_(pa.string(), kind))
    return st.one_of(plain_leaf, structs, lists, maps)


def value_of(kind, dice, leaves=None):
    """Return a value of a type, null now and then; `leaves` makes the values at the end of the key's path."""
    if dice.random() < 0.15:
        return None
    if pa.types.is_map(kind):
        keys = [f"k{i}" for i in range(dice.randrange(3))]
        return [(key, value_of(kind.item_type, dice, leaves)) for key in keys]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [value_of(kind.value_type, dice, leaves) for _ in range(dice.randrange(4))]
    if pa.types.is_struct(kind):
        return {field.name: value_of(field.type, dice, leaves) for field in kind}
    return leaves(dice) if leaves else LEAVES[kind](dice)


def path_and_type(steps, kind):
    """Return the key's path and the type of its column."""
    path = "key"
    for step in steps:
        path += {"field": ".f", "list": "[]", "large list": "[]", "map": "[].value"}[step]
    for step in reversed(steps):
        kind = {
            "field": lambda inner: pa.struct([("f", inner)]),
            "list": pa.list_,
            "large list": pa.large_list,
            "map": lambda inner: pa.map_(pa.string(), inner),
        }[step](kind)
    return path, kind


def held(value, steps):
    """Yield what is at the end of the key's path in one row."""
    if value is None:
        return
    if not steps:
        yield value
        return
    inner = [value["f"]] if steps[0] == "field" else value
    for one in [entry[1] for entry in inner] if steps[0] == "map" else inner:
        yield from held(one, steps[1:])


options = st.fixed_dictionaries(
    {
        "compression": st.sampled_from(["none", "snappy", "zstd", "gzip"]),
        "data_page_version": st.sampled_from(["1.0", "2.0"]),
        "use_dictionary": st.booleans(),
        "write_page_index": st.booleans(),
        "write_page_checksum": st.booleans(),
        "max_rows_per_page": st.sampled_from([1, 3, 20_000]),
        "write_batch_size": st.sampled_from([1, 1024]),
        "write_statistics": st.booleans(),
        "store_schema": st.booleans(),
    }
)
cases = st.fixed_dictionaries(
    {
        "steps": st.lists(st.sampled_from(["field", "list", "large list", "map"]), max_size=DEEPEST),
        "text": st.booleans(),
        "others": st.lists(nested() | leaf, max_size=3),
        "groups": st.lists(st.integers(0, 9), min_size=1, max_size=6),
        "subjects": st.sets(st.integers(0, PEOPLE - 1), min_size=1, max_size=PEOPLE),
        "options": options,
        "seed": st.integers(0, 2**32 - 1),
    }
)


def tables(case):
    """Return one table a row group, and the n of the rows that no subject owns."""
    dice = random.Random(case["seed"])
    key_type = pa.string() if case["text"] else pa.int64()
    path, kind = path_and_type(case["steps"], key_type)
    fields = [pa.field("n", pa.int32()), pa.field("key", kind)]
    fields += [pa.field(f"c{i}", other) for i, other in enumerate(case["others"])]
    made, stay, n = [], [], 0
    for size in case["groups"]:
        keys = [
            value_of(kind, dice, lambda d: str(person(d)) if case["text"] else person(d)) for _ in range(size)
        ]
        others = [[value_of(other, dice) for _ in range(size)] for other in case["others"]]
        arrays = [range(n, n + size), keys, *others]
        made.append(
            pa.table([pa.array(a, f.type) for a, f in zip(arrays, fields, strict=True)], pa.schema(fields))
        )
        stay += [
            n + i
            for i, key in enumerate(keys)
            if not {int(found) for found in held(key, case["steps"])} & case["subjects"]
        ]
        n += size
    return path, made, stay


def person(dice):
    """Return somebody."""
    return dice.randrange(PEOPLE)


def check(case):
    """Erase the subjects of a case; what is left is what the oracle says, to every reader."""
    path, made, stay = tables(case)
    with tempfile.TemporaryDirectory() as root:
        file = Path(root, "a.parquet")
        with pq.ParquetWriter(file, made[0].schema, **case["options"]) as writer:
            for table in made:
                writer.write_table(table)
        before, was = {name: read(file) for name, read in READERS.items()}, snapshot(root)
        order = order_for(file, {path: "account"}, *(sought("account", str(s)) for s in case["subjects"]))
        receipt, _ = run(order)
        total = sum(case["groups"])
        assert total - len(stay) == receipt.rows_matched
        if total == len(stay):
            assert was == snapshot(root)
        for name, read in READERS.items():
            after = read(file)
            assert stay == after["n"].to_pylist(), name
            assert rows(before[name], stay) == rows(after), name
        assert rows(pa.concat_tables(made), stay) == rows(READERS["pyarrow"](file))
        assert total == len(stay) or Inside(file).unreferred() == b""


@settings(max_examples=40, deadline=None)
@given(case=cases)
def test_random_file(case):
    check(case)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(case=cases)
def test_many_random_files(case):
    check(case)
