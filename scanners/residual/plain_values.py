"""Values of a Parquet page in PLAIN encoding, as an Arrow array: a whole dictionary at once."""

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from scanners.residual.thrift import ThriftError

INT32, INT64, BYTE_ARRAY, FIXED = 1, 2, 6, 7
_LENGTH = 4  # bytes before each text


def plain_values(raw: bytes, count: int, kind: int) -> Any:
    """Return the values of a page: int64 of a column of whole numbers, binary of all others.

    Args:
        raw: the page, unpacked.
        count: how many values it has.
        kind: the physical type of its column: `INT32`, `INT64`, `BYTE_ARRAY` or `FIXED`.

    Raises:
        ThriftError: the page ends too early.
    """
    if not 0 <= count <= len(raw):
        raise ThriftError("a dictionary of more values than bytes")
    if kind in {INT32, INT64}:
        width = 4 if kind == INT32 else 8
        if len(raw) < count * width:
            raise ThriftError("a dictionary that ends too early")
        return whole_numbers(np.frombuffer(raw[: count * width], f"<i{width}"))
    if kind == FIXED:
        width = len(raw) // max(count, 1)
        return array_of(pa.binary(), np.full(count, width), np.frombuffer(raw, np.uint8)[: count * width])
    data = np.frombuffer(raw, np.uint8)
    starts = _starts_without_zeros(data, count)
    starts = _starts(raw, count) if starts is None else starts
    lengths = np.diff(starts) - _LENGTH
    texts = np.ones(int(starts[-1]), np.bool_)
    texts[(starts[:-1, None] + np.arange(_LENGTH)).ravel()] = False
    return array_of(pa.binary(), lengths, data[: int(starts[-1])][texts])


def whole_numbers(numbers: np.ndarray[Any, Any]) -> Any:
    """Return numbers as int64; 32 bits may be of a column without signs, so that a negative one is two."""
    if numbers.dtype.itemsize == np.dtype(np.int32).itemsize:
        below = numbers[numbers < 0]
        numbers = np.concatenate([numbers.astype(np.int64), below.view(np.uint32).astype(np.int64)])
    return pa.array(numbers)


def as_binary(values: Iterable[bytes]) -> Any:
    """Return some bytes as an array."""
    return pa.array(list(values), pa.binary())


def array_of(kind: pa.DataType, lengths: np.ndarray[Any, Any], data: np.ndarray[Any, Any]) -> Any:
    """Return values of some lengths that stand one after another, as binary or text."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets.data), pa.py_buffer(np.ascontiguousarray(data).ravel().data)]
    return pa.Array.from_buffers(kind, len(lengths), buffers)


def _starts_without_zeros(data: np.ndarray[Any, Any], count: int) -> np.ndarray[Any, Any] | None:
    """Return where each length stands, and the end; None if a text has a NUL, or none or over 255 bytes."""
    zeros = np.flatnonzero(data == 0)
    if count == 0 or len(zeros) != 3 * count:
        return None
    first = zeros[::3]
    ends = first + 3 + data[first - 1]
    starts = np.concatenate([[0], ends])
    whole = np.array_equal(zeros.reshape(-1, 3), first[:, None] + np.arange(3))
    return starts if whole and np.array_equal(starts[:-1], first - 1) and ends[-1] <= len(data) else None


def _starts(raw: bytes, count: int) -> np.ndarray[Any, Any]:
    starts, length, at = [0], struct.Struct("<I").unpack_from, 0
    for _ in range(count):
        if at + _LENGTH > len(raw):
            raise ThriftError("a dictionary that ends too early")
        at += _LENGTH + length(raw, at)[0]
        starts.append(at)
    if at > len(raw):
        raise ThriftError("a dictionary that ends too early")
    return np.array(starts, np.int64)
