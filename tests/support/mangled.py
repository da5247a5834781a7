"""Damage done to data files by seed: bytes, what a footer or a page's header says, sizes, text of a CSV."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rtbf_jobs.erasers.parquet_file.thrift import BINARY, I8, I16, I32, I64, Listed, Struct, read_struct

ODD = (-1, 0, 1, 2, 3, 7, 255, 2**15, 2**31 - 1, 2**31, 2**32, 2**40, 2**62, 2**63 - 1, -(2**31), -(2**63))
INTEGERS = (I8, I16, I32, I64)
MAGIC, TAIL = b"PAR1", 8
BAD_TEXTS = (b"", b"\xff\xfe", b"id", b"mail", b"\0" * 9, b"x" * 100_000, b"../../etc", b"a.b", b'"')
CSV_BYTES = (
    b'"',
    b"\0",
    b"\xff",
    b",",
    b";",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b'"""',
    b"\\",
    b"'",
    b"#",
    b"\xef\xbb\xbf",
)


@dataclass(frozen=True)
class Parts:
    """A Parquet file taken apart: its bytes, where its footer begins, and where pages are."""

    raw: bytes
    start: int
    footer: Struct
    headers: tuple[tuple[int, int], ...]
    bodies: tuple[tuple[int, int], ...]

    def closed(self, footer: bytes) -> bytes:
        """Return the file with another footer."""
        return self.raw[: self.start] + footer + len(footer).to_bytes(4, "little") + MAGIC


def taken_apart(raw: bytes) -> Parts:
    """Take a valid Parquet file apart; of one with an encrypted footer, only the bytes."""
    start = len(raw) - TAIL - int.from_bytes(raw[-TAIL:-4], "little")
    if raw[-4:] != MAGIC:
        return Parts(raw, start, Struct(), (), ())
    footer, _ = read_struct(raw, start)
    pages = list(_pages(raw, footer))
    return Parts(raw, start, footer, tuple(head for head, _ in pages), tuple(body for _, body in pages))


def _pages(raw: bytes, footer: Struct) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for chunk in (chunk for group in footer.get(4).items for chunk in group.get(1).items):
        meta = chunk.get(3)
        if meta is None or 8 in chunk.fields:
            continue
        at = min(one for one in (meta.get(9), meta.get(11)) if one)
        end = at + meta.get(7)
        while at < end:
            header, body = read_struct(raw, at)
            yield (at, body), (body, body + header.get(3))
            at = body + header.get(3)


def mangled(whole: bytes, seed: int, *, csv: bool) -> tuple[str, bytes]:
    """Return what was done to a file, and its bytes afterwards."""
    chance = random.Random(seed)
    if csv:
        return _mangled_csv(whole, chance)
    parts = taken_apart(whole)
    ways = [*_BYTES, *(_STRUCTURED * 2 if parts.headers else ()), *(_FOOTERS if parts.footer.fields else ())]
    way = chance.choice(ways)
    return way.__name__.strip("_"), way(parts, chance)


def _flip(data: bytes, span: tuple[int, int], chance: random.Random, most: int = 4) -> bytes:
    out = bytearray(data)
    for _ in range(chance.randint(1, most)):
        at = chance.randrange(span[0], max(span[0] + 1, span[1]))
        out[at] = chance.choice((out[at] ^ 1 << chance.randrange(8), chance.randrange(256), 0, 255))
    return bytes(out)


def _flip_anywhere(parts: Parts, chance: random.Random) -> bytes:
    return _flip(parts.raw, (0, len(parts.raw)), chance, 20)


def _flip_footer(parts: Parts, chance: random.Random) -> bytes:
    return _flip(parts.raw, (parts.start, len(parts.raw) - TAIL), chance)


def _flip_header(parts: Parts, chance: random.Random) -> bytes:
    return _flip(parts.raw, chance.choice(parts.headers), chance, 2)


def _flip_body(parts: Parts, chance: random.Random) -> bytes:
    return _flip(parts.raw, chance.choice(parts.bodies), chance)


def _flip_levels(parts: Parts, chance: random.Random) -> bytes:
    start, end = chance.choice(parts.bodies)
    return _flip(parts.raw, (start, min(end, start + 8)), chance, 2)


def _flip_index(parts: Parts, chance: random.Random) -> bytes:
    """Damage what stands between the last page and the footer: indexes and filters."""
    return _flip(parts.raw, (max(end for _, end in parts.bodies), parts.start), chance)


def _long_length(parts: Parts, chance: random.Random) -> bytes:
    out, (start, end) = bytearray(parts.raw), chance.choice(parts.bodies)
    at = chance.randrange(start, max(start + 1, end - 4))
    out[at : at + 4] = chance.choice(ODD).to_bytes(9, "little", signed=True)[:4]
    return bytes(out)


def _odd_header(parts: Parts, chance: random.Random) -> bytes:
    """Say something else in a page's header; what follows moves, or is written over."""
    start, end = chance.choice(parts.headers)
    header, _ = read_struct(parts.raw, start)
    _odd_value(header, chance, len(parts.raw))
    made = header.write()
    after = end if chance.random() < 0.5 else start + len(made)
    return parts.raw[:start] + made + parts.raw[after:]


def _odd_footer(parts: Parts, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 2)):
        _odd_value(parts.footer, chance, len(parts.raw))
    return parts.closed(parts.footer.write())


def _odd_value(struct: Struct, chance: random.Random, size: int) -> None:
    holder, number = chance.choice(
        [place for place in _places(struct) if place[0].fields[place[1]][0] in INTEGERS]
    )
    kind, value = holder.fields[number]
    odd = [*ODD, value + 1, value - 1, value * 2, -value, size, size - value, size - TAIL]
    if kind == I8:
        return
    bits = {I16: 15, I32: 31, I64: 63}[kind]
    holder.fields[number] = (kind, max(-(1 << bits), min((1 << bits) - 1, chance.choice(odd))))


def _less_footer(parts: Parts, chance: random.Random) -> bytes:
    holder, number = chance.choice(list(_places(parts.footer)))
    holder.drop(number)
    return parts.closed(parts.footer.write())


def _listed(parts: Parts, chance: random.Random) -> bytes:
    """Repeat, drop or change the order of elements of a list: schema, row groups, columns."""
    lists = [value for holder, number in _places(parts.footer)
             if isinstance(value := holder.fields[number][1], Listed) and value.items]  # fmt: skip
    items = chance.choice(lists).items
    one = chance.randrange(len(items))
    way = chance.choice(("repeat", "drop", "swap", "many"))
    if way == "repeat":
        items.insert(chance.randrange(len(items) + 1), items[one])
    elif way == "drop":
        items.pop(one)
    elif way == "swap":
        other = chance.randrange(len(items))
        items[one], items[other] = items[other], items[one]
    else:
        items += [items[one]] * 300
    return parts.closed(parts.footer.write())


def _other_text(parts: Parts, chance: random.Random) -> bytes:
    """Change a name, a bound or a text of the metadata."""
    texts = [place for place in _places(parts.footer) if place[0].fields[place[1]][0] == BINARY]
    holder, number = chance.choice(texts)
    old = holder.fields[number][1]
    new = chance.choice([*BAD_TEXTS, old[:-1], old + b"\0", old * 2])
    holder.fields[number] = (BINARY, new)
    return parts.closed(parts.footer.write())


def _swapped_fields(parts: Parts, chance: random.Random) -> bytes:
    """Give two chunks, or elements of the schema, each other's value of a field."""
    places = list(_places(parts.footer))
    holder, number = chance.choice(places)
    others = [one for one, same in places if same == number and one is not holder]
    if others:
        other = chance.choice(others)
        holder.fields[number], other.fields[number] = other.fields[number], holder.fields[number]
    return parts.closed(parts.footer.write())


def _places(value: Any) -> Iterator[tuple[Struct, int]]:
    if isinstance(value, Struct):
        for number, (_, inner) in list(value.fields.items()):
            yield value, number
            yield from _places(inner)
    elif isinstance(value, Listed):
        for item in value.items:
            yield from _places(item)


def _truncated(parts: Parts, chance: random.Random) -> bytes:
    return parts.raw[
        : chance.choice((chance.randrange(len(parts.raw)), len(parts.raw) - chance.randint(1, 12)))
    ]


def _extended(parts: Parts, chance: random.Random) -> bytes:
    more = chance.randbytes(chance.randint(1, 5000))
    return chance.choice(
        (parts.raw + more, parts.raw + more + parts.raw[-TAIL:], parts.raw[:4] + more + parts.raw[4:])
    )


def _cut_out(parts: Parts, chance: random.Random) -> bytes:
    at = chance.randrange(len(parts.raw) - 1)
    return parts.raw[:at] + parts.raw[min(len(parts.raw), at + chance.randint(1, 300)) :]


def _zeros(parts: Parts, chance: random.Random) -> bytes:
    at, length = chance.randrange(len(parts.raw)), chance.randint(1, 400)
    return parts.raw[:at] + bytes(min(length, len(parts.raw) - at)) + parts.raw[at + length :]


def _swapped(parts: Parts, chance: random.Random) -> bytes:
    size = min(chance.randint(1, 300), len(parts.raw) // 4)
    a, b = sorted(
        (
            chance.randrange(0, len(parts.raw) // 2 - size),
            chance.randrange(len(parts.raw) // 2, len(parts.raw) - size),
        )
    )
    raw = parts.raw
    return raw[:a] + raw[b : b + size] + raw[a + size : b] + raw[a : a + size] + raw[b + size :]


def _lying_length(parts: Parts, chance: random.Random) -> bytes:
    length = len(parts.raw) - TAIL - parts.start
    told = chance.choice((0, 1, length - 1, length + 1, length // 2, len(parts.raw), 2**31, 2**32 - 1))
    return parts.raw[:-TAIL] + told.to_bytes(4, "little") + parts.raw[-4:]


def _wrong_magic(parts: Parts, chance: random.Random) -> bytes:
    wrong = chance.choice((b"PARE", b"PAR2", b"\0\0\0\0", b"ORC1", b"\x1f\x8b\x08\0"))
    return chance.choice((wrong + parts.raw[4:], parts.raw[:-4] + wrong, wrong + parts.raw[4:-4] + wrong))


_BYTES: tuple[Callable[[Parts, random.Random], bytes], ...] = (
    *(_flip_anywhere, _truncated, _extended, _cut_out, _zeros, _swapped, _lying_length, _wrong_magic),
)
_STRUCTURED = (_flip_header, _flip_body, _flip_levels, _flip_index, _long_length, _odd_header)
_FOOTERS = (
    *(_flip_footer, _flip_footer, _odd_footer, _odd_footer, _odd_footer, _less_footer, _listed, _other_text),
    _swapped_fields,
)


def _mangled_csv(whole: bytes, chance: random.Random) -> tuple[str, bytes]:
    way = chance.choice(("put", "put", "put", "flip", "cut", "repeat", "header", "long", "end"))
    at = chance.choice((0, 3, chance.randrange(len(whole)), len(whole)))
    if way == "put":
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(whole))
            whole = whole[:at] + chance.choice(CSV_BYTES) + whole[at + chance.randint(0, 1) :]
    elif way == "flip":
        whole = _flip(whole, (0, len(whole)), chance, 8)
    elif way == "cut":
        whole = whole[:at] + whole[at + chance.randint(1, 200) :]
    elif way == "repeat":
        whole = whole[:at] + whole
    elif way == "header":
        names = chance.choice(
            (b"", b"id,id,id,id", b"id", b"\xff", b'"id,mail', b"id;mail;kind;n", b"ID,Mail,kind,n")
        )
        whole = names + whole[whole.index(b"\n") :]
    elif way == "long":
        whole = whole[:at] + b"x" * chance.choice((70_000, 3_000_000, 20_000_000)) + whole[at:]
    else:
        whole += chance.choice((b"1", b"1,2,3,4,5,6", b'"', b"\0", b"\x1a", b"\n\n\n", b"\xc3"))
    return f"csv {way}", whole
