"""Orders and receipts."""

import json

import pytest

from rtbf_jobs.erasers.order import Tally, receipt_of
from tests.rtbf_jobs.erasers.lake import order_for, run, sought, write


def test_repr_of_an_order_hides_keys_and_values(tmp_path):
    """An order may end in a log line by mistake."""
    shown = repr(order_for(tmp_path, {"user_id": "email"}, sought("email", "bob@x.com")))
    assert [False] * 3 == [secret in shown for secret in ("bob", "tttt", "dddd")]


def test_receipt_is_json_without_paths(tmp_path):
    """Counts, digests and ordinals only."""
    write(tmp_path / "bob@x.com.parquet", {"user_id": [1, 42]})
    receipt, _ = run(order_for(tmp_path, {"user_id": "account"}, sought("account", "42", 7)))
    text = json.dumps(receipt.to_json())
    assert "bob" not in text
    assert {"7": 1} == receipt.to_json()["owners"]
    assert (1, 0, 0) == (receipt.rows_matched, receipt.mentions_matched, receipt.cells_changed)


def test_receipt_digest_follows_its_content(tmp_path):
    """The same counts have the same digest, others another."""
    order = order_for(tmp_path, {"user_id": "account"})
    one, two = (receipt_of(order, n, (), Tally()) for n in (1, 2))
    assert one.digest() == receipt_of(order, 1, (), Tally()).digest()
    assert one.digest() != two.digest()


def test_file_digest_is_keyed_by_the_path_below_the_root(tmp_path):
    """Equal names in two folders are two files; a root that is the file has its name."""
    order = order_for(tmp_path, {"user_id": "account"})
    assert order.file_digest(tmp_path / "a" / "x.parquet") != order.file_digest(tmp_path / "b" / "x.parquet")
    alone = order_for(tmp_path / "x.parquet", {"user_id": "account"})
    assert order.file_digest(tmp_path / "x.parquet") == alone.file_digest(tmp_path / "x.parquet")


@pytest.mark.parametrize("size", [0, 1, 5000, (8 << 20) + 1])
def test_content_digest_tells_versions_apart(tmp_path, size):
    """A longer file, another end, another start, and in a large one a single byte."""
    order, path = order_for(tmp_path, {"k": "account"}), tmp_path / "a"
    content = bytes(range(256)) * (size // 256 + 1)
    middle = content[: size // 2] + b"#" + content[size // 2 + 1 : size]
    variants = [
        content[:size],
        content[: size + 1],
        content[: size - 1] + b"?",
        b"!" + content[:size],
        middle,
    ]
    digests = set()
    for one in variants:
        path.write_bytes(one)
        digests.add(order.content_digest(path))
        assert order.content_digest(path) == order.digest_of(
            len(one), lambda at, n, one=one: one[at : at + n]
        )
    assert len(set(variants)) == len(digests)
