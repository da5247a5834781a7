"""The digest of a content in receipts: of every byte, hashed leaf by leaf."""

import os

import pyarrow as pa
import pytest

from rtbf_jobs.erasers import digests
from tests.rtbf_jobs.erasers.lake import order_for, run, sought, write

LEAF = digests.LEAF


def digest_of(content):
    """Return a content's digest."""
    return order_for("/x", {"k": "account"}).digest_of(len(content), lambda at, n: content[at : at + n])


def test_the_example_of_the_format():
    """docs/formats/receipt.md."""
    assert "3b03c36f1c13ee271dfbbb3eb3847f46dcc2c251cc703cddba758d71ad2551b3" == digest_of(b"a" * 1_048_577)


@pytest.mark.parametrize("at", [0, LEAF - 1, LEAF, 2 * LEAF, 2 * LEAF + 9])
def test_every_byte_counts(at):
    """The first and the last one of a leaf, and of the content."""
    content = bytes(2 * LEAF + 10)
    assert digest_of(content) != digest_of(content[:at] + b"\1" + content[at + 1 :])
    assert digest_of(content) != digest_of(content[:at])


def test_leaves_that_change_places_count():
    """Their order is part of it."""
    one, two = bytes(LEAF), b"\1" * LEAF
    assert digest_of(one + two) != digest_of(two + one)


@pytest.mark.parametrize(
    ("run_of_bytes", "whole"),
    [((0, LEAF), [0]), ((1, 2 * LEAF), [1]), ((0, 2 * LEAF - 1), [0]), ((1, LEAF), []), ((5, 9), [])],
)
def test_only_whole_leaves_lie_inside(run_of_bytes, whole):
    """Half a leaf is a leaf that has to be read."""
    assert whole == list(digests.inside(*run_of_bytes))


@pytest.mark.parametrize("gone", [1, 9])
def test_a_receipt_has_the_digests_that_the_files_themselves_have(tmp_path, gone):
    """Most leaves are hashed once, or, where a file is made compact, all of them anew: nobody can tell."""
    rows = 12_000
    columns = {
        "user_id": [42 if n % 1000 < 500 and n // 1000 < gone else n + 100 for n in range(rows)],
        "big": pa.array([os.urandom(500) for _ in range(rows)], pa.binary(500)),
    }
    path = write(tmp_path / "a.parquet", columns, row_group_size=1000, use_dictionary=False)
    order = order_for(path, {"user_id": "account"}, sought("account", "42"))
    before, size = order.content_digest(path), path.stat().st_size
    receipt, _ = run(order)
    (file,) = receipt.files
    assert (before, order.content_digest(path)) == (file.before, file.after)
    assert (gone == 9) is (path.stat().st_size < size - LEAF)


def test_leaves_that_stay_are_hashed_once(tmp_path, monkeypatch):
    """Of a file of which one row group changes, the others' leaves are not read for the second digest."""
    read = []
    hashed = digests.hashed

    def counted(size, read_at, wanted):
        read.append(list(wanted))
        return hashed(size, read_at, read[-1])

    monkeypatch.setattr(digests, "hashed", counted)
    columns = {"user_id": [42, *range(100, 9_099)], "big": [os.urandom(900) for _ in range(9000)]}
    path = write(tmp_path / "a.parquet", columns, row_group_size=1000)
    run(order_for(path, {"user_id": "account"}, sought("account", "42")))
    assert ([*range(8)], [0, 7]) == (read[0], read[1])
