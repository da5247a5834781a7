"""The sweep of one asset against people planted by the test; the list holds their MACs only."""

import os
import uuid
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from on_list import DEVICE, ERASED, HASH, KEY, PLAIN, SECRET, listed

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import epoch, in_text, mention, pseudonym
from rtbf_ledger.tombstones import Form, Listed, mac_of, macs_of
from scanners.errors import Reason


def test_many_macs_are_the_macs_of_each():
    """The fast way says what the format says."""
    for form, value in (("plain", "42"), ("pseudonym:training", "ab"), ("plain", "ž")):
        one = mac_of(KEY, Form(namespace="account", name=form, value=value))
        assert [bytes.fromhex(one)] == list(macs_of(KEY, "account", form, [value]))


@pytest.mark.parametrize(
    ("key", "column", "namespace", "rows"),
    [
        ("who", pa.array([1, 770011223344, None, 770011223344]), "account", 2),
        ("who", pa.array([1, 770011223344], pa.uint64()), "account", 1),
        ("who", pa.array([" +00770011223344", "x", None]), "account", 1),
        ("who", pa.array([" Grace.Hopper@Example.com", "else@example.com"]), mention("email"), 1),
        ("who", pa.array([uuid.UUID(DEVICE).bytes], pa.uuid()), "device", 1),
        ("who[]", pa.array([["x@y.z", SECRET.upper()], [], None]), mention("email"), 1),
        ("who[].id", pa.array([[{"id": "1"}], [{"id": "770011223344"}]]), mention("account"), 1),
        ("who::a.id", pa.array(['{"a": {"id": 770011223344}}', "{}"]), mention("account"), 1),
        ("who", pa.array([f"please write to {SECRET}, or call", "hello"]), in_text("email"), 1),
        ("who", pa.array([HASH.upper(), "0" * 64]), pseudonym("account", hmac_key="training"), 1),
        ("who", pa.array([bytes.fromhex(HASH)]), pseudonym("account", hmac_key="training"), 1),
    ],
)
def test_a_listed_person_is_found_under_every_declared_key(swept, write, key, column, namespace, rows):
    """Whatever the type, the nesting, the spelling or the form; and nobody else."""
    write({"who": column, "other": pa.array([7] * len(column))})

    seen, kept = swept(
        {key: namespace, "other": "account"},
        listed(PLAIN, pseudonym__training=HASH),
        erasure=Erasure.NO_ACTION,
    )

    assert [("rq-1", rows, 1)] == [(one.request, one.rows, one.files[0].ordinal) for one in seen.found]
    assert (seen.clean, seen.whole, kept) == (False, True, [])


def test_what_is_found_is_told_by_part_and_its_identifiers_are_those_in_the_data(swept, write):
    """Distinct rows, over keys too; the newest request answers, and earlier ones are named."""
    write({"id": [770011223344, 1, 2], "mail": [SECRET.upper(), SECRET, None]})
    on_list = listed(PLAIN)
    on_list["email", "plain"] = dict.fromkeys(on_list["email", "plain"], Listed(requests=("rq-0", "rq-1")))

    seen, _ = swept({"id": "account", "mail": "email"}, on_list)

    (one,) = seen.found
    assert (2, {"rq-0"}) == (one.rows, one.also)
    assert {("account", "plain"): 1, ("email", "plain"): 2} == one.by
    assert {("account", "770011223344"), ("email", SECRET)} == one.identifiers
    assert 4 == seen.values
    shown = repr(seen) + repr(one)
    macs = [mac for part in on_list.values() for mac in part]
    assert [] == [each for each in (*PLAIN.values(), *(m.hex() for m in macs)) if each in shown]
    assert [] == [mac for mac in macs if repr(mac) in shown]


AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNTIL = "2026-03-01T12:00:00.000000Z"
EPOCH = int(AT.timestamp())


def naive(**off):
    """Return a time without zone, so far from the erasure."""
    return (AT + timedelta(**off)).replace(tzinfo=None)


BEFORE_AND_AFTER = {
    "with zone": ([AT, AT + timedelta(microseconds=1)], "t"),
    "without zone": ([naive(hours=-12), naive(hours=-11)], "t"),
    "nanoseconds": (pa.array([naive(hours=-12), naive(hours=-11)], pa.timestamp("ns")), "t"),
    "milliseconds": (pa.array([naive(hours=-12), naive(hours=-11)], pa.timestamp("ms")), "t"),
    "a date": ([date(2026, 2, 27), date(2026, 3, 1)], "t"),
    "a text with zone": (["2026-03-01T14:00:00+02:00", "2026-03-01T12:00:01Z"], "t"),
    "a text without": (["2026-03-01 00:00:00", "2026-03-01T00:00:01"], "t"),
    "a text of a date": (["2026-02-27", "2026-03-01"], "t"),
    "a text that is no time": (["2026-02-27", "soon"], "t"),
    "seconds": ([EPOCH, EPOCH + 1], epoch("t", unit="s")),
    "milliseconds counted": ([EPOCH * 10**3, EPOCH * 10**3 + 1], epoch("t", unit="ms")),
    "microseconds": ([EPOCH * 10**6, EPOCH * 10**6 + 1], epoch("t", unit="us")),
    "nanoseconds counted": ([EPOCH * 10**9, EPOCH * 10**9 + 1000], epoch("t", unit="ns")),
    "seconds in text": ([str(EPOCH), str(EPOCH + 1)], epoch("t", unit="s")),
    "far in the future": (pa.array([EPOCH, 2**64 - 1], pa.uint64()), epoch("t", unit="s")),
}


@pytest.mark.parametrize("name", BEFORE_AND_AFTER)
def test_a_row_from_after_the_erasure_is_told_apart(swept, write, name):
    """In doubt it is later: a person is asked. Where no time is given it is not."""
    times, declared = BEFORE_AND_AFTER[name]
    write(
        {
            "id": [770011223344] * 3,
            "t": pa.concat_arrays([pa.array(times), pa.nulls(1, pa.array(times).type)]),
        }
    )
    said = Listed(requests=("rq-1",), until=UNTIL)
    lawfully = Listed(requests=("rq-1",), until="2026-03-01T12:00:00.000001Z", readmitted=True)

    (seen,), (always,), lawful = (
        swept({"id": "account"}, listed(PLAIN, one), event_time=declared)[0].found
        for one in (said, ERASED, lawfully)
    )

    assert (3, 1, {("account", "plain"): 2}) == (seen.rows, seen.later, seen.by)
    assert (3, 0) == (always.rows, always.later)
    assert [(2, 0, True)] == [(one.rows, one.later, one.readmitted) for one in lawful]


def test_a_readmission_is_lawful_from_its_very_time_on(swept, write):
    """A file of nothing but lawful rows holds nobody, and is skipped the next time."""
    write({"id": [770011223344], "t": [AT]})
    said = Listed(requests=("rq-1",), until=UNTIL, readmitted=True)

    seen, kept = swept({"id": "account"}, listed(PLAIN, said), event_time="t")

    assert (True, 1) == (seen.clean, len(kept))


def test_the_event_time_of_a_csv_file_is_read(swept, tmp_path):
    """An empty field is no time."""
    rows = f"id,mail,t\n1,{SECRET},2026-03-01\n770011223344,x,\n2,x,2026-03-01\n"
    (tmp_path / "lake" / "a.csv").write_text(rows)
    keys, said = {"id": "account", "mail": "email"}, Listed(requests=("rq-1",), until=UNTIL)

    seen, _ = swept(keys, listed(PLAIN, said), format="csv", event_time="t")

    assert [(2, 1, {("account", "plain"): 1})] == [(one.rows, one.later, one.by) for one in seen.found]


def test_a_row_is_from_before_where_any_of_its_identifiers_is(swept, write):
    """It is one row, though one of its people was erased later than the other."""
    write({"id": [770011223344], "mail": [SECRET], "t": [AT]})
    on_list = listed(PLAIN, Listed(requests=("rq-1",), until="2026-02-01T00:00:00.000000Z"))
    on_list["email", "plain"] = dict.fromkeys(
        on_list["email", "plain"], Listed(requests=("rq-1",), until=UNTIL)
    )

    seen, _ = swept({"id": "account", "mail": "email"}, on_list, event_time="t")

    assert [(1, 0, {("email", "plain"): 1})] == [(one.rows, one.later, one.by) for one in seen.found]


@pytest.mark.parametrize(
    ("declared", "reason"),
    [("when", Reason.MISSING_COLUMN), ("id", Reason.EVENT_TIME), (epoch("t", unit="s"), Reason.EVENT_TIME)],
)
def test_an_event_time_that_says_none_is_could_not_look(swept, write, declared, reason):
    """Whether anybody is there or not: an integer without unit, a timestamp with one, no such column."""
    write({"id": [1], "t": [AT]})

    seen, kept = swept({"id": "account"}, listed(PLAIN), event_time=declared)

    assert ([reason], []) == ([one.reason for one in seen.failures], kept)


def test_people_of_two_requests_are_told_apart(swept, write):
    """Each with the rows and files that hold them."""
    write({"id": [1, 2, 2]}, "a.parquet")
    write({"id": [2]}, "b.parquet")
    on_list = {("account", "plain"): {}}
    for value in (1, 2):
        on_list["account", "plain"] |= dict.fromkeys(
            macs_of(KEY, "account", "plain", [str(value)]), Listed(requests=(f"rq-{value}",))
        )

    seen, _ = swept({"id": "account"}, on_list)

    assert [("rq-1", 1, [1]), ("rq-2", 3, [1, 2])] == [
        (one.request, one.rows, [file.ordinal for file in one.files]) for one in seen.found
    ]


def test_with_nobody_on_the_list_nothing_is_read(swept, tmp_path):
    """A first materialisation costs nothing."""
    (tmp_path / "lake" / "a.parquet").write_bytes(b"no table at all")

    seen, _ = swept({"id": "account"}, {("account", "plain"): {}})

    assert (0, 0, True) == (seen.listed, seen.files, seen.clean)


def test_files_that_held_nobody_are_skipped_until_they_change(swept, write):
    """A renamed copy is the same file; one that holds somebody is read every time."""
    write({"id": [1]}, "a.parquet")
    write({"id": [770011223344]}, "b.parquet")
    _, kept = swept({"id": "account"}, listed(PLAIN))
    assert 1 == len(kept)
    write({"id": [1]}, "c.parquet")

    again, _ = swept({"id": "account"}, listed(PLAIN), known=kept)
    assert (3, 2, 1) == (again.files, again.skipped, again.values)
    assert [2] == [file.ordinal for file in again.found[0].files]

    write({"id": [1, 770011223344]}, "a.parquet")
    changed, _ = swept({"id": "account"}, listed(PLAIN), known=kept)
    assert [1, 2] == [file.ordinal for file in changed.found[0].files]


@pytest.mark.parametrize("change", ["touch", "grow", "vanish"])
def test_a_file_that_changes_mid_scan_is_told_and_never_kept(swept, write, change):
    """What was found in the others is found nevertheless."""
    path = write({"id": [1]}, "b.parquet")
    write({"id": ["770011223344"]}, "a.parquet")

    def strike(done, total):
        """Change the file after its digest was taken."""
        if change == "vanish":
            path.unlink(missing_ok=True)
        elif change == "grow":
            pq.write_table(pa.table({"id": [1, 2]}), path)
        else:
            os.utime(path, ns=(1, 1))

    seen, kept = swept({"id": "account"}, listed(PLAIN), progress=strike)

    assert [Reason.CHANGED_WHILE_READ] == [one.reason for one in seen.failures]
    assert "file 2 of 2" in str(seen.failures[0])
    assert (kept, seen.whole, seen.clean) == ([], False, False)
    assert ["rq-1"] == [one.request for one in seen.found]


def test_a_file_that_comes_mid_scan_is_told(swept, write):
    """It was not looked at, so the asset was not looked at whole."""
    write({"id": [1]})

    seen, _ = swept(
        {"id": "account"},
        listed(PLAIN),
        progress=lambda *_: write({"id": [770011223344]}, "late.parquet"),
    )

    assert [Reason.CHANGED_WHILE_READ] == [one.reason for one in seen.failures]
    assert not seen.clean


def test_a_damaged_file_does_not_hide_who_is_in_the_others(swept, write, tmp_path):
    """A footer, a page, a missing column: each is named by its number."""
    write({"id": [770011223344]}, "a.parquet")
    (tmp_path / "lake" / "b.parquet").write_bytes(b"PAR1 not a table at all PAR1")
    write({"user": [1]}, "c.parquet")
    page = write({"id": list(range(5000))}, "d.parquet")
    data = bytearray(page.read_bytes())
    data[4:2000] = b"\xff" * 1996
    page.write_bytes(data)

    seen, kept = swept({"id": "account"}, listed(PLAIN))

    assert {Reason.UNREADABLE, Reason.MISSING_COLUMN} == {one.reason for one in seen.failures}
    assert (False, []) == (seen.whole, kept)
    assert "file 2 of 4" in "".join(str(one) for one in seen.failures)
    assert "file 4 of 4" in "".join(str(one) for one in seen.failures)


def test_could_not_look_is_never_clean(swept, write, tmp_path):
    """A folder that is gone, a key that cannot hold the kind, bytes that are no table."""
    write({"id": [1.5]})
    seen, _ = swept({"id": "account"}, listed(PLAIN))
    assert [Reason.KEY_TYPE] == [one.reason for one in seen.failures]

    write({"id": [1]})
    (tmp_path / "lake" / "notes.txt").write_text("whatever")
    seen, _ = swept({"id": "account"}, listed(PLAIN))
    assert (1, (), False) == (seen.unsearched, seen.failures, seen.clean)

    (tmp_path / "lake").rename(tmp_path / "elsewhere")
    seen, _ = swept({"id": "account"}, listed(PLAIN))
    assert [Reason.MISSING_FOLDER] == [one.reason for one in seen.failures]


def test_csv_is_swept_and_a_ragged_row_is_told(swept, tmp_path):
    """All columns are read to the end, not the key alone."""
    path = tmp_path / "lake" / "a.csv"
    path.write_text(f"id,mail\n1,x@y.z\n2,{SECRET}\n")
    seen, _ = swept({"id": "account", "mail": "email"}, listed(PLAIN), format="csv")
    assert [1] == [one.rows for one in seen.found]

    path.write_text(f"id,mail\n1,{SECRET},x\n")
    seen, kept = swept({"id": "account", "mail": "email"}, listed(PLAIN), format="csv")
    assert ([Reason.UNREADABLE], []) == ([one.reason for one in seen.failures], kept)
    assert SECRET not in "".join(str(one) for one in seen.failures)


def test_an_interrupted_sweep_goes_on_where_it_was(swept, write):
    """Each group of files is kept when it was looked at."""
    write({"id": [1]}, "a.parquet")
    write({"id": ["2"], "more": ["x"]}, "b.parquet")
    kept = []

    def stop_after_one(digests):
        """Keep the first group, then die."""
        if kept:
            raise KeyboardInterrupt
        kept.extend(digests)

    with pytest.raises(KeyboardInterrupt):
        swept({"id": "account"}, listed(PLAIN), keep=stop_after_one)
    seen, later = swept({"id": "account"}, listed(PLAIN), known=kept)

    assert (2, 1, 1, True) == (seen.files, seen.skipped, len(later), seen.clean)


def test_nothing_is_left_in_the_engine(swept, write, connection):
    """No registered values, no table of matches."""
    write({"id": [770011223344]})
    swept({"id": "account"}, listed(PLAIN))

    views = "SELECT view_name FROM duckdb_views() WHERE NOT internal"
    left = connection.execute(f"SELECT table_name FROM duckdb_tables() UNION ALL FROM ({views})").fetchall()
    assert [] == left
