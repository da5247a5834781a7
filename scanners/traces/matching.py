"""What every way of finding identifiers in bytes has in common."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import chain

from lineage_assets.identifiers import Kind, Namespace

TELLING_DIGITS = 10
TELLING_MIXED = 8
TELLING_TEXT = 16


class Piece(Enum):
    """What bytes are: text (a cell, a log), or part of a binary file, where what is short is chance."""

    TEXT = auto()
    BINARY = auto()

    @classmethod
    def of(cls, data: bytes) -> "Piece":
        """Tell by whether there is a zero byte in it."""
        return cls.BINARY if b"\0" in data else cls.TEXT


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One place in bytes where an identifier stands, and in which form.

    `decided` is False where an equal value may be there by chance: short numbers, plain words.
    """

    namespace: str
    form: str
    start: int
    end: int
    decided: bool = True


@dataclass(frozen=True, kw_only=True)
class Matcher:
    """A way to find identifiers in bytes.

    Attributes:
        find: returns the hits in a piece of bytes.
        reads_through: whether files have to be decoded (escapes, base64, ...) before it finds anything there;
            one that knows every spelling needs it for cells only.
        reach: no hit is longer than this, in bytes: pieces of a stream overlap by it.
    """

    find: Callable[[bytes, Piece], Iterator[Hit]]
    reach: int
    reads_through: bool = False


def both(one: Matcher, other: Matcher) -> Matcher:
    """Return a matcher that finds what either of two finds."""
    return Matcher(
        find=lambda data, piece: chain(one.find(data, piece), other.find(data, piece)),
        reach=max(one.reach, other.reach),
        reads_through=one.reads_through and other.reads_through,
    )


def telling(namespace: Namespace, value: str) -> bool:
    """Whether a canonical value is rare enough that an equal one is no accident.

    Strong kinds are. A number of 10 digits or more is; so is a text of 16 characters, or of 8 with a digit
    and a letter among them.
    """
    if namespace.strong:
        return True
    if namespace.kind is Kind.INTEGER:
        return len(value) >= TELLING_DIGITS
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return len(value) >= (TELLING_MIXED if mixed else TELLING_TEXT)
