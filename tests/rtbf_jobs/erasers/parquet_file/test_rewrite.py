"""What stays, what goes, and what is refused when row groups are exchanged inside a file."""

import os

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage_assets.declaring import mention
from rtbf_jobs.erasers import EraseRefused, Reason, TripleBroken
from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file import local as disk
from rtbf_jobs.erasers.parquet_file import rewrite
from rtbf_jobs.erasers.parquet_file.extents import gaps, read_map, zero
from rtbf_jobs.erasers.parquet_file.recipe import Layout
from rtbf_jobs.erasers.parquet_file.source import local
from rtbf_jobs.erasers.parquet_file.thrift import BINARY, I32, STRUCT, Struct
from tests.rtbf_jobs.erasers.lake import order_for, run, sought, write
from tests.rtbf_jobs.erasers.parquet_file.planted import chunks, edited, metas
from tests.rtbf_jobs.erasers.parquet_file.test_conformance import rewritten

KEYS = {"user_id": "account"}
ME = sought("account", "42")
COLUMNS = {"user_id": [*range(30), 42, *range(100, 129)], "s": [f"text {n}" for n in range(60)]}
INDEXED = {"row_group_size": 10, "write_page_index": True, "bloom_filter_options": {"user_id": {"ndv": 10}}}
UNKNOWN = Struct({1: (BINARY, b"of a later version"), 7: (I32, 9)})


def mapped(path):
    """Return a file's map and bytes."""
    with local(path) as source:
        return read_map(source), path.read_bytes()


def test_untouched_row_groups_keep_offsets_and_bytes(tmp_path):
    """One of six is encoded anew, in its old place; everything else is where it was."""
    path = write(tmp_path / "a.parquet", COLUMNS, **INDEXED)
    was, before = mapped(path)
    run(order_for(path, KEYS, ME))
    now, after = mapped(path)
    for number in (0, 1, 2, 4, 5):
        assert was.footer.group(number) == now.footer.group(number)
        assert was.groups[number] == now.groups[number]
        for place in was.groups[number]:
            assert all(
                before[part.start : part.end] == after[part.start : part.end] for part in place.parts()
            )
    assert now.groups[3][0].pages.start == was.groups[3][0].pages.start
    with local(path) as source:
        assert all(zero(source, gap) for gap in gaps(now.live(range(6)), now.footer.start))


@pytest.mark.parametrize("layout", Layout)
def test_unknown_fields_of_a_later_version_survive(tmp_path, layout):
    """In the footer, in the schema, in row groups, chunks and metadata that are not touched."""
    path = write(tmp_path / "a.parquet", COLUMNS, **INDEXED)

    def plant(footer):
        footer.put(90, STRUCT, UNKNOWN)
        footer.get(names.SCHEMA).items[1].put(91, STRUCT, UNKNOWN)
        group = footer.get(names.ROW_GROUPS).items[0]
        group.put(92, STRUCT, UNKNOWN)
        chunk = group.get(names.G_COLUMNS).items[1]
        chunk.put(93, STRUCT, UNKNOWN)
        chunk.get(names.C_META).put(94, STRUCT, UNKNOWN)

    edited(path, plant)
    raw = mapped(rewritten(path, layout, "42"))[0].footer.raw
    assert 5 == raw.count(b"of a later version")
    assert [n for n in COLUMNS["user_id"] if n != 42] == pl.read_parquet(path.with_name("new.parquet"))[
        "user_id"
    ].to_list()


@pytest.mark.parametrize("where", ["group", "chunk", "metadata", "order"])
def test_unknown_fields_of_a_touched_row_group_are_refused(tmp_path, where):
    """They say something about rows that change, and nobody here can say it anew."""
    path = write(tmp_path / "a.parquet", {"user_id": [42, 1]})

    def plant(footer):
        group = footer.get(names.ROW_GROUPS).items[0]
        chunk = group.get(names.G_COLUMNS).items[0]
        order = footer.get(names.COLUMN_ORDERS).items[0]
        planted = {"group": group, "chunk": chunk, "metadata": chunk.get(names.C_META), "order": order}[where]
        planted.put(99, STRUCT, UNKNOWN)

    assert Reason.UNFAITHFUL is refused(edited(path, plant))


def refused(path):
    """Return why a file is refused, which must leave its bytes alone."""
    before = path.read_bytes()
    with pytest.raises(EraseRefused) as told:
        run(order_for(path, KEYS, ME))
    assert before == path.read_bytes()
    assert [path.name] == [one.name for one in path.parent.iterdir()]
    return told.value.reason


@pytest.mark.parametrize(
    ("reason", "plant"),
    [
        (Reason.ENCRYPTED, lambda footer: footer.put(names.ENCRYPTION, STRUCT, Struct())),
        (Reason.ENCRYPTED, lambda footer: footer.put(names.SIGNING_KEY, BINARY, b"key")),
        (Reason.ENCRYPTED, lambda footer: next(chunks(footer)).put(names.C_SECRET, BINARY, b"secret")),
        (Reason.UNFAITHFUL, lambda footer: next(chunks(footer)).put(names.C_FILE_PATH, BINARY, b"b.parquet")),
    ],
)
def test_signed_encrypted_and_scattered_files_are_refused_by_name(tmp_path, reason, plant):
    """Before anything is written."""
    assert reason is refused(edited(write(tmp_path / "a.parquet", {"user_id": [42, 1]}), plant))


def test_data_that_no_footer_refers_to_is_refused(tmp_path):
    """It may be an index that key-value metadata leads to: it would be lost."""
    path = write(tmp_path / "a.parquet", {"user_id": [42, 1]})
    found, raw = mapped(path)
    start = found.footer.start
    path.write_bytes(raw[:start] + b"an index of somebody's own" + raw[start:])
    assert Reason.UNFAITHFUL is refused(path)


def test_zeros_and_copies_of_metadata_between_parts_go(tmp_path):
    """Older writers put a chunk's metadata, with its bounds, behind its pages: it must not survive."""
    path = write(tmp_path / "a.parquet", {"user_id": [42, 1], "mail": ["bob@x.com", "a@a.a"]})
    found, raw = mapped(path)
    copies = b"".join(meta.write() for meta in metas(Struct.read(found.footer.raw)))
    assert b"bob@x.com" in copies
    path.write_bytes(raw[: found.footer.start] + copies + bytes(99) + raw[found.footer.start :])
    run(order_for(path, KEYS, ME))
    assert b"bob@x.com" not in path.read_bytes()
    assert [1] == pl.read_parquet(path)["user_id"].to_list()


@pytest.mark.parametrize("nested", [False, True])
def test_dictionary_pages_of_dictionary_columns_forget(tmp_path, nested):
    """A filtered Arrow dictionary still holds what was filtered out, and would be written as it is."""
    mails = pa.array(["bob@x.com", "a@a.a", "b@b.b"]).dictionary_encode()
    column = pa.ListArray.from_arrays([0, 1, 2, 3], mails) if nested else mails
    path = write(tmp_path / "a.parquet", {"user_id": [42, 1, 2], "mail": column}, compression="none")
    run(order_for(path, {"user_id": "account", "mail[]" if nested else "mail": "email"}, ME))
    assert b"bob@x.com" not in path.read_bytes()
    assert pq.read_schema(path).field("mail").type == column.type


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False}, {"write_page_index": True}])
def test_nothing_of_a_value_is_left_in_any_byte(tmp_path, options):
    """Bounds, dictionaries, indexes, dead bytes: an uncompressed file is searched as it is."""
    mails = [f"user{n:03}@x.com" for n in range(40)]
    columns = {"user_id": [42 if n in {0, 39} else n for n in range(40)], "mail": mails}
    path = write(tmp_path / "a.parquet", columns, row_group_size=10, compression="none", **options)
    keys = {"user_id": "account", "mail": "email"}
    run(order_for(path, keys, ME, sought("email", "user017@x.com")))
    raw = path.read_bytes()
    assert [] == [mail for mail in (mails[0], mails[39], mails[17]) if mail.encode() in raw]
    assert mails[1].encode() in raw


def test_proof_finds_a_dictionary_that_still_holds_the_subject(tmp_path, monkeypatch):
    """The broken twin: the engine keeps the dictionary of before."""
    monkeypatch.setattr("rtbf_jobs.erasers.parquet_file.encode.plain_schema", lambda schema: schema)
    mails = pa.array(["bob@x.com", "a@a.a"]).dictionary_encode()
    path = write(tmp_path / "a.parquet", {"mail": mails}, store_schema=True)
    before = path.read_bytes()
    with pytest.raises(TripleBroken):
        run(order_for(path, {"mail": "email"}, sought("email", "bob@x.com")))
    assert before == path.read_bytes()


def test_proof_finds_a_byte_of_somebody_else_that_changed(tmp_path, monkeypatch):
    """The broken twin: one byte of an untouched row group is another one."""
    path = write(tmp_path / "a.parquet", COLUMNS, **INDEXED)
    composed = disk.compose

    def compose(recipe, old, spooled, target, **more):
        composed(recipe, old, spooled, target, **more)
        with target.open("r+b") as file:
            file.seek(20)
            byte = file.read(1)
            file.seek(20)
            file.write(bytes([byte[0] ^ 1]))

    monkeypatch.setattr("rtbf_jobs.erasers.parquet.compose", compose)
    with pytest.raises(TripleBroken):
        run(order_for(path, KEYS, ME))


def test_proof_finds_dead_bytes_that_are_not_zero(tmp_path, monkeypatch):
    """The broken twin: holes are not made."""
    path = write(tmp_path / "a.parquet", COLUMNS | {"big": [os.urandom(99) for _ in range(60)]}, **INDEXED)
    monkeypatch.setattr(disk, "clone", lambda old, new: os.copy_file_range(old, new, 1 << 20) > 0)
    monkeypatch.setattr(disk, "punch", lambda *_args: None)
    with pytest.raises(TripleBroken):
        run(order_for(path, KEYS, *(sought("account", str(n)) for n in range(20, 25))))


@pytest.mark.parametrize("ways", ["clone", "copies", "by hand", "holes by hand"])
def test_every_way_to_write_gives_the_same_file(tmp_path, monkeypatch, ways):
    """Reflinks, copies in the kernel, plain reads and writes; holes or zeros."""
    import errno

    def refuses(*_args):
        raise OSError(errno.EXDEV, "no")

    if ways in {"clone", "holes by hand"}:
        monkeypatch.setattr(disk, "clone", lambda old, new: os.copy_file_range(old, new, 1 << 20) > 0)
    if ways == "by hand":
        monkeypatch.setattr(os, "copy_file_range", refuses)
    if ways == "holes by hand":
        monkeypatch.setattr(disk, "_fallocate", lambda *_args: -1)
        monkeypatch.setattr(disk.ctypes, "get_errno", lambda: errno.EOPNOTSUPP)
    columns = COLUMNS | {"big": [os.urandom(99) for _ in range(60)]}
    path = write(tmp_path / "a.parquet", columns, **INDEXED)
    run(order_for(path, KEYS, *(sought("account", str(n)) for n in range(20, 25))))
    frame = pl.read_parquet(path)
    kept = [n for n, one in enumerate(COLUMNS["user_id"]) if one not in range(20, 25)]
    assert [columns["big"][n] for n in kept] == frame["big"].to_list()


def test_a_file_with_many_dead_bytes_is_made_compact(tmp_path):
    """Where a fifth would be zeros, everything moves together; before that nothing moves."""
    columns = {"user_id": list(range(100)), "big": [os.urandom(999) for _ in range(100)]}
    path = write(tmp_path / "a.parquet", columns, row_group_size=10)
    sizes, least = [], path.stat().st_size
    for number in range(9):
        run(order_for(path, KEYS, *(sought("account", str(n)) for n in range(number * 10, number * 10 + 5))))
        sizes.append(path.stat().st_size)
        with local(path) as source:
            found = read_map(source)
            live = sum(one.length for one in found.live(range(len(found.groups))))
            assert found.footer.start - live < rewrite.COMPACT_AT * source.size
    assert sizes[0] >= least - 5000 > sizes[-1]
    assert [n for n in range(100) if n >= 90 or n % 10 >= 5] == pl.read_parquet(path)["user_id"].to_list()


def test_mentions_and_owners_in_different_row_groups(tmp_path):
    """Each group is decoded once, and the counts are of the whole file."""
    columns = {"user_id": [1, 2, 42, 3, 4, 5], "by": [42, 9, 9, 9, 9, 42]}
    path = write(tmp_path / "a.parquet", columns, row_group_size=2)
    receipt, _ = run(order_for(path, {"user_id": "account", "by": mention("account")}, ME))
    assert (1, 2) == (receipt.rows_matched, receipt.mentions_matched)
    assert [None, 9, 9, 9, None] == pl.read_parquet(path)["by"].to_list()
