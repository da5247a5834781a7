"""Strong identifiers of people on the list, planted where no key is declared; and what is nobody."""

import base64
import json
import uuid
from datetime import UTC, datetime
from urllib.parse import quote

import pyarrow as pa
import pytest
from on_list import DEVICE, HASH, PLAIN, SECRET, listed

from lineage_assets.declaring import in_text
from lineage_assets.identifiers import Choice, Kind, Namespace
from rtbf_ledger.tombstones import Listed
from scanners.errors import Reason

ID = uuid.UUID(DEVICE)
UNTIL = "2026-03-01T12:00:00.000000Z"
BEFORE, AFTER = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
KEYS = {"id": "account"}
ON_LIST = listed(PLAIN | {"member": "M-123456"}, pseudonym__training=HASH)
STANDS = {
    "an address in a column of its own": SECRET.title(),
    "in a note": f"Please write to {SECRET}, or call.",
    "percent-encoded": f"https://x.example/u?mail={quote(SECRET, safe='')}&a=1",
    "in base64": base64.b64encode(f"to: {SECRET};".encode()).decode(),
    "in JSON": json.dumps({"to": [json.dumps({"mail": SECRET.replace("@", "\\u0040")})]}),
    "as an entity of HTML": SECRET.replace("@", "&#64;"),
    "a phone number in a note": "call +49 30 1234567 or 00",
    "a UUID": DEVICE.upper(),
    "a UUID without dashes": f"d={ID.hex};",
    "a UUID in base64": base64.b64encode(ID.bytes).decode(),
    "a UUID in base64, its numbers turned": base64.urlsafe_b64encode(ID.bytes_le).decode().rstrip("="),
    "a UUID in 16 bytes": ID.bytes,
    "a UUID in 16 bytes, its numbers turned": ID.bytes_le,
    "an address in bytes": f"From: <{SECRET}>".encode(),
    "a distinctive pattern": "member M-123456 asked",
    "a named pseudonym": HASH.upper(),
    "a named pseudonym in a note": f"row {HASH} of 2",
    "a named pseudonym in 32 bytes": bytes.fromhex(HASH),
    "a named pseudonym in base64": base64.b64encode(bytes.fromhex(HASH)).decode(),
}
STANDS_NOT = {
    "a longer address": f"x{SECRET} and {SECRET}ly and {SECRET}.example",
    "a neighbour": "grace.hopped@example.com",
    "a number that is a person's": "770011223344",
    "a number in a note": "it was 770011223344, I think",
    "a longer UUID": f"{ID.hex}0",
    "another UUID": str(uuid.UUID(int=ID.int + 1)),
    "16 bytes that are another": uuid.UUID(int=ID.int + 1).bytes,
    "a longer pattern": "member M-1234567 asked",
    "another pseudonym": HASH[:-1] + ("0" if HASH[-1] != "0" else "1"),
    "a longer number of a phone": "+49 30 12345678",
    "nothing": None,
}


def people(seen):
    """Return what was found elsewhere, without what declared keys hold: (request, rows, places)."""
    assert [] == [one for one in seen.found if one.rows]
    return [(one.request, one.elsewhere.rows, one.elsewhere.places) for one in seen.found]


@pytest.mark.parametrize("name", STANDS)
@pytest.mark.parametrize("keys", [KEYS, None])
def test_whatever_is_strong_is_found_where_no_key_is_declared(swept, write, name, keys):
    """In an asset that declares to hold nobody, too; with its place, and no file is known as clean."""
    write({"id": [1, 2, 3], "new": pa.array([STANDS[name], None, STANDS[name]])})

    seen, kept = swept(keys, ON_LIST)

    assert [("rq-1", 2, ("new",))] == people(seen)
    assert ([], True, False) == (kept, seen.whole, seen.clean)
    assert [] == [value for value in (*PLAIN.values(), HASH, ID.hex) if value in repr(seen).lower()]


@pytest.mark.parametrize("name", STANDS_NOT)
def test_what_only_looks_like_it_is_nobody(swept, write, name):
    """Longer ones, neighbours, and what is weak: it equals other data by chance."""
    write({"id": [1, 2], "new": pa.array([STANDS_NOT[name], STANDS_NOT[name]])})

    seen, kept = swept(KEYS, ON_LIST)

    assert (True, 1) == (seen.clean, len(kept))


def test_weak_integers_and_words_stay_under_declared_keys(swept, write):
    """A column of numbers holds a person's number by chance; a login is a word."""
    write({"id": [1], "amount": [770011223344], "word": ["grace"]})

    seen, _ = swept(KEYS, listed({"account": "770011223344", "login": "grace"}))

    assert seen.clean


def test_nested_values_are_looked_at(swept, write):
    """Each place has the label that a hit of the scan has."""
    write(
        {
            "id": [1],
            "log": [[{"by": {"mail.to": SECRET}}]],
            "tags": pa.array([[("k", SECRET)]], pa.map_(pa.string(), pa.string())),
        }
    )

    seen, _ = swept(KEYS, ON_LIST)

    assert [("rq-1", 1, ("log[].by.mail\\.to", "tags{value}"))] == people(seen)


def test_csv_is_looked_at_as_well(swept, tmp_path):
    """A column that came with a late file of a partner."""
    (tmp_path / "lake" / "a.csv").write_text("id,note\n1,x\n")
    (tmp_path / "lake" / "b.csv").write_text(f"id,note,contact\n1,x,{SECRET}\n2,y,\n")

    seen, _ = swept(KEYS, ON_LIST, format="csv")

    assert [("rq-1", 1, ("contact",))] == people(seen)
    assert [2] == [file.ordinal for file in seen.found[0].files]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (f"email={SECRET}/a.parquet", True),
        (f"email={quote(SECRET, safe='')}/a.parquet", True),
        (f"of {DEVICE}.parquet", True),
        (f"{SECRET}.2024.csv.parquet", True),
        (f"{SECRET}_x.parquet", True),
        (f"export-{SECRET}.parquet", False),
        (f"h={HASH}/a.parquet", True),
        (f"email=x{SECRET}/a.parquet", False),
        ("id=770011223344/a.parquet", False),
    ],
)
def test_names_of_files_and_folders_are_looked_at_each_time(swept, write, name, found):
    """An unchanged file is skipped, and its name is not: it is no part of the digest."""
    write({"id": [1]}, name)

    seen, kept = swept(KEYS, ON_LIST)
    again, _ = swept(KEYS, ON_LIST, known=kept)

    expected = [("rq-1", 0, ("(path)",))] if found else []
    assert (expected, expected, 1, 1) == (people(seen), people(again), len(kept), again.skipped)
    assert [1] * found == [len(one.files) for one in again.found]


def test_the_name_of_a_file_that_is_no_table_is_looked_at(swept, write, tmp_path):
    """Its bytes are not: they are told as not looked at, and an asset without keys is no less whole."""
    write({"id": [1]})
    (tmp_path / "lake" / f"{SECRET}.txt").write_text("whatever")

    free, _ = swept(None, ON_LIST)

    assert [("rq-1", 0, ("(path)",))] == people(free)
    assert (1, True, False) == (free.unsearched, free.whole, free.keyed)


def test_what_goes_with_its_row_is_not_elsewhere(swept, write):
    """A key has met the row of the same request: its note goes with it. In another's row it does not."""
    write({"id": [770011223344, 2], "note": [f"I am {SECRET}", "x"]}, "a.parquet")
    own, _ = swept(KEYS, ON_LIST)
    assert [(1, 0, ())] == [(one.rows, one.elsewhere.rows, one.elsewhere.places) for one in own.found]

    write({"id": [2], "note": [f"she is {SECRET}"]}, "b.parquet")
    both, _ = swept(KEYS, ON_LIST)
    (one,) = both.found
    assert (1, 1, ("note",), 2) == (one.rows, one.elsewhere.rows, one.elsewhere.places, len(one.files))
    assert {("account", "770011223344")} == one.identifiers
    assert {("email", "plain"): 1} == one.elsewhere.by


def test_people_of_two_requests_are_told_apart_in_one_row(swept, write):
    """The row of one names the other: it goes with the first one's row, and is no less elsewhere."""
    on_list = listed({"account": "770011223344"})
    on_list |= listed({"email": SECRET}, Listed(requests=("rq-0", "rq-2")))
    write({"id": [770011223344], "note": [f"ask {SECRET}"]})

    seen, _ = swept(KEYS, on_list)

    assert [("rq-1", 1, 0, ()), ("rq-2", 0, 1, ("note",))] == [
        (one.request, one.rows, one.elsewhere.rows, one.elsewhere.places) for one in seen.found
    ]
    assert [set(), {"rq-0"}] == [one.also for one in seen.found]


def test_what_a_declared_key_does_not_see_in_its_own_column_is_elsewhere(swept, write):
    """A text beside the address: the column is a key, and the value is none."""
    write({"mail": [f"Grace <{SECRET}>"], "more": ["x"]})
    seen, _ = swept({"mail": "email"}, ON_LIST)
    assert [("rq-1", 1, ("mail",))] == people(seen)


def test_what_is_declared_as_text_is_a_key(swept, write):
    """As the sentence to the owner says: declared, it is no finding of this kind any more."""
    write({"id": [1], "mail": [f"Grace <{SECRET}>"]})
    seen, _ = swept(KEYS | {"mail": in_text("email")}, ON_LIST)
    assert [(1, 0)] == [(one.rows, one.elsewhere.rows) for one in seen.found]


def test_rows_about_a_later_time_are_told_apart(swept, write):
    """As under declared keys: later ones are counted, those of who was readmitted are lawful from then on."""
    write({"id": [1, 1, 1], "t": [BEFORE, AFTER, None], "note": [SECRET] * 3})
    later = Listed(requests=("rq-1",), until=UNTIL)
    lawful = Listed(requests=("rq-1",), until=UNTIL, readmitted=True)

    found = [swept(KEYS, listed(PLAIN, said), event_time="t")[0].found for said in (later, lawful)]

    assert [[(3, 1, False)], [(2, 0, True)]] == [
        [(one.elsewhere.rows, one.elsewhere.later, one.readmitted) for one in each] for each in found
    ]
    assert [{("email", "plain"): 2}] * 2 == [one.elsewhere.by for (one,) in found]


def test_a_readmitted_person_may_stand_in_a_note_and_in_a_name(swept, write):
    """From the time on that the counter-entry says; a name says no time."""
    write({"id": [1], "t": [AFTER], "note": [SECRET]}, f"{SECRET}/a.parquet")

    seen, kept = swept(
        KEYS, listed(PLAIN, Listed(requests=("rq-1",), until=UNTIL, readmitted=True)), event_time="t"
    )

    assert (True, 1) == (seen.clean, len(kept))


def test_the_choices_of_a_namespace_count(swept, write):
    """A tag that is ignored, a number without its country: the canonical form is what was listed."""
    spaces = {
        one.name: one
        for one in (
            Namespace(name="account", kind=Kind.INTEGER),
            Namespace(name="email", kind=Kind.EMAIL, plus_tags=Choice.IGNORE),
            Namespace(name="phone", kind=Kind.PHONE, region="DE"),
        )
    }
    write({"id": [1, 2], "a": ["grace.hopper+shop@example.com", "x@example.com"]}, "a.parquet")
    write({"id": [1, 2], "b": ["call 030 1234567", "call 030 7654321"]}, "b.parquet")

    seen, _ = swept(KEYS, ON_LIST, namespaces=spaces)

    assert [("rq-1", 2, ("a", "b"))] == people(seen)


@pytest.mark.parametrize("label", [f"of {SECRET}", SECRET, "bob@example.com", "id 7700112233", "x" * 121])
def test_a_column_that_is_named_by_somebody_is_told_by_its_number(swept, write, label):
    """On the list or not."""
    write({"a": [1], label: [SECRET]})

    seen, _ = swept(None, ON_LIST)

    assert [("rq-1", 1, ("(column 2 by name)",))] == people(seen)


def test_a_label_that_only_the_list_knows_is_not_shown(swept, write):
    """It looks like nothing."""
    label = "abcdefab-cdef-abcd-efab-cdefabcdefab"
    write({"a": [1], label: [label]})

    seen, _ = swept(None, listed({"device": label}))

    assert [("rq-1", 1, ("(column 2 by name)",))] == people(seen)


def test_a_pattern_that_the_engine_cannot_read_is_could_not_look(swept, write):
    """Whoever is on the list by it would not be found."""
    odd = Namespace(name="member", kind=Kind.TEXT, distinctive="M-(?=[0-9])[0-9]{6}")
    spaces = {"account": Namespace(name="account", kind=Kind.INTEGER), "member": odd}
    write({"id": [1]})

    seen, kept = swept(KEYS, listed({"member": "M-123456"}), namespaces=spaces)

    assert ([Reason.ENGINE], []) == ([one.reason for one in seen.failures], kept)


def test_nothing_is_left_in_the_engine(swept, write, connection):
    """No registered values, no table of candidates."""
    write({"id": [1], "note": [SECRET], "raw": [ID.bytes]}, f"{SECRET}/a.parquet")
    assert swept(KEYS, ON_LIST)[0].found

    views = "SELECT view_name FROM duckdb_views() WHERE NOT internal"
    left = connection.execute(f"SELECT table_name FROM duckdb_tables() UNION ALL FROM ({views})").fetchall()
    assert [] == left
