"""Identifiers inside longer text, in SQL.

Each function returns the text of a VARCHAR[] expression that holds every canonical form which a text may
contain, to be joined to what is sought. The text is in NFC already (`searchable`). Recall first: a candidate
that nobody seeks costs one probe.
"""

from lineage_assets.identifiers import Kind, Namespace
from scanners.residual.normal import ASCII_SPACE, SPACE, canonical_sql, lowered, text_literal, uuid

_WIDE = rf"[^@{SPACE}]+"
_MIDDLE = rf"[^@{SPACE}<>()\[\]{{}},;:\"|\\=/*!?&#%$~^`]"
_END = rf"[^@{SPACE}<>()\[\]{{}},;:\"|\\=/*!?&#%$~^`'._-]"
_TIGHT = f"{_END}{_MIDDLE}*@{_MIDDLE}*{_END}"
GAP = rf"[{ASCII_SPACE}()./-]*"
_EDGE = "[^0-9A-Za-z]"
_WORD = rf"[^{SPACE}<>()\[\]{{}},;:\"'|\\=/!?]+"


def searchable(x: str) -> str:
    r"""The text in NFC; with backslashes, also its JSON strings decoded, and blanks for \n and the like."""
    leaves = f"array_to_string(json_extract_string(TRY_CAST({x} AS JSON), '$..*'), chr(10))"
    plain = rf"regexp_replace({x}, '\\[nrtbf/\"]', ' ', 'g')"
    decoded = f"CASE WHEN contains({x}, chr(92)) THEN concat_ws(chr(10), {x}, {leaves}, {plain}) ELSE {x} END"
    return f"nfc_normalize({decoded})"


def declared_tokens(x: str, namespace: Namespace, *, hashed: bool) -> str:
    """Candidates for a declared text column: shapes of one namespace, weak kinds too."""
    if hashed:
        return hash_tokens(x)
    own = [pattern_tokens(x, namespace)] if namespace.distinctive is not None else []
    return _joined([*own, _TOKENS[namespace.kind](x)] if namespace.kind in _STRONG or not own else own)


def email_runs(x: str) -> str:
    """Runs around an @: up to white space, and up to punctuation that ends one; in the text's own case."""
    return f"list_concat({_all(x, f'{_WIDE}@{_WIDE}')}, {_all(x, _TIGHT)})"


def email_tokens(x: str) -> str:
    """E-mail addresses, in lower case."""
    return f"list_transform({email_runs(x)}, lambda z: {lowered('z')})"


def phone_tokens(x: str) -> str:
    """Phone numbers after + or 00: the digits that follow, cut at every blank (a date may come after)."""
    bare = f"replace({x}, '(0)', '')"
    plus = rf"regexp_replace({bare}, '(^|[^0-9])00', '\1+', 'g')"
    parts = f"list_concat(string_split({bare}, '+')[2:], string_split({plus}, '+')[2:])"
    head = f"trim(regexp_extract(p, {text_literal(f'^(?:{GAP}[0-9])+')}))"
    words = f"string_split_regex({head}, '[{ASCII_SPACE}]+')"
    digits = f"'+' || regexp_replace(array_to_string({words}[1:i], ''), '[^0-9]', '', 'g')"
    cuts = f"list_transform(range(1, least(len({words}), 16) + 1), lambda i: {digits})"
    return _joined(
        [f"[{canonical_sql(Kind.PHONE, x)}]", f"flatten(list_transform({parts}, lambda p: {cuts}))"]
    )


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
    found = [f"list_transform({run}, lambda z: {canonical_sql(namespace.kind, 'z')})" for run in runs]
    return _joined([f"[{canonical_sql(namespace.kind, x)}]", *found])


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
