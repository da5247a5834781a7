r"""Text inside text, in SQL: escapes of JSON and HTML, percent-encoding, base64.

Functions take the text of a VARCHAR expression and return the text of one. Each costs one look where a text
shows no trace of the encoding.
"""

from scanners.residual.normal import text_literal

NEWLINE = "chr(10)"
LETTERS = "0-9A-Za-z+/_-"
SHORTEST = 8  # letters of base64: six bytes
_NAMED = {
    "quot": '"',
    "apos": "'",
    "lt": "<",
    "gt": ">",
    "commat": "@",
    "plus": "+",
    "period": ".",
    "lowbar": "_",
    "hyphen": "-",
    "dash": "-",
    "amp": "&",
}

# What base64 makes of an @ among ASCII, of three digits, of six hex digits in a row, wherever they fall.
_AT = f"[{LETTERS}](?:Q[A-H]|[EUk0][AB]|[BFJNRVZdhlptx159]A)[{LETTERS}]{{2}}"
_DIGITS = "[MN][DTjz][AEIMQUYcgk][wxyz0-5]"
_HEX = "(?:[MNYZQR][DEGTUWjkmz02][ABEFIJMNQRUVYZcdghkl][w-z0-5h-mB-G]){2}"
BASE64_OF = {"email": _AT, "phone": _DIGITS, "uuid": _HEX}
ANY_BASE64 = f"[{LETTERS}]{{3}}[A-Z][{LETTERS}]{{4}}"
PERCENT = "%[0-9A-Fa-f]{2}"
_MORE = r"\\x[89AB][0-9A-F]"
# UTF-8 as the engine spells bytes: what is not printable ASCII is \xNN.
_UTF8 = (
    rf"(?:[^\\]|\\x[0-7][0-9A-F]|\\x[CD][0-9A-F]{_MORE}"
    rf"|\\xE[0-9A-F](?:{_MORE}){{2}}|\\xF[0-4](?:{_MORE}){{3}})*"
)
ENTITY = f"&(?:#[0-9]{{2,7}}|#[xX][0-9A-Fa-f]{{2,6}}|{'|'.join(_NAMED)});"


def unescaped(x: str) -> str:
    r"""The text in NFC, and below it what its escapes stand for: JSON strings, `\u0040`, `&#64;`.

    JSON inside JSON needs no parser: a run of backslashes before a letter is one escape, however deep.
    """
    leaves = f"array_to_string(json_extract_string(TRY_CAST(y AS JSON), '$..*'), {NEWLINE})"
    coded = _codes("y", r"\\+u[0-9A-Fa-f]{4}", r"[^\\]+|\\+", "'0x' || right(z, 4)")
    plain = rf"regexp_replace({coded}, '\\+[nrtbf/\"]?', ' ', 'g')"
    escaped = f"CASE WHEN contains(y, chr(92)) THEN concat_ws({NEWLINE}, y, {leaves}, {plain}) ELSE y END"
    return f"nfc_normalize(list_transform([{_without_entities(x)}], lambda y: {escaped})[1])"


def percent_decoded(x: str) -> str:
    """What percent-encoding stands for, once and twice, plus signs as such and as blanks; NULL if none."""
    once = f"coalesce(TRY(url_decode({x})), {_ascii_decoded(x)})"
    blank = f"coalesce(TRY(url_decode(replace({x}, '+', ' '))), {_ascii_decoded(x)})"
    twice = f"TRY(url_decode(TRY(url_decode({x}))))"
    return (
        f"CASE WHEN contains({x}, '%') AND regexp_matches({x}, '{PERCENT}')"
        f" THEN nfc_normalize(concat_ws({NEWLINE}, {once}, {blank}, {twice})) END"
    )


def base64_decoded(x: str, trace: str, shortest: int) -> str:
    """What runs of base64 letters hold, from each of four starts (a path may run into one); NULL if nothing.

    Args:
        x: the text.
        trace: an expression that a run matches which may hold something sought.
        shortest: letters that a run has at least.
    """
    runs = f"regexp_extract_all({x}, '[{LETTERS}]{{{shortest},}}')"
    runs = f"list_filter({runs}, lambda z: {_matches('z', trace)})"
    starts = f"flatten(list_transform({runs}, lambda z: [z, z[2:], z[3:], z[4:]]))"
    blobs = f"list_transform({starts}, lambda z: {_bytes_of('z')})"
    text = f"list_transform({blobs}, lambda y: {text_of_bytes('y')})"
    return f"CASE WHEN {_matches(x, trace)} THEN nullif(array_to_string({text}, {NEWLINE}), '') END"


def _bytes_of(z: str) -> str:
    """Bytes of base64 letters of either alphabet; a last letter that completes no byte is left out."""
    whole = f"{z}[1:(length({z}) - CASE length({z}) % 4 WHEN 1 THEN 1 ELSE 0 END)]"
    letters = f"translate({whole}, '-_', '+/')"
    return f"TRY(from_base64(rpad({letters}, CAST(ceil(length({letters}) / 4.0) * 4 AS INTEGER), '=')))"


def text_of_bytes(data: str) -> str:
    """Bytes as text: UTF-8, or the ASCII among them. An error costs the engine more than a look before it."""
    looks = f"regexp_full_match(CAST({data} AS VARCHAR), {text_literal(_UTF8)})"
    return (
        f"CASE WHEN {looks} THEN coalesce(TRY(decode({data})), {printable(data)}) ELSE {printable(data)} END"
    )


def printable(value: str) -> str:
    """ASCII of bytes: all else becomes a blank, NUL stays."""
    other = "'\\\\x(0[1-9A-F]|[1-46-9A-F][0-9A-F]|5[0-9ABD-F])'"
    bare = f"replace(regexp_replace(CAST({value} AS VARCHAR), {other}, ' ', 'g'), '\\x00', chr(0))"
    return f"replace({bare}, '\\x5C', chr(92))"


def _matches(x: str, pattern: str) -> str:
    return f"regexp_matches({x}, {text_literal(pattern)})"


def _ascii_decoded(x: str) -> str:
    return _codes(x, "%[0-7][0-9A-Fa-f]", "[^%]+|%", "'0x' || z[2:]")


def _without_entities(x: str) -> str:
    numbers = "replace(replace(trim(z, '&#;'), 'x', '0x'), 'X', '0x')"
    decoded = _codes(x, "&#(?:[0-9]{2,7}|[xX][0-9A-Fa-f]{2,6});", "[^&]+|&", numbers)
    for name, letter in _NAMED.items():
        decoded = f"replace({decoded}, '&{name};', {text_literal(letter)})"
    return (
        f"CASE WHEN contains({x}, '&') AND {_matches(x, ENTITY)}"
        f" THEN concat_ws({NEWLINE}, {x}, {decoded}) ELSE {x} END"
    )


def _codes(x: str, code: str, rest: str, number: str) -> str:
    """The text with each code replaced by the character of its number (an expression over z)."""
    character = f"TRY(chr(TRY_CAST({number} AS INTEGER)))"
    one = f"CASE WHEN regexp_full_match(z, {text_literal(code)}) THEN {character} ELSE z END"
    parts = f"regexp_extract_all({x}, {text_literal(f'{code}|{rest}')})"
    return f"array_to_string(list_transform({parts}, lambda z: {one}), '')"
