"""What kind of identifier a key holds is taken from its column's type."""

import pyarrow as pa
import pytest

from lineage_assets.declarations import Format
from lineage_assets.identifiers import Kind
from lineage_assets.paths import KeyPath
from rtbf_jobs.files.errors import FileRefused
from rtbf_jobs.files.ids import Ids
from rtbf_jobs.files.order import Sieve

SCHEMA = pa.schema(
    {
        "id": pa.uint32(),
        "user": pa.struct({"id": pa.int64(), "mail": pa.string()}),
        "viewers": pa.list_(pa.struct({"id": pa.int32()})),
        "seen": pa.map_(pa.int64(), pa.string()),
        "code": pa.dictionary(pa.int8(), pa.int64()),
        "device": pa.uuid(),
        "raw": pa.binary(16),
        "payload": pa.string(),
        "weight": pa.float64(),
        "price": pa.decimal128(9, 2),
        "born": pa.date32(),
    }
)


def kinds(key, *ids, kind=None, schema=SCHEMA):
    """Return the kind that a key is taken to hold."""
    sieve = Sieve(keys=(KeyPath.parse(key),), ids=Ids(ids, tuple("line" for _ in ids)), kind=kind)
    return sieve.kinds(schema)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("id", Kind.INTEGER),
        ("user.id", Kind.INTEGER),
        ("viewers[].id", Kind.INTEGER),
        ("seen[].key", Kind.INTEGER),
        ("code", Kind.INTEGER),
        ("device", Kind.UUID),
        ("raw", Kind.UUID),
        ("user.mail", Kind.EMAIL),
        ("payload::account", Kind.EMAIL),
    ],
)
def test_the_columns_type_says_it(key, kind):
    assert (kind,) == kinds(key, "bob@example.com")


@pytest.mark.parametrize("key", ["missing", "user.missing", "id.inner", "id[]", "viewers.id"])
def test_a_key_that_is_not_there_is_refused(key):
    """A renamed column is never zero matches."""
    with pytest.raises(FileRefused, match="not there"):
        kinds(key, "bob@example.com")


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("user", "key 'user' is no value but a struct: name one of its fields ('id', 'mail') after a dot"),
        ("viewers", "key 'viewers' is no value but a list: write [] after it"),
        ("viewers[]", "key 'viewers[]' is no value but a struct: name one of its fields ('id') after a dot"),
        ("seen", "key 'seen' is no value but a map: write [].key or [].value after it"),
        ("weight", "key 'weight' holds double, and no ids"),
        ("price", "key 'price' holds decimal128(9, 2), and no ids"),
        ("born", "key 'born' holds date32[day], and no ids"),
        ("id::account", "key 'id::account' holds uint32, and no ids"),
    ],
)
def test_a_key_that_holds_no_ids_is_refused_by_what_it_is(key, why):
    with pytest.raises(FileRefused) as refused:
        kinds(key, "1001")
    assert str(refused.value).startswith(why)


def test_many_ids_are_taken_apart_once(tmp_path):
    """Two files, one set of sought values; what each file remembers is its own."""
    sieve = Sieve(keys=(KeyPath.parse("id"),), ids=Ids(("1", "2"), ("line 1", "line 2")))
    orders = [sieve.order(tmp_path / name, Format.CSV, (Kind.INTEGER,)) for name in ("a.csv", "b.csv")]
    (one,), (two,) = (sieve.wants(order, (Kind.INTEGER,)) for order in orders)
    assert {"1", "2"} == set(one.values)
    assert one.values is two.values
    assert one.known is not two.known


def test_text_and_numbers_ask_for_a_word_and_take_it():
    for schema in (SCHEMA, None):
        with pytest.raises(FileRefused, match="--kind"):
            kinds("user.mail", "1001", schema=schema)
        assert (Kind.INTEGER,) == kinds("user.mail", "1001", kind=Kind.INTEGER, schema=schema)
