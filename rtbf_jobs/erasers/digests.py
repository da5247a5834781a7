"""The keyed digest of a file's content in receipts: it covers every byte, leaf by leaf.

    digest = HMAC-SHA-256(key, size || SHA-256(leaf 0) || SHA-256(leaf 1) || ...)

A leaf is `LEAF` bytes, the last one what is left; `size` is 8 bytes, little-endian (docs/formats/receipt.md).
So leaves are hashed side by side, and a leaf that is proven to be the same in two files is hashed once: of a
400 MB file of which one row group in 80 is encoded anew, 410 MB are hashed for both digests instead of 800.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from rtbf_jobs.erasers.processors import processors

LEAF = 1 << 20
Read = Callable[[int, int], bytes]


def numbers(size: int) -> range:
    """Return the numbers of the leaves of a content of so many bytes."""
    return range(-(-size // LEAF))


def hashed(size: int, read: Read, wanted: Iterable[int]) -> dict[int, bytes]:
    """Return the SHA-256 of some leaves of a content, by number, from as many threads as processors.

    Args:
        size: the content's length in bytes.
        read: returns exactly so many bytes from an offset on: (offset, length).
        wanted: the leaves' numbers.

    Raises:
        OSError: the content cannot be read.
    """

    def one(number: int) -> tuple[int, bytes]:
        at = number * LEAF
        return number, hashlib.sha256(read(at, min(LEAF, size - at))).digest()

    with ThreadPoolExecutor(processors()) as pool:
        return dict(pool.map(one, wanted))


def keyed(key: bytes, size: int, leaves: Mapping[int, bytes]) -> str:
    """Return the digest of a content of so many bytes from the hashes of all its leaves."""
    made = hmac.new(key, size.to_bytes(8, "little"), digestmod=hashlib.sha256)
    for number in numbers(size):
        made.update(leaves[number])
    return made.hexdigest()


def inside(start: int, end: int) -> range:
    """Return the leaves that lie whole in the bytes [start, end) of a content."""
    return range(-(-start // LEAF), end // LEAF)
