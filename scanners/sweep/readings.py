"""What of the suppression list is sought in all text, and how what stands there is read for each part of it.

Strong identifiers and named pseudonyms only: a weak one equals other data by chance. A candidate is what
`scanners.residual` cuts out of a text (see `spelled.as_texts`): UUIDs without dashes, addresses and numbers
of a namespace with choices after a mark, bytes in base64 letters without padding.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lineage_assets.identifiers import STRONG_KINDS, Kind, Namespace
from scanners.residual.branches import Value
from scanners.residual.decoded import SHORTEST
from scanners.residual.needles import PLAIN
from scanners.residual.normal import text_literal
from scanners.residual.spelled import MARK, mark_of
from scanners.residual.wants import Wants
from scanners.sweep.order import ListKey, SweepOrder

_HEX, _BASE64 = "[0-9a-f]", "[0-9A-Za-z+/]"
_SHORTEST_UUID = 43
"""Letters of base64 that 32 hex digits take."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One way to read candidates, in SQL over c.

    Attributes:
        part: the part of the list that they are compared with.
        where: which candidates can be of it.
        text: their canonical text; NULL where they are not.
    """

    part: ListKey
    where: str
    text: str


def parts_anywhere(order: SweepOrder) -> tuple[ListKey, ...]:
    """Return the parts of the list that are sought in all text, and that somebody is on."""
    spaces = order.place.namespaces
    return tuple(
        (name, form)
        for (name, form), macs in sorted(order.listed.items())
        if macs and (form != PLAIN or (name in spaces and spaces[name].strong))
    )


def wants_of(order: SweepOrder) -> Wants:
    """Return what these parts want of a text; nobody knows how long an identifier is."""
    parts = parts_anywhere(order)
    plain = [order.place.namespaces[name] for name, form in parts if form == PLAIN]
    alike = {(one.kind, one.choices): one for one in plain if one.kind in STRONG_KINDS}
    only_uuids = bool(plain) and all(one.kind is Kind.UUID for one in plain)
    return Wants(
        strong=tuple(alike.values()),
        patterns=tuple(one for one in plain if one.distinctive is not None),
        digests=any(form != PLAIN for _, form in parts),
        integers=False,
        shortest=_SHORTEST_UUID if only_uuids else SHORTEST,
        tail=0,
    )


def readings_of(order: SweepOrder) -> Iterator[Reading]:
    """Yield how candidates are read, for each part."""
    for part in parts_anywhere(order):
        name, form = part
        if form != PLAIN:
            yield Reading(part=part, where=_letters(_HEX, 64), text="c")
            yield Reading(part=part, where=_letters(_BASE64, 43), text=_hex_of_base64("="))
            continue
        for where, text in _plain(order.place.namespaces[name]):
            yield Reading(part=part, where=where, text=text)


def whole_bytes() -> Value:
    """Return how binary values are compared: 16 bytes in the two orders that programs write, and 32."""
    sized = "CASE WHEN octet_length(v) IN (16, 32) THEN lower(hex(v)) END"
    both = f"CASE WHEN length(t) = 32 THEN [t, {_swapped('t')}] ELSE [t] END"
    return Value(text=sized, candidates=f"list_distinct({both})", several=True, where="t IS NOT NULL")


def _plain(namespace: Namespace) -> Iterator[tuple[str, str]]:
    """Yield which candidates can be of a namespace, and their canonical text."""
    mark = mark_of(namespace)
    if mark:
        yield f"starts_with(c, {text_literal(mark)})", f"substr(c, {len(mark) + 1})"
    elif namespace.kind is Kind.EMAIL:
        yield f"contains(c, '@') AND NOT contains(c, {text_literal(MARK)})", "c"
    elif namespace.kind is Kind.PHONE:
        yield "starts_with(c, '+')", "c"
    elif namespace.kind is Kind.UUID:
        yield _letters(_HEX, 32), _dashed("c")
        for order in ("h", _swapped("h")):
            dashed = f"list_transform([{_hex_of_base64('==')}], lambda h: {_dashed(order)})[1]"
            yield _letters(_BASE64, 22), dashed
    else:
        yield _matches(f"(?:{namespace.distinctive})"), "c"


def _matches(pattern: str) -> str:
    return f"regexp_full_match(c, {text_literal(pattern)})"


def _letters(kind: str, count: int) -> str:
    """So many letters of a kind: counting bytes costs less than an expression, and leaves most out."""
    return f"CASE WHEN strlen(c) = {count} THEN {_matches(f'{kind}+')} ELSE false END"


def _hex_of_base64(padding: str) -> str:
    return f"lower(hex(TRY(from_base64(c || '{padding}'))))"


def _dashed(digits: str) -> str:
    parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return " || '-' || ".join(f"substr({digits}, {start}, {length})" for start, length in parts)


def _swapped(digits: str) -> str:
    """32 hex digits of a UUID with its first three numbers in the other order of bytes."""
    turned = (7, 5, 3, 1, 11, 9, 15, 13)
    return " || ".join((*(f"substr({digits}, {at}, 2)" for at in turned), f"substr({digits}, 17)"))
