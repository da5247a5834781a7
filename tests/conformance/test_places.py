"""Wherever an identifier can stand, and whatever is done to it: afterwards no byte of the file holds it."""

import json
import uuid

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import in_text, mention, pseudonym
from lineage_assets.identifiers import pseudonym_of
from tests.conformance.inside import Inside
from tests.conformance.people import (
    EMAILS,
    GONE,
    GROUP,
    KEYS,
    NEEDLES,
    READERS,
    ROWS,
    STAY,
    SUBJECTS,
    account,
    columns,
    email,
    person_of,
)
from tests.rtbf_jobs.erasers.lake import HMAC_KEYS, order_for, run, sought

LAYOUTS = {
    "dictionaries, page index": {"write_page_index": True, "max_rows_per_page": 7, "compression": "none"},
    "plain v2 pages": {"use_dictionary": False, "data_page_version": "2.0", "compression": "none"},
    "zstd, checksums": {"compression": "zstd", "write_page_checksum": True},
}


def device(person):
    """Return a person's device."""
    return uuid.UUID(int=0x6F9619FF8B86D011B42D00CF4FC96400 + person)


def hashed(person):
    """Return what a training set keeps instead of a person's account."""
    return bytes.fromhex(pseudonym_of(str(account(person)), HMAC_KEYS["training"]))


MAIL, DEVICE = lambda person: email(person).encode(), lambda person: device(person).bytes
PLACES = {
    "uuid in 16 bytes": ("k", "device", pa.uuid(), lambda p: device(p).bytes, DEVICE),
    "uuid as text": ("k", "device", pa.string(), lambda p: str(device(p)), lambda p: str(device(p)).encode()),
    "pseudonym in 32 bytes": ("k", pseudonym("account", hmac_key="training"), pa.binary(32), hashed, hashed),
    "unsigned": ("k", "account", pa.uint64(), account, lambda p: account(p).to_bytes(8, "little")),
    "number as text": (
        "k",
        "account",
        pa.large_string(),
        lambda p: f" {account(p)}",
        lambda p: b"%d" % account(p),
    ),
    "bytes": ("k", "email", pa.binary(), MAIL, MAIL),
    "dictionary": ("k", "email", pa.dictionary(pa.int8(), pa.string()), email, MAIL),
    "struct": (
        "k.a.b",
        "email",
        pa.struct([("a", pa.struct([("b", pa.string())]))]),
        lambda p: {"a": {"b": email(p)}},
        MAIL,
    ),
    "list": ("k[]", "email", pa.list_(pa.string()), lambda p: [None, email(p)], MAIL),
    "map's value": (
        "k[].value",
        "email",
        pa.map_(pa.string(), pa.string()),
        lambda p: [("x", email(p))],
        MAIL,
    ),
    "map's key": ("k[].key", "email", pa.map_(pa.string(), pa.int8()), lambda p: [(email(p), 1)], MAIL),
    "JSON": ("k::by.mail", "email", pa.string(), lambda p: json.dumps({"by": {"mail": email(p)}}), MAIL),
    "JSON type": ("k::by", "email", pa.json_(), lambda p: json.dumps({"by": email(p)}), MAIL),
}


def write(path, layout, **more):
    """Write the people with more columns."""
    pq.write_table(pa.table(columns(**more)), path, row_group_size=GROUP, **LAYOUTS[layout])
    return path


def made(kind, values):
    """Return a column of a type, extension types too."""
    plain = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    built = pa.array(values, pa.string()) if pa.types.is_dictionary(kind) else pa.array(values, plain)
    built = built.cast(plain) if pa.types.is_dictionary(kind) else built
    return kind.wrap_array(built) if isinstance(kind, pa.BaseExtensionType) else built


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", PLACES)
def test_key_in_every_place(tmp_path, name, layout):
    """The rows go by a key that stands there, and take every trace of it with them."""
    path, key, kind, value, needle = PLACES[name]
    cells = [None if n % 9 == 5 else value(person_of(n)) for n in range(ROWS)]
    more = {"account": pa.nulls(ROWS, pa.int64()), "email": pa.nulls(ROWS), "k": made(kind, cells)}
    file = write(tmp_path / "a.parquet", layout, **more)
    needles = [needle(person) for person in GONE]
    assert Inside(file).hiding(needles)
    found = [
        sought(space, str(text(person)))
        for person in GONE
        for space, text in (("account", account), ("email", email), ("device", device))
    ]
    receipt, _ = run(order_for(file, {path: key}, *found))
    stay = [n for n in range(ROWS) if person_of(n) not in GONE or n % 9 == 5]
    assert ROWS - len(stay) == receipt.rows_matched
    assert [] == Inside(file).hiding(needles)
    assert b"" == Inside(file).unreferred()
    for reader, read in READERS.items():
        assert stay == read(file)["n"].to_pylist(), reader


@pytest.mark.parametrize("layout", LAYOUTS)
def test_redacted_values_leave_no_trace(tmp_path, layout):
    """The rows stay, their cells are null, and neither dictionary nor statistics know what was there."""
    path = write(tmp_path / "a.parquet", layout)
    assert Inside(path).hiding(NEEDLES)
    names = ["account", "email"]
    receipt, _ = run(order_for(path, KEYS, *SUBJECTS, erasure=Erasure.REDACT_COLUMNS, redact=names))
    assert ROWS - len(STAY) == receipt.rows_matched
    assert [] == Inside(path).hiding(NEEDLES)
    assert b"" == Inside(path).unreferred()
    expected = pa.table(columns()).to_pylist()
    for n in set(range(ROWS)) - set(STAY):
        expected[n] |= dict.fromkeys(names)
    for reader, read in READERS.items():
        assert expected == read(path).to_pylist(), reader


@pytest.mark.parametrize("layout", LAYOUTS)
def test_mentions_leave_no_trace(tmp_path, layout):
    """Somebody else's rows stay; the erased go out of their lists and free texts."""
    friends = [[email(person_of(n)), email((n * 7) % 30), None] for n in range(ROWS)]
    notes = [f"ask {email((n * 11) % 30)}!" for n in range(ROWS)]
    more = {"account": pa.nulls(ROWS, pa.int64()), "email": pa.nulls(ROWS), "friends": friends, "note": notes}
    path = write(tmp_path / "a.parquet", layout, **more)
    keys = {"n": "account", "friends[]": mention("email"), "note": in_text("email")}
    run(order_for(path, keys, *(one for one in SUBJECTS if one.namespace == "email")))
    gone = {email(person) for person in GONE}
    for reader, read in READERS.items():
        after = read(path)
        assert [[f for f in each if f not in gone] for each in friends] == after["friends"].to_pylist(), (
            reader
        )
        kept = [None if any(one in note for one in gone) else note for note in notes]
        assert kept == after["note"].to_pylist(), reader
    assert [] == Inside(path).hiding([one.encode() for one in gone])
    assert b"" == Inside(path).unreferred()


def written_by_pandas(path):
    """Write a pandas category: every row group gets the whole dictionary."""
    pd.DataFrame({"n": range(ROWS), "email": pd.Categorical(EMAILS)}).to_parquet(path, row_group_size=GROUP)


def written_without_arrow_schema(path):
    """Write an Arrow dictionary, and nothing that says so."""
    table = pa.table({"n": range(ROWS), "email": pa.array(EMAILS).dictionary_encode()})
    pq.write_table(table, path, row_group_size=GROUP, store_schema=False, write_page_index=True)


def written_with_nobodys_entry(path):
    """Write a dictionary with people who have no row anywhere in the file."""
    frame = pd.DataFrame({"n": range(ROWS), "email": pd.Categorical(EMAILS)})
    frame = frame[~frame["email"].isin([email(person) for person in GONE])]
    frame.to_parquet(path, row_group_size=GROUP, index=False)


@pytest.mark.parametrize(
    "write_file", [written_by_pandas, written_without_arrow_schema, written_with_nobodys_entry]
)
def test_entry_of_a_dictionary_that_no_row_has_is_a_trace(tmp_path, write_file):
    """A writer that was given a dictionary writes all of it into each row group, whoever is in that group."""
    path = tmp_path / "a.parquet"
    write_file(path)
    before = READERS["polars"](path)["n"].to_pylist()
    needles = [email(person).encode() for person in GONE]
    assert Inside(path).hiding(needles)
    run(order_for(path, {"email": "email"}, *(one for one in SUBJECTS if one.namespace == "email")))
    assert [] == Inside(path).hiding(needles)
    stay = [n for n in before if EMAILS[n] is None or person_of(n) not in GONE]
    for reader, read in READERS.items():
        assert stay == read(path)["n"].to_pylist(), reader
    assert () == run(order_for(path, {"email": "email"}, *SUBJECTS))[0].files
