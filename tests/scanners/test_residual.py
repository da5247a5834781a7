"""The residual scan against canaries planted by the test, which keeps its own list of them."""

import json
import random
from dataclasses import replace

import fastparquet
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage_assets.declaring import in_text, mention, pseudonym
from lineage_assets.identifiers import Sought, pseudonym_of
from scanners.residual import Hit, linked

UUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
MAIL = Sought(namespace="email", value="bob@x.com", request=0)
PHONE = Sought(namespace="phone", value="+49301234567", request=0)
DEVICE = Sought(namespace="device", value=UUID, request=0)
MEMBER = Sought(namespace="member", value="M-123456", request=0)
ANN = Sought(namespace="account", value="42", request=0)
HASH = pseudonym_of("42", b"a key of a test")


def write(order, table, name="part-0.parquet"):
    """Write a table into the order's folder, and return its path."""
    path = order.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(table) if isinstance(table, dict) else table, path)
    return path


@pytest.mark.parametrize(
    "kind", [pa.int64(), pa.int32(), pa.uint64(), pa.int8(), pa.string(), pa.large_string()]
)
def test_owner_rows_are_counted_in_every_type_that_can_hold_them(order, look, kind):
    """Integers of every width, and text; NULL keys and neighbours are nobody's."""
    values = [42, 43, None, 42, 4, 2]
    asked = order((ANN,), {"user": "account"})
    write(
        asked,
        {"user": pa.array([v if v is None or pa.types.is_integer(kind) else str(v) for v in values], kind)},
    )

    seen = look(asked)

    assert (seen.owners, seen.rows, seen.rows_matched, seen.clean) == ({0: 2}, 6, 2, False)
    assert (seen.found, seen.residual, seen.not_decidable) == ({(0, "account")}, (), {})


@pytest.mark.parametrize(
    ("sought", "spelled", "others"),
    [
        (MAIL, ["Bob@X.com ", "bob@x.com", "\tBOB@X.COM\r\n"], ["abob@x.com", "bob@x.com.au", "bob+a@x.com"]),
        (PHONE, ["0049 (0)30 123-4567", "+49301234567"], ["+493012345678", "+4930123456", "49301234567"]),
        (DEVICE, [UUID.upper(), "{" + UUID + "}", UUID.replace("-", "")], [UUID[:-1] + "2", UUID + "0"]),
        (MEMBER, [" M-123456"], ["M-1234567", "XM-123456", "m-123456"]),
        (ANN, ["0042", "+42", " 42"], ["4 2", "42.0", "-42", "142"]),
    ],
)
def test_every_spelling_is_found_and_no_neighbour(order, look, sought, spelled, others):
    """Recall and precision of a declared key are 1.0."""
    asked = order((sought,), {"key": sought.namespace})
    write(asked, {"key": [*spelled, None, *others]})

    seen = look(asked)

    assert (seen.owners, seen.residual) == ({0: len(spelled)}, ())


PLANTED = [
    ("bob@x.com", "plain", MAIL),
    ("Write to Bob@X.com, please.", "token", MAIL),
    ('{"who": {"mail": "BOB@x.com"}, "n": 1}', "token", MAIL),
    ('{"t": "a\\nbob@x.com"}', "token", MAIL),
    ('{"t": "bob\\u0040x.com"}', "token", MAIL),
    ("<bob@x.com>; 'ann@x.com'", "token", MAIL),
    ("https://x.com/?e=bob@x.com&y=1", "token", MAIL),
    ("call +49 30 1234567 12.03.2024", "token", PHONE),
    ("0049-30-123 4567", "plain", PHONE),
    ("tel:+49301234567;+15550001111", "token", PHONE),
    ("id_" + UUID.upper() + "_x", "token", DEVICE),
    ("a," + UUID.replace("-", "") + ",b", "token", DEVICE),
    ("M-123456", "plain", MEMBER),
    ("M-999999,M-123456", "token", MEMBER),
    ("key " + HASH.upper(), "pseudonym:training", ANN),
]
NEAR = [
    *["abob@x.com", "bob@x.com.au", "x+bob@x.com", "bob@y.com", "b ob@x.com", "bob at x.com"],
    *["+493012345678", "call 49301234567", "1+4930123456", UUID + "0", "0" + UUID, UUID[:-1] + "f"],
    *["M-1234567", "AM-123456", HASH + "0", HASH[:-1], "42", "", None, "{broken", "\\", "@", "+", "Σ@Σ"],
]
NESTED = {
    "text": lambda v: (v, pa.string(), "odd"),
    "large": lambda v: (v, pa.large_string(), "odd"),
    "struct": lambda v: ({"a b": v, "n": 1}, pa.struct([("n", pa.int64()), ("a b", pa.string())]), "odd.a b"),
    "list": lambda v: ([None, v, "z"], pa.list_(pa.string()), "odd[]"),
    "lists": lambda v: ([[None], None, [v]], pa.list_(pa.list_(pa.string())), "odd[][]"),
    "structs in list": lambda v: ([{"q": v}, None], pa.list_(pa.struct([("q", pa.string())])), "odd[].q"),
    "list in structs": lambda v: (
        [{"q": [v]}, {"q": None}],
        pa.list_(pa.struct([("q", pa.list_(pa.string()))])),
        "odd[].q[]",
    ),
    "map value": lambda v: ([("k", v)], pa.map_(pa.string(), pa.string()), "odd{value}"),
    "map key": lambda v: ([(v or "-", "x")], pa.map_(pa.string(), pa.string()), "odd{key}"),
    "binary": lambda v: (None if v is None else v.encode(), pa.binary(), "odd"),
    "bytes around": lambda v: (None if v is None else b"\xff\x00" + v.encode() + b"\xfe", pa.binary(), "odd"),
}


@pytest.mark.parametrize("nesting", NESTED)
def test_canaries_are_found_in_every_nesting_and_nothing_else(order, look, nesting):
    """Strong identifiers outside keys: recall and precision 1.0, in an asset said to hold nobody."""
    asked = order((MAIL, PHONE, DEVICE, MEMBER, ANN))
    cells = [NESTED[nesting](text) for text in [*(text for text, _, _ in PLANTED), *NEAR]]
    label = cells[0][2]
    write(asked, {"odd": pa.array([cell for cell, _, _ in cells], cells[0][1])})

    seen = look(asked)

    assert (sum(h.count for h in seen.residual), {h.column for h in seen.residual}) == (
        len(PLANTED),
        {label},
    )
    assert not any(h.in_owned_row for h in seen.residual)
    assert seen.found == {(0, s.namespace) for _, _, s in PLANTED}


@pytest.mark.parametrize(("text", "form", "sought"), PLANTED)
def test_each_canary_has_its_form(order, look, text, form, sought):
    """A whole value is plain, a part of one is a token, a hash names its key."""
    asked = order((sought,))
    write(asked, {"note": [None, text, "x"]})

    assert look(asked).residual == (Hit(column="note", form=form, request=0, count=1),)


@pytest.mark.parametrize("text", [near for near in NEAR if near])
def test_near_misses_are_nothing(order, look, text):
    """A neighbour's identifier, a longer one, a broken text: no hit."""
    asked = order((MAIL, PHONE, DEVICE, MEMBER, ANN))
    write(asked, {"note": [text]})

    assert look(asked).residual == ()


def test_hit_in_an_owned_row_is_told_apart(order, look):
    """What goes with its row, and what stays in somebody else's, are two hits."""
    asked = order((ANN, MAIL), {"user": "account"})
    write(asked, {"user": [42, 42, 7, None], "note": ["bob@x.com", "-", "bob@x.com", "to bob@x.com"]})

    seen = look(asked)

    assert seen.residual == (
        Hit(column="note", form="plain", request=0, count=1),
        Hit(column="note", form="plain", request=0, count=1, in_owned_row=True),
        Hit(column="note", form="token", request=0, count=1),
    )


def test_key_columns_are_searched_for_other_namespaces(order, look):
    """An e-mail in a declared login column is residual; the login there is an owner's row and no hit."""
    login = Sought(namespace="login", value="bobby", request=0)
    asked = order((login, MAIL), {"login": "login"})
    write(asked, {"login": ["bobby", "bob@x.com", "Bobby"]})

    seen = look(asked)

    assert (seen.owners, seen.residual) == ({0: 1}, (Hit(column="login", form="plain", request=0, count=1),))


def test_film_titles_that_are_numbers_do_not_trip(order, look):
    """Weak identifiers elsewhere are counted as not decidable, never as residual."""
    titles = ["300", "42", "2012", "21", "10", "9", " 42", "42 Up"]
    asked = order((ANN,), {"user": "account"})
    write(asked, {"user": [1] * 8, "title": titles, "film": [42, 1, 42, 4, 5, 6, 7, 8]})

    seen = look(asked)

    assert (seen.clean, seen.found, seen.not_decidable) == (True, frozenset(), {"title": 2, "film": 2})


def test_pseudonyms_are_keys_in_text_and_in_bytes(order, look):
    """64 hex digits in any case, or 32 bytes; a hash under another key is nobody's."""
    asked = order(
        (ANN,),
        {
            "hex": pseudonym("account", hmac_key="training"),
            "raw": mention(pseudonym("account", hmac_key="training")),
        },
    )
    other = pseudonym_of("42", b"another key")
    raw = pa.array([None, None, bytes.fromhex(HASH), bytes.fromhex(other)], pa.binary(32))
    write(asked, {"hex": [HASH, HASH.upper() + " ", other, None], "raw": raw})

    seen = look(asked)

    assert (seen.owners, seen.mentions, seen.residual) == ({0: 2}, {0: 1}, ())


def test_mentions_count_elements_and_cells(order, look):
    """List elements, structs in lists, JSON fields, invalid JSON as text, and tokens in text."""
    keys = {
        "seen[]": mention("account"),
        "who[].id": mention("account"),
        "doc::by.id": mention("account"),
        "note": in_text("account"),
    }
    asked = order((ANN,), keys | {"user": "account"})
    table = {
        "user": pa.array([1, 2, 3, 4], pa.int64()),
        "seen": pa.array([[42, 7, 42], None, [], [None, 4]], pa.list_(pa.int32())),
        "who": [[{"id": "042"}, {"id": None}], [{"id": "421"}], None, []],
        "doc": ['{"by": {"id": 42}}', '{"by": {"id": "42"}, "at": 42}', '{"at": 42}', '{"by": {"id": 42'],
        "note": ["account 42 rang, 42 again", "4242", None, "x42"],
    }
    write(asked, table)

    seen = look(asked)

    assert (seen.owners, seen.mentions, seen.rows_matched) == ({}, {0: 2 + 1 + 3 + 1}, 0)


def test_shared_device_leaves_rows_undecided(order, look):
    """Rows keyed by a shared device alone need a decision; beside an account they are the account's."""
    shared = replace(DEVICE, shared=True, given=False)
    asked = order((ANN, shared), {"viewer.device": "device"})
    write(asked, {"viewer": [{"device": UUID}, {"device": UUID.upper()}, {"device": None}, None]})

    alone = look(asked)
    both = look(replace(asked, declaration=order_with_account(asked)))

    assert (alone.owners, alone.undecided, alone.rows_matched, alone.clean) == ({}, {0: 2}, 0, True)
    assert (both.undecided, alone.residual, alone.found) == ({}, (), frozenset())


def test_a_row_without_another_owner_is_undecided_whatever_other_keys_its_table_has(order, look):
    """Account and device in one table: judged row by row, not by what the table declares."""
    tv = replace(DEVICE, shared=True, given=False)
    asked = order((ANN, tv), {"user": "account", "device": "device"})
    table = {
        "user": pa.array([42, 7, None, None], pa.int64()),
        "device": [UUID, UUID, UUID, None],
    }
    write(asked, table)

    seen = look(asked)

    assert (seen.owners, seen.undecided, seen.rows_matched) == ({0: 1}, {0: 1}, 1)


def test_an_empty_text_is_no_other_owner(order, look):
    tv = replace(DEVICE, shared=True, given=False)
    asked = order((tv,), {"user": "email", "device": "device"}, format="csv")
    (asked.root / "part.csv").write_text(f'user,device\n"",{UUID}\n,{UUID}\nbob@x.com,{UUID}\n')

    assert look(asked).undecided == {0: 2}


def test_what_one_person_shares_does_not_hide_another_persons_row(order, look):
    """Request 1 shares an e-mail address; request 0, whose device is shared, hears of that row only."""
    tv = replace(DEVICE, shared=True, given=False)
    family = replace(MAIL, request=1, shared=True, given=False)
    asked = order((tv, family), {"mail": "email", "device": "device"})
    write(asked, {"mail": ["bob@x.com", "eve@x.com", None], "device": [UUID, UUID, UUID]})

    assert look(asked).undecided == {0: 1}


def order_with_account(asked):
    """The same declaration, with one more owner key on the same place."""
    path, key = asked.declaration.keys[0]
    more = replace(key, namespace="member")
    return replace(asked.declaration, keys=((path, key), (path, more)))


def test_requests_of_a_batch_are_told_apart(order, look):
    """Rows, mentions and finds are attributed; a row of two requests is one matched row."""
    subjects = (
        ANN,
        replace(ANN, request=1),
        replace(MAIL, request=1, given=False),
        replace(ANN, value="9", request=2),
    )
    asked = order(subjects, {"user": "account", "mail": "email"})
    write(asked, {"user": [42, 7, 9], "mail": ["bob@x.com", "BOB@x.com", None]})

    seen = look(asked)

    assert (seen.owners, seen.rows_matched) == ({0: 1, 1: 2, 2: 1}, 3)
    assert seen.found == {(0, "account"), (1, "account"), (2, "account")}


def test_a_mention_counts_whoever_else_is_sought(order, look):
    """In another's row of the same batch too, and not in one's own: a count is about one person."""
    subjects = (replace(ANN, value="7", request=1), ANN)
    columns = {"user": [42, 7, 1, 42], "seen": [[7, 42], [7, 42], [42, 7], []]}
    counts = []
    for asked_for in (subjects, subjects[:1], subjects[1:]):
        asked = order(asked_for, {"user": "account", "seen[]": mention("account")})
        write(asked, columns)
        counts.append((look(asked).owners, look(asked).mentions))

    assert [({0: 2, 1: 1}, {0: 2, 1: 2}), ({1: 1}, {1: 2}), ({0: 2}, {0: 2})] == counts


def test_leftovers_are_scanned_and_files_are_counted(order, look):
    """Hidden files, leftovers of a writer, odd names and sub-folders are all read; empty files are fine."""
    asked = order((ANN,), {"user": "account"})
    names = ["a.parquet", ".x.tmp", "y=1/b[1]*?.parquet", "z'\".parquet.tmp-3", "noext"]
    paths = [write(asked, {"user": [42, i]}, name) for i, name in enumerate(names)]
    (asked.root / "_SUCCESS").touch()
    other = write(asked, {"user": [1]}, "other.parquet")

    seen = look(asked)

    assert (seen.files, seen.files_matched, seen.owners, seen.rows) == (7, 5, {0: 5}, 11)
    assert seen.bytes_matched == sum(path.stat().st_size for path in paths)
    assert seen.bytes == seen.bytes_matched + other.stat().st_size


def test_layouts_may_differ_where_keys_do_not(order, look):
    """Files of several layouts are several groups, each with the types of its own."""
    asked = order((ANN,), {"user": "account"})
    write(asked, {"user": pa.array([42], pa.int64())}, "a.parquet")
    write(asked, {"more": ["x"], "user": pa.array(["0042"])}, "b.parquet")

    assert look(asked).owners == {0: 2}


def test_odd_column_names_reach_no_sql(order, look):
    """Quotes, dots, blanks, names that differ by case, and names that the engine uses itself."""
    names = [
        'a "q"',
        "it's",
        "a.b",
        "Key",
        "key",
        "filename",
        "file_row_number",
        "file_index",
        "select",
        "c0",
        "ü\n",
    ]
    asked = order((ANN, MAIL), {"a\\.b": "account"})
    write(asked, {name: pa.array(["bob@x.com" if name != "a.b" else "42"]) for name in names})

    seen = look(asked)

    assert seen.owners == {0: 1}
    assert {h.column for h in seen.residual} == {name.replace(".", "\\.") for name in names if name != "a.b"}
    assert all(h.in_owned_row for h in seen.residual)


def test_csv_is_read_strictly_and_whole(order, look):
    """A quoted newline, a semicolon, a byte-order mark and CRLF; rows are rows, not lines."""
    asked = order((ANN, MAIL), {"user": "account"}, format="csv")
    (asked.root / "a.csv").write_bytes(
        b'\xef\xbb\xbfuser;note\r\n0042;"a\r\nbob@x.com"\r\n;\r\n7;"say ""bob@x.com"""\r\n'
    )
    (asked.root / ".a.csv.tmp-1").write_text("user,note\n42,x\n")

    seen = look(asked)

    assert (seen.rows, seen.owners, sum(h.count for h in seen.residual)) == (4, {0: 2}, 2)


def test_csv_rows_keep_their_numbers(order, look):
    """A large CSV with quoted newlines: what stands beside an owner key is told apart."""
    asked = order((ANN, MAIL), {"user": "account"}, format="csv")
    rows = [f'{i},"a\n{i}",x\n' for i in range(60000)]
    rows[30000] = '42,"\nbob@x.com",x\n'
    rows[50000] = '7,"\nbob@x.com",x\n'
    (asked.root / "a.csv").write_text("user,note,z\n" + "".join(rows))

    seen = look(asked)

    assert (seen.rows, seen.owners) == (60000, {0: 2})
    assert [(h.count, h.in_owned_row) for h in seen.residual] == [(1, False), (1, True)]


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x04\x8c\x09bob@x.com\x94.",
        b"x" * 5 + "BOB@X.COM".encode("utf-16-le") + b"\1\0",
        b"bob@x.com",
        b"z" * ((4 << 20) - 4) + b" Bob@x.com\n",
        UUID.replace("-", "").upper().encode(),
        bytes.fromhex(HASH),
    ],
)
def test_bytes_are_searched(order, look, data):
    """A model file, a pickle, UTF-16, and an identifier across the border of two chunks."""
    asked = order((MAIL, DEVICE, ANN), {"user": "account"}, format="binary", erasure="retrain")
    (asked.root / "model.bin").write_bytes(data)

    seen = look(asked)

    assert [(h.column, h.count) for h in seen.residual] == [("(bytes)", 1)]
    assert (seen.files_matched, seen.clean, len(seen.found)) == (1, False, 1)


@pytest.mark.parametrize("data", [b"jimbob@x.com", b"bob@x.comet", (UUID + "a").encode(), b"\0" * 100])
def test_bytes_of_others_are_nothing(order, look, data):
    """What runs into an identifier is another one."""
    asked = order((MAIL, DEVICE, ANN))
    (asked.root / "model.bin").write_bytes(data)

    assert look(asked).clean


def test_file_names_and_footers_are_searched(order, look):
    """A partition folder named for a person, and a note in a footer, are left-overs too."""
    asked = order((MAIL, PHONE))
    table = pa.table({"x": [1]}).replace_schema_metadata({"made by": "bob@x.com"})
    write(asked, table, "mail=bob@x.com/a.parquet")
    write(asked, table, "b.parquet")

    seen = look(asked)

    assert [(h.column, h.form, h.count) for h in seen.residual] == [
        ("(metadata)", "plain", 2),
        ("(path)", "token", 1),
    ]


def test_other_writers_are_read(order, look):
    """fastparquet's and polars' files, with their own ideas of text and nulls."""
    asked = order((ANN, MAIL), {"user": "account"})
    fastparquet.write(
        str(asked.root / "f.parquet"), pd.DataFrame({"user": [42, 1], "note": ["bob@x.com", "-"]})
    )
    pl.DataFrame({"user": [42, None], "note": ["-", "bob@x.com"]}).write_parquet(asked.root / "p.parquet")

    seen = look(asked)

    assert (seen.owners, sum(h.count for h in seen.residual), seen.rows) == ({0: 2}, 2, 4)


def test_many_people_in_many_files(order, look):
    """A thousand rows over six files, against the test's own list and polars' count."""
    dice = random.Random(7)
    asked = order(
        tuple(Sought(namespace="account", value=str(i), request=i) for i in range(40)), {"user": "account"}
    )
    rows = [[dice.choice([None, *range(100)]) for _ in range(200)] for _ in range(6)]
    for i, part in enumerate(rows):
        write(asked, {"user": pa.array(part, pa.int64())}, f"p{i}.parquet")
    truth = {i: n for i in range(40) if (n := sum(part.count(i) for part in rows))}

    seen = look(asked)

    by_polars = pl.read_parquet(asked.root / "*.parquet").filter(pl.col("user") < 40).group_by("user").len()
    assert seen.owners == truth == dict(by_polars.rows())
    assert seen.rows_matched == sum(truth.values())


def test_erased_asset_is_clean_and_digests_differ(order, look):
    """After an erasure the same scan says so; a digest commits to what was seen."""
    asked = order((ANN,), {"user": "account"})
    write(asked, {"user": [42, 7, None]})
    before = look(asked)
    write(asked, {"user": [7, None]})
    after = look(asked)

    assert (before.clean, after.clean, after.rows) == (False, True, 2)
    assert before.digest() == look_again(asked, look, [42, 7, None]).digest() != after.digest()


def look_again(asked, look, users):
    """Write the rows again and scan."""
    write(asked, {"user": users})
    return look(asked)


@pytest.mark.parametrize("kind", [pa.int64(), pa.string()])
def test_statistics_are_not_believed(order, look, kind):
    """A footer whose minimum and maximum lie hides no row: they are the eraser's word."""
    asked = order((ANN,), {"user": "account"})
    path = write(asked, {"user": pa.array([42, 42]).cast(kind)})
    data = path.read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    old, new = (
        ((42).to_bytes(8, "little"), (7).to_bytes(8, "little")) if kind == pa.int64() else (b"42", b"77")
    )
    assert old in data[footer:]
    path.write_bytes(data[:footer] + data[footer:].replace(old, new))

    assert look(asked).owners == {0: 2}


def test_json_of_a_scan_has_no_value(order, look):
    """What goes into the ledger is counts and names."""
    asked = order((ANN, MAIL), {"user": "account"})
    write(asked, {"user": [42], "note": ["bob@x.com"]})

    text = json.dumps(look(asked).to_json()) + repr(look(asked)) + repr(asked)

    assert "bob@" not in text
    assert "42" not in text.replace('"bytes": ', "").replace(str(look(asked).bytes), "")


def test_progress_counts_every_file(order, connection):
    """Progress ends at all files, whatever they are."""
    from scanners.residual import scan

    asked, told = order((ANN,), {"user": "account"}), []
    write(asked, {"user": [1]})
    write(asked, {"user": ["1"]}, "b.parquet")
    (asked.root / "c.txt").write_text("x")
    scan(asked, connection=connection, progress=lambda done, total: told.append((done, total)))

    assert told == [(1, 3), (2, 3), (3, 3)]


def test_links_are_followed(order, connection):
    """Values of the target come canonical, once, per request; rows of others and blanks give nothing."""
    asked = order((ANN, replace(ANN, value="7", request=1)), {"user": "account", "phone.id": "device"})
    other = UUID[:-1] + "9"
    devices = [UUID.upper(), UUID, other, None, "no uuid", other]
    write(asked, {"user": [42, 42, 7, 7, 7, 8], "phone": [{"id": d} for d in devices]})

    assert linked(asked, "account", "device", connection) == [(0, "42", UUID), (1, "7", other)]


def test_who_shares_a_device_is_told(order, connection):
    """People of a device, over several files and several spellings; each once."""
    other = UUID[:-1] + "9"
    asked = order(
        tuple(Sought(namespace="device", value=one, request=0) for one in (UUID, other, UUID[:-1] + "8")),
        {"user": "account", "device": "device"},
    )
    write(asked, {"user": ["42", "042", None], "device": [UUID, UUID, UUID]}, "a.parquet")
    write(asked, {"user": [7, 8], "device": [UUID.upper(), other]}, "b.parquet")

    pairs = linked(asked, "device", "account", connection)

    assert pairs == sorted([(0, UUID, "42"), (0, UUID, "7"), (0, other, "8")])


def test_json_keys_are_found_below_lists(order, look):
    """A key path goes through lists: at the top, in the middle and at the end, as the eraser does."""
    asked = order((ANN,), {"p::items.account": "account"})
    cells = [
        '{"items": [{"account": 7}, {"account": 42}]}',
        '[{"items": {"account": "42"}}]',
        '{"items": {"account": [1, 42]}}',
        '{"items": [{"account": 420}]}',
        '{"items": {"account": 42}, "tags": ["a"]}',
    ]
    write(asked, {"p": pa.array(cells)})

    assert look(asked).owners == {0: 4}


def test_csv_files_of_one_layout_are_told_apart(order, look):
    """Many CSV files are read in one query: each row counts once, unterminated last rows too."""
    asked = order((ANN, MAIL), {"user": "account"}, format="csv")
    for number in range(5):
        (asked.root / f"{number}.csv").write_text(f"user,note\n{number},x\n42,bob@x.com")
    (asked.root / "other.csv").write_text("user;note\n42;x\n")

    seen = look(asked)

    assert (seen.files, seen.rows, seen.files_matched, seen.owners) == (6, 11, 6, {0: 6})
    assert [(hit.count, hit.in_owned_row) for hit in seen.residual] == [(5, True)]
