"""A sidecar index is believed only of the very file it was built from, and it goes with the people in it."""

import json
import os
import signal
import subprocess
import uuid
from dataclasses import replace

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import in_text, mention, pseudonym
from lineage_assets.identifiers import pseudonym_of
from rtbf_jobs.erasers import EraseRefused, Reason
from rtbf_jobs.erasers.matching import wanted
from rtbf_jobs.erasers.order import IndexPlace
from rtbf_jobs.erasers.parquet_file.find import survey
from rtbf_jobs.erasers.parquet_file.index import people_in, refresh, remove
from rtbf_jobs.erasers.parquet_file.index_entry import read_about
from rtbf_jobs.erasers.parquet_file.prune import Looked
from tests.rtbf_jobs.erasers.lake import CHILD, HMAC_KEYS, PYTHON, order_for, run, sought, write

BOB = sought("email", "bob@x.com")
EMAIL = {"k": "email"}
PLAIN = {"row_group_size": 2, "use_dictionary": False, "compression": "none"}


@pytest.fixture
def place(tmp_path):
    """Return where the index is; the lake is beside it."""
    return IndexPlace(folder=tmp_path / "index" / "a", key=b"i" * 32)


@pytest.fixture
def lake(tmp_path):
    """Return a lake of one file: Bob is in the second of three row groups, spelt his own way."""
    names = ["a@a.a", "z@z.z", " Bob@X.com", "c@c.c", "d@d.d", "e@e.e"]
    write(tmp_path / "lake/a.parquet", {"k": names}, **PLAIN)
    return tmp_path / "lake"


def indexed(place, root, keys, *subjects, **more):
    """Return an order of an asset with an index."""
    return replace(order_for(root, keys, *subjects, **more), index=place)


def looked(order):
    """Return what told about the row groups of the files that hold a match."""
    return [dict(found.looked) for found in survey(order, wanted(order))[1]]


def groups(order):
    """Return the row groups that hold a match, file by file."""
    return [(found.file.path.name, found.groups) for found in survey(order, wanted(order))[1]]


def entries(place):
    """Return the entries of an index."""
    return sorted(place.folder.iterdir())


def test_text_is_found_in_its_canonical_form(place, lake):
    """No statistic can say that: ` Bob@X.com` sorts before every name in lower case."""
    order = indexed(place, lake, EMAIL, BOB)
    assert [{Looked.KEYS: 3}] == looked(order)
    assert 1 == refresh(order).built
    assert [{Looked.KEYS: 1, Looked.INDEX: 2}] == looked(order)
    assert 1 == run(order)[0].rows_matched
    assert "c@c.c" in pl.read_parquet(lake / "a.parquet")["k"]


def test_an_index_is_ours_alone_and_says_no_identifier(place, lake):
    order = indexed(place, lake, EMAIL, BOB)
    refresh(order)
    (entry,) = entries(place)
    assert (0o700, 0o600) == (place.folder.stat().st_mode & 0o777, entry.stat().st_mode & 0o777)
    assert ["hash", "group"] == pq.read_schema(entry).names
    assert b"bob" not in entry.read_bytes().lower()
    assert lake.name not in json.dumps(read_about(entry))


def test_a_current_index_is_left_as_it_is(place, lake):
    order = indexed(place, lake, EMAIL)
    refresh(order)
    before = [(one.name, one.stat().st_ino) for one in entries(place)]
    again = refresh(order)
    assert (0, 1, 0) == (again.built, again.current, again.removed)
    assert before == [(one.name, one.stat().st_ino) for one in entries(place)]


def test_no_hash_of_the_erased_is_left(place, lake):
    """Erased, then refreshed: nobody of the order is in any entry, and everybody else is."""
    order = indexed(place, lake, EMAIL, BOB)
    refresh(order)
    assert {0} == people_in(order)
    run(order)
    assert {0} == people_in(order)
    assert 1 == refresh(order).removed
    assert frozenset() == people_in(order)
    others = [
        sought("email", name, n) for n, name in enumerate(["a@a.a", "z@z.z", "c@c.c", "d@d.d", "e@e.e"])
    ]
    assert {0, 1, 2, 3, 4} == people_in(replace(order, subjects=tuple(others)))


def test_a_person_whom_others_share_an_identifier_with_is_not_asked_for(place, lake):
    """It stays in the data, so it stays in the index."""
    order = indexed(place, lake, EMAIL, sought("email", "bob@x.com", shared=True))
    refresh(order)
    assert frozenset() == people_in(order)


def moved_in(path, _):
    """Put another file into the place, with Bob in another row group."""
    write(path.with_name("new"), {"k": ["bob@x.com", *["f@f.f"] * 5]}, **PLAIN).replace(path)


def in_place(path, before):
    """Write over the file's own bytes, and give it its old size and time back: only the footer tells."""
    names = [" Bob@X.com", "z@z.z", "a@a.a", "c@c.c", "d@d.d", "e@e.e"]
    new = write(path.with_name("new"), {"k": names}, **PLAIN)
    content = new.read_bytes()
    new.unlink()
    assert len(content) == before.st_size
    with path.open("r+b") as out:
        out.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    now = path.stat()
    assert (before.st_ino, before.st_size, before.st_mtime_ns) == (now.st_ino, now.st_size, now.st_mtime_ns)


@pytest.mark.parametrize("change", [moved_in, in_place])
def test_a_stale_index_is_not_trusted(place, lake, change):
    """The subject is in another row group now, and is erased from there."""
    order = indexed(place, lake, EMAIL, BOB)
    refresh(order)
    path = lake / "a.parquet"
    change(path, path.stat())
    assert [("a.parquet", {0})] == groups(order)
    assert [{Looked.KEYS: 3}] == looked(order)
    assert 1 == run(order)[0].rows_matched


def test_a_key_declared_otherwise_or_another_hash_key_trusts_nothing(place, lake):
    refresh(indexed(place, lake, {"k": "handle"}))
    order = indexed(place, lake, EMAIL, BOB)
    assert [{Looked.KEYS: 3}] == looked(order)
    refresh(order)
    assert [{Looked.KEYS: 3}] == looked(indexed(replace(place, key=b"j" * 32), lake, EMAIL, BOB))


def flipped(raw):
    """Return bytes with a few in the middle changed."""
    return raw[:60] + bytes(255 - byte for byte in raw[60:90]) + raw[90:]


@pytest.mark.parametrize("damage", [flipped, lambda raw: raw[:-30], lambda _: b"", lambda raw: raw[:90]])
def test_a_damaged_entry_is_not_trusted(place, tmp_path, damage):
    """Neither where its pages are damaged nor where its footer is; whoever it may hold counts as held."""
    names = [f"{n}@x.com" for n in range(40)]
    write(tmp_path / "lake/a.parquet", {"k": [*names, "Bob@x.com"]}, row_group_size=10, use_dictionary=False)
    order = indexed(place, tmp_path / "lake", EMAIL, BOB)
    refresh(order)
    (entry,) = entries(place)
    entry.write_bytes(damage(entry.read_bytes()))
    assert [{Looked.KEYS: 5}] == looked(order)
    assert {0} == people_in(order)


def test_a_refresh_builds_damaged_entries_anew_and_removes_what_is_of_no_file(place, lake):
    """Of a file that is gone, of a killed build, of an older version."""
    write(lake / "b.parquet", {"k": ["bob@x.com"]})
    order = indexed(place, lake, EMAIL, BOB)
    assert 2 == refresh(order).built
    (lake / "b.parquet").unlink()
    (place.folder / ".left.new").write_bytes(b"half")
    first = entries(place)[1]
    first.write_bytes(b"")
    entries(place)[2].write_bytes(b"")
    done = refresh(order)
    assert (1, 0, 3) == (done.built, done.current, done.removed)
    assert 1 == len(entries(place))
    assert [{Looked.KEYS: 1, Looked.INDEX: 2}] == looked(order)


def test_an_asset_that_is_refused_has_no_index(place, lake):
    """What cannot be listed cannot be looked after."""
    order = indexed(place, lake, EMAIL, BOB)
    refresh(order)
    (lake / "link").symlink_to("a.parquet")
    with pytest.raises(EraseRefused) as told:
        refresh(order)
    assert (Reason.SYMLINK, []) == (told.value.reason, entries(place))


def test_a_file_that_cannot_be_read_has_no_entry_and_is_named(place, lake):
    """The others have theirs."""
    (lake / "b.parquet").write_bytes(b"PAR1 is not all that it takes PAR1")
    done = refresh(indexed(place, lake, EMAIL))
    assert (1, 1) == (done.built, len(done.refused))
    assert "file 2" in done.refused[0]


def test_an_index_can_be_removed(place, lake):
    refresh(indexed(place, lake, EMAIL))
    assert 1 == remove(place.folder)
    assert [] == entries(place)


DEVICE = str(uuid.UUID(int=7))
SAID = pseudonym_of("42", HMAC_KEYS["training"])
SHAPES = {
    "integers": ({"k": [42, 1, None, 7]}, {"k": "account"}, sought("account", "42")),
    "integers as text": ({"k": ["1", "2", " 0042", None]}, {"k": "account"}, sought("account", "42")),
    "raw uuids": (
        {"k": pa.array([uuid.UUID(int=n).bytes for n in (1, 7, 3, 4)], pa.uuid())},
        {"k": "device"},
        sought("device", DEVICE),
    ),
    "a field in a list": (
        {"k": [[{"who": "a@a.a"}], None, [{"who": None}, {"who": "BOB@x.com"}], []], "o": [1, 2, 3, 4]},
        {"k[].who": mention("email"), "o": "account"},
        BOB,
    ),
    "a map": (
        {
            "k": pa.array([[("x", 1)], [("42", 1)], [], None], pa.map_(pa.string(), pa.int64())),
            "o": ["o"] * 4,
        },
        {"k[].key": mention("account"), "o": "handle"},
        sought("account", "42"),
    ),
    "json": (
        {"k": ['{"who": {"id": 42}}', '{"who": null}', "{}", None]},
        {"k::who.id": "account"},
        sought("account", "42"),
    ),
    "words in text": (
        {"k": ["hi", "mail Bob@X.com!", "", None], "o": [1, 2, 3, 4]},
        {"k": in_text("email"), "o": "account"},
        BOB,
    ),
    "pseudonyms": (
        {"k": ["x", "y", SAID.upper(), None]},
        {"k": pseudonym("account", hmac_key="training")},
        sought("account", "42"),
    ),
    "raw pseudonyms": (
        {"k": pa.array([bytes(32), bytes.fromhex(SAID), None, None], pa.binary(32))},
        {"k": pseudonym("account", hmac_key="training")},
        sought("account", "42"),
    ),
    "two keys": (
        {"k": ["a@a.a", None, "c@c.c", "d@d.d"], "l": [1, 2, 3, 42]},
        {"k": "email", "l": "account"},
        sought("account", "42"),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dictionary", [True, False])
def test_with_and_without_an_index_the_same_is_found(place, tmp_path, shape, dictionary):
    """For every form of key: one row group holds the subject, the index excludes the three others."""
    columns, keys, subject = SHAPES[shape]
    write(tmp_path / "lake/a.parquet", columns, row_group_size=1, use_dictionary=dictionary)
    plain = order_for(tmp_path / "lake", keys, subject)
    order = replace(plain, index=place)
    refresh(order)
    assert groups(plain) == groups(order)
    assert [{Looked.KEYS: 1, Looked.INDEX: 3}] == looked(order)
    run(order)
    refresh(order)
    assert frozenset() == people_in(order)


def test_a_row_group_of_broken_json_is_always_looked_at(place, tmp_path):
    """Nobody can say what an index should have of it; the eraser refuses as it does without one."""
    columns = {"k": ['{"id": 1}', "{broken 42", '{"id": 3}']}
    write(
        tmp_path / "lake/a.parquet", columns, row_group_size=1, use_dictionary=False, write_statistics=False
    )
    order = indexed(place, tmp_path / "lake", {"k::id": "account"}, sought("account", "42"))
    assert 1 == refresh(order).built
    with pytest.raises(EraseRefused) as told:
        survey(order, wanted(order))
    assert Reason.BROKEN_JSON is told.value.reason
    other = replace(order, subjects=(sought("account", "3"),))
    assert [{Looked.KEYS: 2, Looked.INDEX: 1}] == looked(other)


def left_in_dictionary(path):
    """Write a file whose dictionary has an entry, Bob, that no row refers to."""
    values = pa.DictionaryArray.from_arrays(pa.array([0, 0, 2]), pa.array(["a@a.a", "bob@x.com", "c@c.c"]))
    return write(path, {"k": values})


def test_what_only_a_dictionary_holds_is_found_and_erased(place, tmp_path):
    """The row group is written anew, so that the index loses it too."""
    left_in_dictionary(tmp_path / "lake/a.parquet")
    order = indexed(place, tmp_path / "lake", EMAIL, BOB)
    refresh(order)
    assert [{Looked.KEYS: 1}] == looked(order)
    run(order)
    refresh(order)
    assert frozenset() == people_in(order)


def test_what_only_a_dictionary_holds_does_not_count_where_files_are_deleted(place, tmp_path):
    """A file without a row of the subject stays as it is, with its dictionary."""
    left_in_dictionary(tmp_path / "lake/a.parquet")
    order = indexed(place, tmp_path / "lake", EMAIL, BOB, erasure=Erasure.DELETE_FILE)
    refresh(order)
    assert (frozenset(), []) == (people_in(order), groups(order))


KILLED = """
import os, signal
from dataclasses import replace
from pathlib import Path
from rtbf_jobs.erasers.order import IndexPlace
from rtbf_jobs.erasers.parquet_file.index import refresh
seen = []
def hook(event, arguments):
    if event == {event!r} and {word!r} in str(arguments[0]):
        seen.append(event)
        if len(seen) == {number}:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
order = lake.order_for({root!r}, {{"k": "email"}})
refresh(replace(order, index=IndexPlace(folder=Path({folder!r}), key=b"i" * 32)))
"""
MOMENTS = {
    "when a stale entry goes": ("os.remove", ".parquet", 1),
    "when the second goes": ("os.remove", ".parquet", 2),
    "before an entry is in its place": ("os.rename", ".new", 1),
    "before the second is": ("os.rename", ".new", 2),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_anywhere_an_index_is_whole_and_the_next_refresh_goes_on(place, lake, moment):
    """What is there by its name is old or new, never half; both files are read rightly."""
    write(lake / "b.parquet", {"k": ["q@q.q", "bob@x.com"]}, **PLAIN)
    order = indexed(place, lake, EMAIL, BOB)
    refresh(order)
    write(lake / "a.parquet", {"k": ["Bob@X.com", *["f@f.f"] * 5]}, **PLAIN)
    write(lake / "b.parquet", {"k": ["q@q.q", "q@q.q", "bob@x.com"]}, **PLAIN)
    event, word, number = MOMENTS[moment]
    code = KILLED.format(event=event, word=word, number=number, root=str(lake), folder=str(place.folder))
    done = subprocess.run([PYTHON, "-c", CHILD, code], check=False)
    assert -signal.SIGKILL == done.returncode
    assert all(read_about(one) for one in entries(place) if not one.name.startswith("."))
    assert [("a.parquet", {0}), ("b.parquet", {1})] == groups(order)
    refresh(order)
    assert 2 == len(entries(place))
    assert [{Looked.KEYS: 1, Looked.INDEX: 2}, {Looked.KEYS: 1, Looked.INDEX: 1}] == looked(order)
