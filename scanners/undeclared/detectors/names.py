"""What the name of a column hints at."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from enum import IntEnum
from functools import lru_cache

from scanners.undeclared.detectors.judgement import PersonalKind
from scanners.undeclared.detectors.words import (
    ABOUT,
    NUMBERING,
    OF_PEOPLE_ONLY,
    PEOPLE,
    STRONG,
    THINGS,
    WEAK,
    Phrase,
)
from scanners.undeclared.sample import ColumnSample

_FOLDED = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "œ": "oe"})
_NAMES_CACHED = 4096
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_PROMOTED = frozenset({PersonalKind.PERSON_NAME, PersonalKind.ADDRESS, PersonalKind.ACCOUNT})


class Hint(IntEnum):
    """How much a name says."""

    NONE = 0
    WEAK = 1
    STRONG = 2


def tokens(name: str) -> Phrase:
    """Split snake_case, kebab-case, camelCase and digits into lower-case tokens without accents."""
    plain = unicodedata.normalize("NFC", name)
    plain = unicodedata.normalize("NFKD", plain.translate(_UMLAUTS).translate(_FOLDED))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    apart = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", plain)
    return tuple(re.findall(r"[^\W\d_]+|\d+", apart.lower()))


def hint(column: ColumnSample, kind: PersonalKind) -> Hint:
    """Return what a column's name, and the name of its asset, hint at for one kind."""
    return hints(column.column, column.asset).get(kind, Hint.NONE)


@lru_cache(maxsize=_NAMES_CACHED)
def hints(column: str, asset: str = "") -> Mapping[PersonalKind, Hint]:
    """Return the kinds that a column's path hints at.

    A phrase ends in the last part of the path, so that `customer.name` is a customer's name and
    `email.verified` is no e-mail address. Of two phrases where one lies in the other the longer counts.
    """
    *parents, leaf = [tokens(part) for part in re.split(r"[.]", re.sub(r"\[\]|\{\w+\}", "", column))]
    before = tuple(token for part in parents for token in part)
    path = before + leaf
    found = list(_found(path, len(before)))
    people = any(token.removesuffix("s") in PEOPLE or token in PEOPLE for token in before + tokens(asset))
    out: dict[PersonalKind, Hint] = {}
    for kind, level, begin, end in found:
        if any(_inside((begin, end), other[2:]) for other in found):
            continue
        if path[begin:end] in OF_PEOPLE_ONLY and not people:
            continue
        beside = path[len(before) : begin] + path[end:]
        if ABOUT.intersection(beside):
            continue
        if level is Hint.STRONG:
            worth = Hint.WEAK if THINGS.intersection(path[:begin] + path[end:]) else Hint.STRONG
        else:
            worth = _weak(kind, beside, people=people)
        out[kind] = max(out.get(kind, Hint.NONE), worth)
    return {kind: worth for kind, worth in out.items() if worth}


def _found(path: Phrase, leaf_from: int) -> Iterator[tuple[PersonalKind, Hint, int, int]]:
    for level, table in ((Hint.STRONG, STRONG), (Hint.WEAK, WEAK)):
        for kind, phrases in table.items():
            for begin in range(len(path)):
                for end in range(max(begin, leaf_from) + 1, len(path) + 1):
                    if path[begin:end] in phrases:
                        yield kind, level, begin, end


def _inside(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return span != other and other[0] <= span[0] and span[1] <= other[1]


def _weak(kind: PersonalKind, beside: Phrase, *, people: bool) -> Hint:
    if kind is PersonalKind.ACCOUNT and not NUMBERING.issuperset(beside):
        return Hint.NONE
    return Hint.STRONG if people and not beside and kind in _PROMOTED else Hint.WEAK
