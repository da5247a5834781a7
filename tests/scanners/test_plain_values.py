"""Dictionary pages as arrays: whatever the texts are, they are those that were written."""

import pytest

from scanners.residual.plain_values import BYTE_ARRAY, FIXED, INT32, INT64, plain_values
from scanners.residual.thrift import ThriftError


def page_of(texts):
    """A page of texts, each after its length."""
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)


@pytest.mark.parametrize(
    "texts",
    [
        [b"jo@x.example", b"a", b"\xff\xfe"],
        [b"", b"jo@x.example", b""],
        [b"j\0o\0", b"\0\0\0\x01", b"a\0\0\0"],
        [b"x" * 300, b"a", b"y" * 70_000],
        [b"x" * 255, b"a", b"y" * 256],
        [],
    ],
    ids=["short", "empty ones", "NULs", "long", "at the border", "none"],
)
def test_texts_are_those_of_the_page(texts):
    assert plain_values(page_of(texts), len(texts), BYTE_ARRAY).to_pylist() == texts


def test_bytes_after_the_last_text_are_no_text():
    assert plain_values(page_of([b"ab"]) + b"\0\0\0", 1, BYTE_ARRAY).to_pylist() == [b"ab"]


def test_values_of_one_width_and_numbers():
    """A negative number of 32 bits is also the one that it is without a sign."""
    assert plain_values(b"abcdef", 3, FIXED).to_pylist() == [b"ab", b"cd", b"ef"]
    assert plain_values((7).to_bytes(8, "little"), 1, INT64).to_pylist() == [7]
    assert plain_values((-2).to_bytes(4, "little", signed=True), 1, INT32).to_pylist() == [-2, 2**32 - 2]


@pytest.mark.parametrize(
    ("page", "count", "kind"),
    [(page_of([b"abc"])[:-1], 1, BYTE_ARRAY), (page_of([b"abc"]), 2, BYTE_ARRAY), (b"\0" * 7, 1, INT64)],
)
def test_a_page_that_ends_too_early_is_refused(page, count, kind):
    with pytest.raises(ThriftError, match="too early"):
        plain_values(page, count, kind)
