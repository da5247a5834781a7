"""Identifiers inside longer text, in SQL.

Each function returns the text of a VARCHAR[] expression that holds every canonical form which a text may
contain, to be joined to what is sought. The text is in NFC already (`searchable`). Recall first: a candidate
that nobody seeks costs one probe.
"""

from lineage_assets.addresses import MAY_GO_ON, WITHOUT
from lineage_assets.identifiers import Kind, Namespace
from scanners.residual.normal import (
    ASCII_SPACE,
    SPACE,
    canonical_in_sql,
    canonical_sql,
    lowered,
    text_literal,
    uuid,
)

_WIDE = rf"[^@{SPACE}]+"
_MIDDLE = rf"[^@{SPACE}<>()\[\]{{}},;:\"|\\=/*!?&#%$~^`]"
_END = rf"[^@{SPACE}<>()\[\]{{}},;:\"|\\=/*!?&#%$~^`'._-]"
_TIGHT = f"{_END}{_MIDDLE}*@{_MIDDLE}*{_END}"
GAP = rf"[{ASCII_SPACE}()./-]*"
_DOMAIN = r"[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}]"
_BARE = rf"[\p{{L}}\p{{M}}\p{{N}}]{_MIDDLE}*@{_DOMAIN}"
_EDGE = "[^0-9A-Za-z]"
# Blanks and dashes of typography, which people put into phone numbers.
_WIDE_GAPS = "\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013"
_ANY_GAP = rf"[{ASCII_SPACE}{_WIDE_GAPS}()./-]*"
PHONE_TRACE = rf"(?:\+|0{_ANY_GAP}0)(?:{_ANY_GAP}[0-9]){{7}}"
NATIONAL_TRACE = rf"[0-9](?:{_ANY_GAP}[0-9]){{6}}"
_NATIONAL = rf"[0-9(]{GAP}[0-9](?:{GAP}[0-9]){{5,}}"
HEX_TRACE = "[0-9a-fA-F-]{32}"
# 16, 20 and 32 bytes in base64: without padding in the alphabet of URLs or as a whole value, or with padding.
_URL, _STANDARD = "0-9A-Za-z_-", "0-9A-Za-z+/"
DIGEST_LENGTHS = (22, 27, 43)
DIGEST_TRACE = (
    f"(?:^|[^{_URL}])(?:[{_URL}]{{22}}|[{_URL}]{{27}}|[{_URL}]{{43}})(?:$|[^{_URL}])"
    f"|^(?:[{_STANDARD}]{{22}}|[{_STANDARD}]{{27}}|[{_STANDARD}]{{43}})$"
    f"|[{_STANDARD}]{{22}}="
)
_WORD = rf"[^{SPACE}<>()\[\]{{}},;:\"'|\\=/!?]+"


def declared_tokens(x: str, namespace: Namespace, *, hashed: bool) -> str:
    """Candidates for a declared text column: shapes of one namespace, weak kinds too."""
    if hashed:
        return hash_tokens(x)
    own = [pattern_tokens(x, namespace)] if namespace.distinctive is not None else []
    return _joined([*own, _TOKENS[namespace.kind](x)] if namespace.kind in _STRONG or not own else own)


def email_runs(x: str) -> str:
    """Runs around an @: to white space, to punctuation, to what no host has; in the text's own case."""
    return f"list_concat({_all(x, f'{_WIDE}@{_WIDE}')}, {_all(x, _TIGHT)}, {_all(x, _BARE)})"


def email_tokens(x: str) -> str:
    """E-mail addresses, in lower case; with and without the ending of a file behind them."""
    shorter = f"list_transform(list_filter(r, lambda z: {goes_on('z')}), lambda z: {address_of('z')})"
    every = f"list_transform([{email_runs(x)}], lambda r: list_concat(r, {shorter}))[1]"
    return f"list_transform({every}, lambda z: {lowered('z')})"


def goes_on(x: str) -> str:
    """Whether something may stand right behind the address that a run holds, without being a part of it."""
    return f"regexp_matches({x}, {text_literal(MAY_GO_ON)})"


def address_of(x: str) -> str:
    """The address of such a run."""
    return f"regexp_replace({x}, {text_literal(WITHOUT)}, '\\1')"


def phone_tokens(x: str) -> str:
    """Phone numbers after + or 00: the digits that follow, cut at every blank (a date may come after)."""
    bare = f"replace(translate({x}, '{_WIDE_GAPS}', '    ----'), '(0)', '')"
    plus = rf"regexp_replace({bare}, '(^|[^0-9])00', '\1+', 'g')"
    parts = f"list_concat(string_split({bare}, '+')[2:], string_split({plus}, '+')[2:])"
    head = f"trim(regexp_extract(p, {text_literal(f'^(?:{GAP}[0-9])+')}))"
    words = f"string_split_regex({head}, '[{ASCII_SPACE}]+')"
    digits = f"'+' || regexp_replace(array_to_string({words}[1:i], ''), '[^0-9]', '', 'g')"
    cuts = f"list_transform(range(1, least(len({words}), 16) + 1), lambda i: {digits})"
    return _joined(
        [f"[{canonical_sql(Kind.PHONE, x)}]", f"flatten(list_transform({parts}, lambda p: {cuts}))"]
    )


def national_tokens(x: str) -> str:
    """Numbers without a country: digits and what stands between them, cut at every blank."""
    runs = _all(f"translate({x}, '{_WIDE_GAPS}', '    ----')", _NATIONAL)
    words = f"string_split_regex(p, '[{ASCII_SPACE}]+')"
    starts = f"range(1, least(len({words}), 8) + 1)"
    cut = f"array_to_string({words}[1:i], ' ')"
    return f"flatten(list_transform({runs}, lambda p: list_transform({starts}, lambda i: {cut})))"


def hex_tokens(x: str) -> str:
    """32 hex digits, dashes between them or not, 40 and 64 of them; at word ends, in lower case, no dash."""
    shapes = r"\b(?:[0-9a-f]{64}|[0-9a-f]{40}|(?:[0-9a-f]-*){31}[0-9a-f])\b"
    return f"list_transform({_all(f'lower({_spaced(x)})', shapes)}, lambda z: replace(z, '-', ''))"


def digest_tokens(x: str) -> str:
    """Runs of base64 letters that are 16, 20 or 32 bytes, in the standard alphabet; a slash may end one."""
    lengths = f"lambda z: length(z) IN {DIGEST_LENGTHS}"
    alphabets = (_STANDARD, _URL)
    runs = f"list_concat({', '.join(_all(x, f'[{letters}]+') for letters in alphabets)})"
    return f"list_transform(list_filter({runs}, {lengths}), lambda z: translate(z, '-_', '+/'))"


def uuid_runs(x: str) -> str:
    """32 hex digits with dashes anywhere between them, at word ends."""
    return _all(_spaced(x), r"(?i)\b(?:[0-9a-f]-*){31}[0-9a-f]\b")


def uuid_tokens(x: str) -> str:
    """UUIDs, canonical."""
    return f"list_transform({uuid_runs(x)}, lambda z: {uuid('z')})"


def integer_tokens(x: str) -> str:
    """Runs of digits at word ends."""
    found = _all(_spaced(x), r"\b[0-9]+\b")
    return _joined(
        [f"[{canonical_sql(Kind.INTEGER, x)}]", f"list_transform({found}, lambda z: {_digits('z')})"]
    )


def word_tokens(x: str) -> str:
    """The whole value, and runs between blanks and punctuation."""
    found = _all(x, _WORD)
    return _joined(
        [f"[{canonical_sql(Kind.TEXT, x)}]", found, f"list_transform({found}, lambda z: trim(z, '.'))"]
    )


def hash_tokens(x: str) -> str:
    """64 hex digits at word ends, in lower case."""
    return _all(f"lower({_spaced(x)})", r"\b[0-9a-f]{64}\b")


def pattern_tokens(x: str, namespace: Namespace) -> str:
    """Values of a distinctive pattern: the whole value, and matches that no letter or digit touches."""
    pattern = namespace.distinctive or ""
    edged = text_literal(f"(?:^|{_EDGE})({pattern})(?:$|{_EDGE})")
    runs = [_all(x, rf"\b(?:{pattern})\b"), f"regexp_extract_all({x}, {edged}, 1)"]
    found = [f"list_transform({run}, lambda z: {canonical_in_sql(namespace, 'z')})" for run in runs]
    return _joined([f"[{canonical_in_sql(namespace, x)}]", *found])


def _all(x: str, pattern: str) -> str:
    return f"regexp_extract_all({x}, {text_literal(pattern)})"


def _spaced(x: str) -> str:
    return f"replace({x}, '_', ' ')"


def _digits(x: str) -> str:
    return f"regexp_extract({x}, '^0*([0-9]+)$', 1)"


def _joined(lists: list[str]) -> str:
    return lists[0] if len(lists) == 1 else f"list_concat({', '.join(lists)})"


_STRONG = frozenset({Kind.EMAIL, Kind.PHONE, Kind.UUID})
_TOKENS = {
    Kind.EMAIL: email_tokens,
    Kind.PHONE: phone_tokens,
    Kind.UUID: uuid_tokens,
    Kind.INTEGER: integer_tokens,
    Kind.TEXT: word_tokens,
}
