"""Walking over Thrift's compact protocol without building anything: where fields begin, and where they end.

Source: thrift-compact-protocol.md of Apache Thrift.
"""

from collections.abc import Callable, Container, Iterator
from typing import Any, NamedTuple

TRUE, FALSE, I8, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID = range(1, 14)
VARINTS = frozenset({I16, I32, I64})
FIXED = {I8: 1, DOUBLE: 8, UUID: 16}
SHORT_LIST, DEEPEST, VARINT_BYTES = 15, 48, 10


class ThriftError(ValueError):
    """Bytes that are no Thrift compact structure, or not in its shortest spelling."""


class Span(NamedTuple):
    """A field of a structure: where its header, its value and what follows begin."""

    id: int
    kind: int
    head: int
    start: int
    end: int


def spans(raw: bytes, at: int = 0, leap: Callable[[int, int], int | None] | None = None) -> Iterator[Span]:
    """Yield the fields of the structure that begins at a byte, without reading what is inside them.

    Args:
        raw: the bytes.
        at: where the structure begins.
        leap: may say, for a field's number and the start of its value, where that value ends.

    Raises:
        ThriftError: the bytes are no structure.
    """
    number = 0
    while raw[at]:
        head = at
        number, kind, at = field(raw, at, number)
        end = (leap(number, at) if leap is not None else None) or skip(raw, at, kind)
        yield Span(number, kind, head, at, end)
        at = end


Positions = dict[int, Any]


def positions(raw: bytes, at: int, deeper: Container[int] = ()) -> tuple[Positions, int]:
    """Return where the value of each field begins, and where the structure ends.

    A structure whose field number is in `deeper` is given as the positions inside it. This is the hot loop of
    reading a large footer, which is why it does not go through `spans`.

    Raises:
        ThriftError: the bytes are no structure, or a field is there twice, which engines merge.
    """
    found: Positions = {}
    number = 0
    while head := raw[at]:
        at += 1
        kind = head & 15
        if head >> 4:
            number += head >> 4
        else:
            number = integer(raw, at)
            at = skip(raw, at, I16)
        if number in found:
            raise ThriftError("a field is there twice")
        found[number] = at
        if kind in VARINTS:
            while raw[at] > 127:  # noqa: PLR2004 - the bit that says that more follows
                at += 1
            at += 1
        elif kind == STRUCT and number in deeper:
            found[number], at = positions(raw, at)
        else:
            at = skip(raw, at, kind)
    return found, at + 1


def elements(raw: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield where each element of the list at a byte begins and ends."""
    kind, count, at = list_head_at(raw, at)
    for _ in range(count):
        end = skip_element(raw, at, kind)
        yield at, end
        at = end


def integer(raw: bytes, at: int) -> int:
    """Return the integer at a byte."""
    return zigzag(varint(raw, at)[0])


def list_head(kind: int, count: int) -> bytes:
    """Return the bytes that announce a list."""
    if count < SHORT_LIST:
        return bytes([count << 4 | kind])
    out = bytearray([SHORT_LIST << 4 | kind])
    put_varint(out, count)
    return bytes(out)


def zigzagged(value: int) -> bytes:
    """Return an integer's bytes."""
    out = bytearray()
    put_varint(out, value << 1 if value >= 0 else (-value << 1) - 1)
    return bytes(out)


def skip(raw: bytes, at: int, kind: int, depth: int = 0) -> int:
    """Return where the value of a field ends.

    Raises:
        ThriftError: the bytes are no value of that type.
    """
    if kind in VARINTS:
        while raw[at] > 127:  # noqa: PLR2004 - the bit that says that more follows; this is the hot loop
            at += 1
        return at + 1
    if kind == BINARY:
        length, at = varint(raw, at)
        return inside(raw, at + length)
    if kind in (TRUE, FALSE):
        return at
    if kind in FIXED:
        return inside(raw, at + FIXED[kind])
    return _skip_nested(raw, at, kind, depth)


def skip_element(raw: bytes, at: int, kind: int, depth: int = 0) -> int:
    """Return where an element of a list ends: there, unlike in a field, a boolean takes a byte."""
    return at + 1 if kind in (TRUE, FALSE) else skip(raw, at, kind, depth)


def _skip_nested(raw: bytes, at: int, kind: int, depth: int) -> int:
    if depth > DEEPEST:
        raise ThriftError("nested too deep")
    if kind == STRUCT:
        while head := raw[at]:
            at += 1
            if head < 16:  # noqa: PLR2004 - a header without a step spells the field's number out
                at = skip(raw, at, I16)
            at = skip(raw, at, head & 15, depth + 1)
        return at + 1
    if kind in (LIST, SET):
        inner, count, at = list_head_at(raw, at)
        kinds = [inner]
    elif kind == MAP:
        *kinds, count, at = map_head(raw, at)
    else:
        raise ThriftError("an unknown type")
    for one in kinds * count:
        at = skip_element(raw, at, one, depth + 1)
    return at


def field(raw: bytes, at: int, before: int) -> tuple[int, int, int]:
    """Return a field's number and type, and where its value begins, from the number of the one before."""
    head = raw[at]
    if head >> 4:
        return before + (head >> 4), head & 15, at + 1
    number, at = varint(raw, at + 1)
    return zigzag(number), head & 15, at


def list_head_at(raw: bytes, at: int) -> tuple[int, int, int]:
    """Return the element type, the number of elements, and where the first one of a list begins."""
    head, at = raw[at], at + 1
    count = head >> 4
    if count == SHORT_LIST:
        count, at = varint(raw, at)
    if count > len(raw):
        raise ThriftError("a list that is longer than its bytes")
    return head & 15, count, at


def map_head(raw: bytes, at: int) -> tuple[int, int, int, int]:
    """Return the types of key and value, the number of pairs, and where the first pair of a map begins."""
    count, at = varint(raw, at)
    if not count:
        return 0, 0, 0, at
    if count > len(raw):
        raise ThriftError("a map that is longer than its bytes")
    return raw[at] >> 4, raw[at] & 15, count, at + 1


def varint(raw: bytes, at: int) -> tuple[int, int]:
    """Return the unsigned varint at a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:  # noqa: PLR2004 - no more follows
            return value, at
        shift += 7
        if shift >= 7 * VARINT_BYTES:
            raise ThriftError("a varint without an end")


def zigzag(value: int) -> int:
    """Return the signed integer that an unsigned one stands for."""
    return value >> 1 ^ -(value & 1)


def inside(raw: bytes, at: int) -> int:
    """Return an offset that lies in some bytes.

    Raises:
        ThriftError: it does not.
    """
    if at > len(raw):
        raise ThriftError("a value that is longer than its bytes")
    return at


def put_varint(out: bytearray, value: int) -> None:
    """Append an unsigned varint."""
    while value > 127:  # noqa: PLR2004 - more follows
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
