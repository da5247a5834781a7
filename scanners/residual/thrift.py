"""Thrift's compact protocol, read only: structures as dictionaries of field number -> value."""

from typing import Any

TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
VARINTS = frozenset({4, 5, 6})
DEEPEST, VARINT_BITS = 64, 70


class ThriftError(ValueError):
    """Bytes that are no structure."""


def read_struct(raw: Any, at: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """Return the structure that begins at a byte, and where it ends.

    Raises:
        ThriftError: the bytes are no structure.
    """
    if depth > DEEPEST:
        raise ThriftError("nested too deep")
    made: dict[int, Any] = {}
    number = 0
    try:
        while head := raw[at]:
            at += 1
            number, at = (number + (head >> 4), at) if head >> 4 else _signed(raw, at)
            kind = head & 15
            if number in made:
                raise ThriftError("a field is there twice")
            made[number], at = (kind == TRUE, at) if kind in {TRUE, FALSE} else _read(raw, at, kind, depth)
    except IndexError:
        raise ThriftError("bytes that end too early") from None
    return made, at + 1


def _read(raw: Any, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in VARINTS:
        return _signed(raw, at)
    if kind == BINARY:
        length, at = _varint(raw, at)
        end = _inside(raw, at + length)
        return bytes(raw[at:end]), end
    if kind == STRUCT:
        return read_struct(raw, at, depth + 1)
    if kind in {LIST, SET}:
        return _read_list(raw, at, depth)
    if kind == MAP:
        return _read_map(raw, at, depth)
    if kind not in {TRUE, FALSE, BYTE, DOUBLE}:
        raise ThriftError("an unknown type")
    size = 8 if kind == DOUBLE else 1
    return bytes(raw[at : at + size]), _inside(raw, at + size)


def _inside(raw: Any, at: int) -> int:
    if at > len(raw):
        raise ThriftError("bytes that end too early")
    return at


def _read_list(raw: Any, at: int, depth: int) -> tuple[list[Any], int]:
    head = raw[at]
    count, at = (head >> 4, at + 1) if head >> 4 != 15 else _varint(raw, at + 1)  # noqa: PLR2004 - "longer"
    out = []
    for _ in range(count):
        item, at = _read(raw, at, head & 15, depth)
        out.append(item)
    return out, at


def _read_map(raw: Any, at: int, depth: int) -> tuple[list[Any], int]:
    count, at = _varint(raw, at)
    kinds = raw[at] if count else 0
    at += bool(count)
    out = []
    for _ in range(count):
        key, at = _read(raw, at, kinds >> 4, depth)
        value, at = _read(raw, at, kinds & 15, depth)
        out += [key, value]
    return out, at


def _varint(raw: Any, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < VARINT_BITS:
        value |= (raw[at] & 127) << shift
        shift += 7
        at += 1
        if raw[at - 1] < 128:  # noqa: PLR2004 - the highest bit says that more comes
            return value, at
    raise ThriftError("a number without an end")


def _signed(raw: Any, at: int) -> tuple[int, int]:
    value, at = _varint(raw, at)
    return value >> 1 ^ -(value & 1), at
