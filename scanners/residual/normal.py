"""Canonical forms, in SQL.

Written apart from `lineage_assets.identifiers` on purpose: the scan is the proof of the eraser, so it must
not share its normaliser. `docs/formats/identifiers.md` holds the two together.

Every function takes the text of a VARCHAR expression and returns the text of one; it is NULL where the value
is not of the kind.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lineage_assets.identifiers import Choice, Kind, Namespace
from lineage_assets.phones import numbering

# What Python's \s matches in text; RE2's own \s is ASCII and lacks the vertical tab.
SPACE = r"\t-\r\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
ASCII_SPACE = r"\t-\r\x{20}"
# Unicode's Final_Sigma (SpecialCasing.txt): a capital sigma ends a word after a cased letter, before none.
_IGNORED = (
    r"\p{Mn}\p{Me}\p{Cf}\p{Lm}\p{Sk}'.:\x{b7}\x{387}\x{55f}\x{5f4}\x{2018}\x{2019}\x{2024}\x{2027}"
    r"\x{fe13}\x{fe52}\x{fe55}\x{ff07}\x{ff0e}\x{ff1a}"
)
_CASED = (
    r"\p{Lu}\p{Ll}\p{Lt}\x{aa}\x{ba}\x{2160}-\x{217f}\x{24b6}-\x{24e9}"
    r"\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189}"
)

Normaliser = Callable[[str], str]


def text_literal(text: str) -> str:
    """Return a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def trimmed(x: str) -> str:
    """NFC, without blanks, tabs, returns and newlines at the ends; NULL where nothing is left.

    Most values have none at their ends, which is seen in a tenth of the time that `trim` takes.
    """
    both = f"nullif(trim(nfc_normalize({x}), ' ' || chr(9) || chr(10) || chr(13)), '')"
    return f"CASE WHEN ascii({x}) > 32 AND ascii({x}[-1]) > 32 THEN nfc_normalize({x}) ELSE {both} END"


def lowered(x: str) -> str:
    """Lower case as Unicode has it: a final sigma and the dotted capital I are the two that DuckDB lacks."""
    return (
        f"CASE WHEN contains({x}, 'Σ') THEN lower({_final_sigmas(x)})"
        f" ELSE lower(replace({x}, chr(304), 'i' || chr(775))) END"
    )


def _final_sigmas(x: str) -> str:
    before = text_literal(f"[{_CASED}][{_IGNORED}]*$")
    after = text_literal(f"^[{_IGNORED}]*[{_CASED}]")
    words = f"string_split(replace({x}, chr(304), 'i' || chr(775)), 'Σ')"
    each = (
        "lambda p, i: p || CASE WHEN i = len(w) THEN ''"
        f" WHEN regexp_matches(array_to_string(w[1:i], 'Σ'), {before})"
        f" AND NOT regexp_matches(array_to_string(w[i + 1:], 'Σ'), {after}) THEN 'ς' ELSE 'Σ' END"
    )
    return f"list_transform([{words}], lambda w: array_to_string(list_transform(w, {each}), ''))[1]"


def integer(x: str) -> str:
    """Digits without plus sign and leading zeros."""
    return rf"nullif(regexp_extract({trimmed(x)}, '^\+?0*([0-9]+)$', 1), '')"


def email(x: str) -> str:
    """One @ between two texts without blanks, in lower case."""
    shape = text_literal(f"[^@{SPACE}]+@[^@{SPACE}]+")
    return f"CASE WHEN regexp_full_match({trimmed(x)}, {shape}) THEN {lowered(trimmed(x))} END"


def phone(x: str) -> str:
    """Plus sign and 7 to 15 digits; the plus may be written 00, and separators and (0) are dropped."""
    return rf"'+' || nullif(regexp_extract({_bare(x)}, '^(?:\+|00)([1-9][0-9]{{6,14}})$', 1), '')"


def _bare(x: str) -> str:
    return f"regexp_replace(replace({trimmed(x)}, '(0)', ''), '[{ASCII_SPACE}()./-]', '', 'g')"


def national_phone(x: str, region: str) -> str:
    """Digits of a number inside a region, as its number with the country; NULL where it is none."""
    plan, digits = numbering(region), _bare(x)
    lengths = f"({', '.join(str(n) for n in sorted(plan.lengths))})"
    shorter = f"substr({digits}, {len(plan.prefix) + 1})"
    bare = f"WHEN length({digits}) IN {lengths} THEN '+{plan.country}' || {digits}"
    inside = f"WHEN NOT regexp_matches({digits}, '^[0-9]+$') OR starts_with({digits}, '00') THEN NULL"
    without = f"starts_with({digits}, '{plan.prefix}') AND length({shorter}) IN {lengths}"
    return f"CASE {inside} WHEN {without} THEN '+{plan.country}' || {shorter} {bare} END"


def mailbox(address: str, namespace: Namespace) -> str:
    """A canonical address without what a namespace ignores before the @; NULL stays NULL."""
    if namespace.plus_tags is Choice.IGNORE:
        address = rf"regexp_replace({address}, '^([^+@]+)\+[^@]*@', '\1@')"
    if namespace.dots is Choice.IGNORE:
        local = f"split_part({address}, '@', 1)"
        bare = f"coalesce(nullif(replace({local}, '.', ''), ''), {local})"
        address = f"{bare} || regexp_extract({address}, '@.*$')"
    return address


def uuid(x: str) -> str:
    """32 hex digits as 8-4-4-4-12 in lower case; braces, urn:uuid: and dashes anywhere are dropped."""
    text = f"lower({trimmed(x)})"
    bare = f"replace(trim(regexp_replace({text}, '^urn:uuid:', ''), '{{}}'), '-', '')"
    plain = f"regexp_full_match({text}, '[0-9a-f]{{8}}-?(?:[0-9a-f]{{4}}-?){{3}}[0-9a-f]{{12}}')"
    digits = f"CASE WHEN {plain} THEN {text} ELSE regexp_extract({bare}, '^[0-9a-f]{{32}}$') END"
    return f"CAST(TRY_CAST({digits} AS UUID) AS VARCHAR)"


NORMALISERS: Mapping[Kind, Normaliser] = MappingProxyType(
    {Kind.INTEGER: integer, Kind.TEXT: trimmed, Kind.EMAIL: email, Kind.PHONE: phone, Kind.UUID: uuid}
)


def canonical_sql(kind: Kind, x: str) -> str:
    """Return the SQL of the canonical form of a VARCHAR expression under a kind alone."""
    return NORMALISERS[kind](x)


def canonical_in_sql(namespace: Namespace, x: str) -> str:
    """Return the SQL of the canonical form of a VARCHAR expression under the choices of a namespace."""
    form = canonical_sql(namespace.kind, x)
    if namespace.kind is Kind.EMAIL:
        return mailbox(form, namespace)
    return f"coalesce({form}, {national_phone(x, namespace.region)})" if namespace.region else form
