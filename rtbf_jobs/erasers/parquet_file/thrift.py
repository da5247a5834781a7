"""Thrift's compact protocol: structures are read, edited and written back byte for byte.

Nothing is known here about Parquet, so fields of a later format version survive. What a writer spelt
otherwise than in the protocol's shortest form (a padded varint, a long field header) would come back shorter:
`Struct.read` refuses it, and `spans` never looks inside.

Source: thrift-compact-protocol.md of Apache Thrift.
"""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
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


@dataclass
class Listed:
    """A list or set: the element type and the elements."""

    kind: int
    items: list[Any]


@dataclass
class Mapped:
    """A map: the types, and key and value by turns."""

    key: int
    value: int
    pairs: list[tuple[Any, Any]]


@dataclass
class Struct:
    """A structure: field id -> (type, value), in the order in which the fields were written."""

    fields: dict[int, tuple[int, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, raw: bytes) -> "Struct":
        """Return the structure that fills some bytes exactly.

        Raises:
            ThriftError: they are no structure, or writing it back would not give the same bytes.
        """
        made, end = read_struct(raw, 0)
        if end != len(raw) or made.write() != raw:
            raise ThriftError("bytes that do not come back the same")
        return made

    def write(self) -> bytes:
        """Return the structure's bytes."""
        out = bytearray()
        _write_struct(out, self)
        return bytes(out)

    def get(self, number: int, default: Any = None) -> Any:
        """Return a field's value, or the default where the field is not there."""
        return self.fields[number][1] if number in self.fields else default

    def put(self, number: int, kind: int, value: Any) -> None:
        """Set a field; a new one goes where its number belongs."""
        new = number not in self.fields
        self.fields[number] = (kind, value)
        if new:
            self.fields = dict(sorted(self.fields.items()))

    def drop(self, number: int) -> None:
        """Remove a field, if it is there."""
        self.fields.pop(number, None)


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
        number, kind, at = _field(raw, at, number)
        end = (leap(number, at) if leap is not None else None) or skip(raw, at, kind)
        yield Span(number, kind, head, at, end)
        at = end


Positions = dict[int, Any]


def positions(raw: bytes, at: int, deeper: Container[int] = ()) -> tuple[Positions, int]:
    """Return where the value of each field begins, and where the structure ends.

    A structure whose field number is in `deeper` is given as the positions inside it. This is the hot loop of
    reading a large footer, which is why it does not go through `spans`.
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
    return _zigzag(_varint(raw, at)[0])


def list_head(kind: int, count: int) -> bytes:
    """Return the bytes that announce a list."""
    if count < SHORT_LIST:
        return bytes([count << 4 | kind])
    out = bytearray([SHORT_LIST << 4 | kind])
    _put_varint(out, count)
    return bytes(out)


def zigzagged(value: int) -> bytes:
    """Return an integer's bytes."""
    out = bytearray()
    _put_varint(out, value << 1 if value >= 0 else (-value << 1) - 1)
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
        length, at = _varint(raw, at)
        return _inside(raw, at + length)
    if kind in (TRUE, FALSE):
        return at
    if kind in FIXED:
        return _inside(raw, at + FIXED[kind])
    return _skip_nested(raw, at, kind, depth)


def skip_element(raw: bytes, at: int, kind: int, depth: int = 0) -> int:
    """Return where an element of a list ends: there, unlike in a field, a boolean takes a byte."""
    return at + 1 if kind in (TRUE, FALSE) else skip(raw, at, kind, depth)


def read_struct(raw: bytes, at: int, depth: int = 0) -> tuple[Struct, int]:
    """Return the structure at a byte, and where it ends.

    Raises:
        ThriftError: the bytes are no structure.
    """
    made, number = Struct(), 0
    while raw[at]:
        number, kind, at = _field(raw, at, number)
        if number in made.fields:
            raise ThriftError("a field is there twice")
        if kind in (TRUE, FALSE):
            made.fields[number] = (TRUE, kind == TRUE)
        else:
            value, at = _read(raw, at, kind, depth + 1)
            made.fields[number] = (kind, value)
    return made, at + 1


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
        *kinds, count, at = _map_head(raw, at)
    else:
        raise ThriftError("an unknown type")
    for one in kinds * count:
        at = skip_element(raw, at, one, depth + 1)
    return at


def _read(raw: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if depth > DEEPEST:
        raise ThriftError("nested too deep")
    if kind in VARINTS:
        value, at = _varint(raw, at)
        return _zigzag(value), at
    if kind == BINARY:
        length, at = _varint(raw, at)
        return raw[at : at + length], _inside(raw, at + length)
    if kind in FIXED:
        return raw[at : at + FIXED[kind]], _inside(raw, at + FIXED[kind])
    if kind == STRUCT:
        return read_struct(raw, at, depth)
    return _read_many(raw, at, kind, depth)


def _read_many(raw: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (LIST, SET):
        inner, count, at = list_head_at(raw, at)
        items = []
        for _ in range(count):
            item, at = _read_element(raw, at, inner, depth)
            items.append(item)
        return Listed(inner, items), at
    if kind != MAP:
        raise ThriftError("an unknown type")
    key, value, count, at = _map_head(raw, at)
    pairs = []
    for _ in range(count):
        one, at = _read_element(raw, at, key, depth)
        two, at = _read_element(raw, at, value, depth)
        pairs.append((one, two))
    return Mapped(key, value, pairs), at


def _read_element(raw: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    return (raw[at], at + 1) if kind in (TRUE, FALSE) else _read(raw, at, kind, depth + 1)


def _field(raw: bytes, at: int, before: int) -> tuple[int, int, int]:
    head = raw[at]
    if head >> 4:
        return before + (head >> 4), head & 15, at + 1
    number, at = _varint(raw, at + 1)
    return _zigzag(number), head & 15, at


def list_head_at(raw: bytes, at: int) -> tuple[int, int, int]:
    """Return the element type, the number of elements, and where the first one of a list begins."""
    head, at = raw[at], at + 1
    count = head >> 4
    if count == SHORT_LIST:
        count, at = _varint(raw, at)
    if count > len(raw):
        raise ThriftError("a list that is longer than its bytes")
    return head & 15, count, at


def _map_head(raw: bytes, at: int) -> tuple[int, int, int, int]:
    count, at = _varint(raw, at)
    if not count:
        return 0, 0, 0, at
    if count > len(raw):
        raise ThriftError("a map that is longer than its bytes")
    return raw[at] >> 4, raw[at] & 15, count, at + 1


def _varint(raw: bytes, at: int) -> tuple[int, int]:
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


def _zigzag(value: int) -> int:
    return value >> 1 ^ -(value & 1)


def _inside(raw: bytes, at: int) -> int:
    if at > len(raw):
        raise ThriftError("a value that is longer than its bytes")
    return at


def _put_varint(out: bytearray, value: int) -> None:
    while value > 127:  # noqa: PLR2004 - more follows
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def _write_struct(out: bytearray, made: Struct) -> None:
    before = 0
    for number, (kind, value) in made.fields.items():
        told = kind if kind not in (TRUE, FALSE) else (TRUE if value else FALSE)
        if 0 < number - before <= SHORT_LIST:
            out.append((number - before) << 4 | told)
        else:
            out.append(told)
            out += zigzagged(number)
        before = number
        if kind not in (TRUE, FALSE):
            _write(out, kind, value)
    out.append(0)


def _write(out: bytearray, kind: int, value: Any) -> None:
    if kind in VARINTS:
        out += zigzagged(value)
    elif kind == BINARY:
        _put_varint(out, len(value))
        out += value
    elif kind in FIXED:
        out += value
    elif kind == STRUCT:
        _write_struct(out, value)
    elif kind == MAP:
        _write_map(out, value)
    else:
        out += list_head(value.kind, len(value.items))
        for item in value.items:
            _write_element(out, value.kind, item)


def _write_map(out: bytearray, value: Mapped) -> None:
    _put_varint(out, len(value.pairs))
    if value.pairs:
        out.append(value.key << 4 | value.value)
    for one, two in value.pairs:
        _write_element(out, value.key, one)
        _write_element(out, value.value, two)


def _write_element(out: bytearray, kind: int, item: Any) -> None:
    if kind in (TRUE, FALSE):
        out.append(item)
    else:
        _write(out, kind, item)
