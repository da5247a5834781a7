# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""Strong identifiers anywhere in text, in SQL: one look a column, whatever is sought.

A text that shows no trace of any shape costs one regular expression over its raw form. One that does is
decoded, and what it may hold is cut out in all shapes at once and joined to what is sought in one table.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lineage_assets.identifiers import STRONG_KINDS, Kind, Namespace
from scanners.residual import decoded, tokens
from scanners.residual.needles import BASE64, PERCENT, PLAIN, TOKEN, Needle, Needles
from scanners.residual.normal import canonical_in_sql, integer, mailbox, text_literal
from scanners.residual.spelled import INTEGER_MARK, mark_of

_SIMPLE = (
    "'[0-9A-Za-z][0-9A-Za-z._+-]*@[0-9A-Za-z][0-9A-Za-z.-]*[0-9A-Za-z]|[+][0-9]{7,15}"
    "|[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}'"
)
WHOLE, ANY, ONLY_AT = range(3)  # what a text is: an identifier, of whatever shape, without a trace but an @
_ENCODED = {"%": decoded.PERCENT, "&": decoded.ENTITY}
# Letters of base64 and hex digits (all are 0 here), and what ends a run of them.
_RUNS = bytes(re.match(f"[{decoded.LETTERS}]", chr(code)) is None for code in range(256))
_NUMBER_BEGINS = "ascii({0}) < 58 AND ascii({0}) NOT BETWEEN 44 AND 47"
_INTEGER = r"^[ \t\r\n]*\+?[0-9]+[ \t\r\n]*$"


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


@dataclass(frozen=True, kw_only=True)
class Anywhere:
    """How all text of a place is compared.

    Attributes:
        text: over v: the value as text.
        wants: what is sought there.
        repeated: whether a few values fill the column, so that the different ones are picked out first.
    """

    text: str
    wants: Wants
    repeated: bool = False

    def trace(self, x: str) -> str:
        """Return whether a raw text may hold anything sought, in SQL."""
        return _trace(self.wants, x)

    def select(self, rows: str, needles: str = "") -> str:
        """Return the SQL of all candidates of some texts v: c, v, f, r, e, how.

        Each distinct value that shows a `trace` has to be looked at once only. One that is an identifier and
        nothing else takes a short way, and so does one that has an @ and no other trace.

        Args:
            rows: SQL of the texts.
            needles: the name of what is sought, if texts are to be left out that have none of its addresses.
        """
        emails = self.wants.kind(Kind.EMAIL)
        if not emails:
            return self._decoded(rows)
        simple = self.wants.simple
        whole = f"regexp_full_match(v, {simple})" if simple else "false"
        more = " OR ".join(_traces_but_at(self.wants, "v"))
        way = f"CASE WHEN {whole} THEN {WHOLE} WHEN {more} THEN {ANY} ELSE {ONLY_AT} END"
        identifier = "CASE WHEN contains(v, '@') THEN lower(v) ELSE replace(lower(v), '-', '') END"
        at = f"SELECT * FROM ways WHERE way = {ONLY_AT}"
        at = self._near(at, needles) if simple and needles else at
        found = _of_emails(tokens.email_tokens("t"), emails)
        texts = f"SELECT *, nfc_normalize(v) AS t FROM ({at})"
        alone = f"SELECT unnest(list_distinct({found})) AS c, v, f, r, e, '{TOKEN}' AS how FROM ({texts})"
        return (
            f"WITH ways AS MATERIALIZED (SELECT *, {way} AS way FROM ({rows}))"
            f" SELECT {identifier} AS c, v, f, r, e, '{TOKEN}' AS how FROM ways WHERE way = {WHOLE}"
            f" UNION ALL {alone} UNION ALL {self._decoded(f'SELECT * FROM ways WHERE way = {ANY}')}"
        )

    def _near(self, rows: str, needles: str) -> str:
        """The texts that have the end of a sought name right before an @, as far as ASCII can tell."""
        tail = f"lambda p: right(p, {self.wants.tail})"
        tails = f"list_transform(string_split(lower(v), '@')[:-2], {tail})"
        each = f"SELECT v, f, r, e, unnest({tails}) AS z FROM ({rows}) WHERE strlen(v) = length(v)"
        sought = f"SELECT right(split_part(needle, '@', 1), {self.wants.tail}) AS z FROM {needles}"
        near = f"SELECT v, f, r, e FROM ({each}) SEMI JOIN ({sought} WHERE contains(needle, '@')) USING (z)"
        return f"{near} UNION ALL SELECT v, f, r, e FROM ({rows}) WHERE strlen(v) <> length(v)"

    def _decoded(self, rows: str) -> str:
        plain = f"SELECT v, {decoded.unescaped('v')} AS t, f, r, e FROM ({rows})"
        url = f"SELECT *, {decoded.percent_decoded('t')} AS p FROM ({plain})"
        inner = decoded.base64_decoded(
            "concat_ws(chr(10), t, p)", _base64_trace(self.wants), self.wants.shortest
        )
        layers = f"SELECT *, {_unescaped_too(inner)} AS b FROM ({url})"
        each = f"SELECT v, f, r, e, unnest({_LAYERS}) AS l FROM ({layers})"
        found = f"SELECT v, f, r, e, l.how AS how, l.t AS t FROM ({each})"
        return f"SELECT unnest({_candidates(self.wants)}) AS c, v, f, r, e, how FROM ({found})"

    def how(self) -> str:
        """Return the SQL over n (v, how, needle) of how a match stands: as the whole value, or inside it."""
        whole = [f"n.needle = {_marked(one, canonical_in_sql(one, 'n.v'))}" for one in self._plain()]
        same = f"coalesce({' OR '.join(whole)}, false)" if whole else "false"
        return f"CASE WHEN n.how = '{TOKEN}' AND {same} THEN '{PLAIN}' ELSE n.how END"

    def _plain(self) -> Iterable[Namespace]:
        return {(n.kind, n.choices): n for n in (*self.wants.patterns, *self.wants.strong)}.values()


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


def _layer(how: str, text: str) -> str:
    return f"{{'how': '{how}', 't': {text}}}"


_ALL_LAYERS = f"[{_layer(TOKEN, 't')}, {_layer(PERCENT, 'p')}, {_layer(BASE64, 'b')}]"
_LAYERS = (
    f"CASE WHEN p IS NULL AND b IS NULL THEN [{_layer(TOKEN, 't')}]"
    f" ELSE list_filter({_ALL_LAYERS}, lambda z: z.t IS NOT NULL) END"
)


def _unescaped_too(x: str) -> str:
    return f"list_transform([{x}], lambda y: {decoded.unescaped('y')})[1]"


def _marked(namespace: Namespace, canonical: str) -> str:
    bare = f"replace({canonical}, '-', '')" if namespace.kind is Kind.UUID else canonical
    mark = mark_of(namespace)
    return f"{text_literal(mark)} || {bare}" if mark else bare


def _trace(wants: Wants, x: str) -> str:
    """Whether a raw text may hold anything sought, however encoded: what costs least is asked first."""
    at = [f"contains({x}, '@')"] if wants.kind(Kind.EMAIL) else []
    return " OR ".join((*at, *_traces_but_at(wants, x)))


def _traces_but_at(wants: Wants, x: str) -> list[str]:
    asked = []
    if wants.strong or wants.patterns or wants.digests:
        asked += [f"contains({x}, chr(92))"]
        asked += [f"contains({x}, '{mark}') AND {_matches(shape, x)}" for mark, shape in _ENCODED.items()]
    asked += [f"{_NUMBER_BEGINS.format(x)} AND {_matches(_INTEGER, x)}"] if wants.integers else []
    least, shapes = _shapes(wants)
    asked += [f"strlen({x}) >= {least} AND {_matches(shapes, x)}"] if shapes else []
    return [f"({one})" for one in asked]


def _shapes(wants: Wants) -> tuple[int, str]:
    """What else a raw text without escapes matches, and how many bytes it has at least.

    One expression: a value costs as much as an expression, whatever that looks for.
    """
    phones = wants.kind(Kind.PHONE)
    shapes = [(0, tokens.PHONE_TRACE)] if phones else []
    shapes += [(0, tokens.NATIONAL_TRACE)] if any(one.region for one in phones) else []
    shapes += [(0, f"(?:{one.distinctive})") for one in wants.patterns]
    shapes += [(wants.shortest, _base64_trace(wants))] if wants.strong or wants.patterns else []
    if wants.kind(Kind.UUID) or wants.digests:
        shapes.append((min(tokens.DIGEST_LENGTHS), f"{tokens.HEX_TRACE}|{tokens.DIGEST_TRACE}"))
    return min((least for least, _ in shapes), default=0), "|".join(shape for _, shape in shapes)


def _base64_trace(wants: Wants) -> str:
    """An expression that a run of base64 letters matches if it may hold anything sought as it is."""
    if any(one.kind not in STRONG_KINDS for one in wants.patterns):
        return decoded.ANY_BASE64
    kinds = sorted({str(one.kind) for one in (*wants.strong, *wants.patterns)})
    return "|".join(decoded.BASE64_OF[kind] for kind in kinds) or "^$"


def _candidates(wants: Wants) -> str:
    """The list of all that a text t may hold."""
    emails, phones = wants.kind(Kind.EMAIL), wants.kind(Kind.PHONE)
    lists = [_when("contains(t, '@')", _of_emails(tokens.email_tokens("t"), emails))] if emails else []
    lists += [_when(_matches(tokens.PHONE_TRACE), tokens.phone_tokens("t"))] if phones else []
    lists += [_of_region(one) for one in phones if one.region]
    if wants.kind(Kind.UUID) or wants.digests:
        lists.append(_when(_matches(tokens.HEX_TRACE), tokens.hex_tokens("t")))
        lists.append(_when(_matches(tokens.DIGEST_TRACE), tokens.digest_tokens("t")))
    lists += [
        _when(_matches(one.distinctive or ""), tokens.pattern_tokens("t", one)) for one in wants.patterns
    ]
    if wants.integers:
        lists.append(_when(_matches(_INTEGER), f"['{INTEGER_MARK}' || {integer('t')}]"))
    return f"list_distinct(list_concat({', '.join(lists)}))"


def _of_emails(found: str, namespaces: tuple[Namespace, ...]) -> str:
    """Addresses as they are, and as namespaces that ignore something have them."""
    each = [f"list_transform({found}, lambda z: {_marked(one, mailbox('z', one))})" for one in namespaces]
    return (
        f"list_concat({', '.join(each)})"
        if len(each) > 1
        else (found if not namespaces[0].choices else each[0])
    )


def _of_region(namespace: Namespace) -> str:
    marked = (
        f"list_transform(list_concat({tokens.phone_tokens('t')}, {tokens.national_tokens('t')}), lambda z: "
    )
    marked += f"{_marked(namespace, canonical_in_sql(namespace, 'z'))})"
    return _when(f"{_matches(tokens.PHONE_TRACE)} OR {_matches(tokens.NATIONAL_TRACE)}", marked)


def _when(condition: str, found: str) -> str:
    return f"CASE WHEN {condition} THEN {found} ELSE [] END"


def _matches(pattern: str, x: str = "t") -> str:
    return f"regexp_matches({x}, {text_literal(pattern)})"
