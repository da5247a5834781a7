"""Sizes and counts that a page only claims are refused before memory is taken for them."""

import pytest

from rtbf_jobs.erasers.parquet_file.pages import (
    DICTIONARY_PAGE,
    LARGEST_DICTIONARY,
    dictionary_bytes,
    plain_values,
)
from rtbf_jobs.erasers.parquet_file.source import local
from rtbf_jobs.erasers.parquet_file.thrift import I32, STRUCT, Struct, ThriftError

ZSTD = 6


@pytest.mark.parametrize("width", [None, 4, 8])
@pytest.mark.parametrize("count", [-1, 3, 2**31 - 1, 2**62])
def test_more_values_than_bytes(count, width):
    with pytest.raises(ThriftError):
        plain_values(b"\1\0\0\0a\2\0\0", count, width)


@pytest.mark.parametrize("raw_size", [-1, LARGEST_DICTIONARY + 1, 2**31 - 1])
def test_a_dictionary_of_an_odd_size(tmp_path, raw_size):
    """Negative, and more than any writer makes."""
    inner, header = Struct(), Struct()
    inner.put(1, I32, 1)
    for number, value in ((1, DICTIONARY_PAGE), (2, raw_size), (3, 8)):
        header.put(number, I32, value)
    header.put(7, STRUCT, inner)
    path = tmp_path / "page"
    path.write_bytes(header.write() + bytes(8))
    with local(path) as source, pytest.raises(ThriftError):
        dictionary_bytes(source, 0, ZSTD)


@pytest.mark.parametrize(("offset", "length"), [(-1, 2), (0, -1), (3, 2), (2**63, 1), (0, 2**62)])
def test_bytes_outside_the_file(tmp_path, offset, length):
    """It is the file that is damaged, and no error of the file system."""
    path = tmp_path / "four"
    path.write_bytes(b"four")
    with local(path) as source, pytest.raises(OSError, match="outside") as caught:
        source.read(offset, length)
    assert caught.value.errno is None
