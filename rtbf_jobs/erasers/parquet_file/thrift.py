"""Thrift's compact protocol: structures are read, edited and written back byte for byte.

Nothing is known here about Parquet, so fields of a later format version survive. What a writer spelt
otherwise than in the protocol's shortest form (a padded varint, a long field header) would come back shorter:
`Struct.read` refuses it, and `spans` never looks inside.
"""

from dataclasses import dataclass, field
from typing import Any

from rtbf_jobs.erasers.parquet_file import compact
from rtbf_jobs.erasers.parquet_file.compact import (
    BINARY,
    DEEPEST,
    DOUBLE,
    FALSE,
    FIXED,
    I8,
    I16,
    I32,
    I64,
    LIST,
    MAP,
    SET,
    SHORT_LIST,
    STRUCT,
    TRUE,
    UUID,
    VARINTS,
    Positions,
    Span,
    ThriftError,
    elements,
    integer,
    list_head,
    list_head_at,
    positions,
    skip,
    skip_element,
    spans,
    zigzagged,
)

__all__ = [
    "BINARY",
    "DOUBLE",
    "FALSE",
    "I8",
    "I16",
    "I32",
    "I64",
    "LIST",
    "MAP",
    "SET",
    "STRUCT",
    "TRUE",
    "UUID",
    "Listed",
    "Mapped",
    "Positions",
    "Span",
    "Struct",
    "ThriftError",
    "elements",
    "integer",
    "list_head",
    "list_head_at",
    "positions",
    "read_struct",
    "skip",
    "skip_element",
    "spans",
    "zigzagged",
]


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

    def items(self, number: int) -> list[Any]:
        """Return the elements of a field that is a list.

        Raises:
            ThriftError: it is not there, or is none.
        """
        value = self.get(number)
        if not isinstance(value, Listed):
            raise ThriftError("no list where one must be")
        return value.items

    def put(self, number: int, kind: int, value: Any) -> None:
        """Set a field; a new one goes where its number belongs."""
        new = number not in self.fields
        self.fields[number] = (kind, value)
        if new:
            self.fields = dict(sorted(self.fields.items()))

    def drop(self, number: int) -> None:
        """Remove a field, if it is there."""
        self.fields.pop(number, None)


def read_struct(raw: bytes, at: int, depth: int = 0) -> tuple[Struct, int]:
    """Return the structure at a byte, and where it ends.

    Raises:
        ThriftError: the bytes are no structure.
    """
    made, number = Struct(), 0
    while raw[at]:
        number, kind, at = compact.field(raw, at, number)
        if number in made.fields:
            raise ThriftError("a field is there twice")
        if kind in (TRUE, FALSE):
            made.fields[number] = (TRUE, kind == TRUE)
        else:
            value, at = _read(raw, at, kind, depth + 1)
            made.fields[number] = (kind, value)
    return made, at + 1


def _read(raw: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if depth > DEEPEST:
        raise ThriftError("nested too deep")
    if kind in VARINTS:
        value, at = compact.varint(raw, at)
        return compact.zigzag(value), at
    if kind == BINARY:
        length, at = compact.varint(raw, at)
        return raw[at : at + length], compact.inside(raw, at + length)
    if kind in FIXED:
        return raw[at : at + FIXED[kind]], compact.inside(raw, at + FIXED[kind])
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
    key, value, count, at = compact.map_head(raw, at)
    pairs = []
    for _ in range(count):
        one, at = _read_element(raw, at, key, depth)
        two, at = _read_element(raw, at, value, depth)
        pairs.append((one, two))
    return Mapped(key, value, pairs), at


def _read_element(raw: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    return (raw[at], at + 1) if kind in (TRUE, FALSE) else _read(raw, at, kind, depth + 1)


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
        compact.put_varint(out, len(value))
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
    compact.put_varint(out, len(value.pairs))
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
