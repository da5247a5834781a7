"""What is sought in all text, and by which traces a raw text may hold it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lineage_assets.identifiers import STRONG_KINDS, Kind, Namespace
from scanners.residual import decoded, tokens
from scanners.residual.needles import PLAIN, Needle, Needles
from scanners.residual.normal import text_literal

_SIMPLE = (
    "'[0-9A-Za-z][0-9A-Za-z._+-]*@[0-9A-Za-z][0-9A-Za-z.-]*[0-9A-Za-z]|[+][0-9]{7,15}"
    "|[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}'"
)
_ENCODED = {"%": decoded.PERCENT, "&": decoded.ENTITY}
# Letters of base64 and hex digits (all are 0 here), and what ends a run of them.
_RUNS = bytes(re.match(f"[{decoded.LETTERS}]", chr(code)) is None for code in range(256))
_NUMBER_BEGINS = "ascii({0}) < 58 AND ascii({0}) NOT BETWEEN 44 AND 47"
INTEGER_SHAPE = r"^[ \t\r\n]*\+?[0-9]+[ \t\r\n]*$"


@dataclass(frozen=True, kw_only=True)
class Wants:
    """What is sought in all text.

    Attributes:
        strong: the namespaces of plain identifiers, those of equal kind and choices once.
        patterns: the namespaces with a distinctive pattern.
        digests: whether digests or pseudonyms are sought.
        integers: whether whole numbers are, as weak evidence.
        shortest: so many letters of base64 at least hold one of the plain identifiers.
        tail: so many letters at least each address has before its @.
    """

    strong: tuple[Namespace, ...]
    patterns: tuple[Namespace, ...]
    digests: bool
    integers: bool
    shortest: int
    tail: int

    @classmethod
    def of(cls, needles: Needles) -> "Wants":
        """Return what the needles of an order want."""
        strong = needles.strong()
        plain = {n.sought.namespace for n in strong if n.form == PLAIN}
        addresses = (n.value for n in strong if n.form == PLAIN and needles.kind_of(n) is Kind.EMAIL)
        spaces = [needles.namespaces[name] for name in sorted(plain)]
        alike = {(one.kind, one.choices): one for one in spaces if one.kind in STRONG_KINDS}
        return cls(
            strong=tuple(alike.values()),
            patterns=tuple(one for one in spaces if one.distinctive is not None),
            digests=any(n.form != PLAIN for n in strong),
            integers=any(needles.kind_of(n) is Kind.INTEGER for n in needles.weak()),
            shortest=_shortest(strong, needles.namespaces),
            tail=min((len(one.partition("@")[0]) for one in addresses), default=0),
        )

    def kind(self, kind: Kind) -> tuple[Namespace, ...]:
        """Return the strong namespaces of a kind."""
        return tuple(one for one in self.strong if one.kind is kind)

    @property
    def simple(self) -> str | None:
        """What values are whole identifiers at a glance; None where namespaces make a difference."""
        return None if self.patterns or any(one.choices for one in self.strong) else _SIMPLE

    def in_ascii(self, texts: bytes) -> bool:
        """Return whether texts that stand one after another, with NULs between them, may hold any of it."""
        least, _ = _shapes(self)
        marks = (b"\\", *(mark.encode() for mark in _ENCODED), *([b"@"] if self.kind(Kind.EMAIL) else []))
        return not least or any(mark in texts for mark in marks) or bytes(least) in texts.translate(_RUNS)

    def __bool__(self) -> bool:
        """Whether anything is sought."""
        return bool(self.strong or self.patterns or self.digests or self.integers)


def trace_of(wants: Wants, x: str) -> str:
    """Whether a raw text may hold anything sought, however encoded, in SQL: what costs least comes first."""
    at = [f"contains({x}, '@')"] if wants.kind(Kind.EMAIL) else []
    return " OR ".join((*at, *traces_but_at(wants, x)))


def traces_but_at(wants: Wants, x: str) -> list[str]:
    """The traces of a raw text that are no @, in SQL."""
    asked = []
    if wants.strong or wants.patterns or wants.digests:
        asked += [f"contains({x}, chr(92))"]
        asked += [f"contains({x}, '{mark}') AND {matches(shape, x)}" for mark, shape in _ENCODED.items()]
    asked += [f"{_NUMBER_BEGINS.format(x)} AND {matches(INTEGER_SHAPE, x)}"] if wants.integers else []
    least, shapes = _shapes(wants)
    asked += [f"strlen({x}) >= {least} AND {matches(shapes, x)}"] if shapes else []
    return [f"({one})" for one in asked]


def _shapes(wants: Wants) -> tuple[int, str]:
    """What else a raw text without escapes matches, and how many bytes it has at least.

    One expression: a value costs as much as an expression, whatever that looks for.
    """
    phones = wants.kind(Kind.PHONE)
    shapes = [(0, tokens.PHONE_TRACE)] if phones else []
    shapes += [(0, tokens.NATIONAL_TRACE)] if any(one.region for one in phones) else []
    shapes += [(0, f"(?:{one.distinctive})") for one in wants.patterns]
    shapes += [(wants.shortest, base64_trace(wants))] if wants.strong or wants.patterns else []
    if wants.kind(Kind.UUID) or wants.digests:
        shapes.append((min(tokens.DIGEST_LENGTHS), f"{tokens.HEX_TRACE}|{tokens.DIGEST_TRACE}"))
    return min((least for least, _ in shapes), default=0), "|".join(shape for _, shape in shapes)


def base64_trace(wants: Wants) -> str:
    """An expression that a run of base64 letters matches if it may hold anything sought as it is."""
    if any(one.kind not in STRONG_KINDS for one in wants.patterns):
        return decoded.ANY_BASE64
    kinds = sorted({str(one.kind) for one in (*wants.strong, *wants.patterns)})
    return "|".join(decoded.BASE64_OF[kind] for kind in kinds) or "^$"


def _shortest(strong: Iterable[Needle], namespaces: Mapping[str, Namespace]) -> int:
    """Return how many letters of base64 a plain identifier takes at least.

    What an ASCII form was made from is no shorter. No letter takes more than three times as many bytes in NFC
    or in lower case.
    """
    plain = [(namespaces[n.sought.namespace].kind, n.value) for n in strong if n.form == PLAIN]
    if any(kind not in {Kind.EMAIL, Kind.UUID} for kind, _ in plain):
        return decoded.SHORTEST
    data = (value.replace("-", "") if kind is Kind.UUID else value for kind, value in plain)
    sizes = (len(text) if text.isascii() else len(text.encode()) // 3 for text in data)
    return max(decoded.SHORTEST, -(-min(sizes, default=0) * 8 // 6))


def matches(pattern: str, x: str = "t") -> str:
    """Whether a text holds what an expression matches, in SQL."""
    return f"regexp_matches({x}, {text_literal(pattern)})"
