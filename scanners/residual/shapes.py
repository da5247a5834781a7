"""Strong identifiers anywhere in text, in SQL.

Per shape: which texts show a trace of it, and which candidates they hold. Texts without a trace cost one
cheap look; plain whole values take a path without lists.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lineage_assets.identifiers import Kind, Namespace
from scanners.residual import tokens
from scanners.residual.branches import Value
from scanners.residual.normal import lowered, text_literal
from scanners.residual.tokens import searchable

_SIMPLE_EMAIL = "'[0-9A-Za-z][0-9A-Za-z._+-]*@[0-9A-Za-z][0-9A-Za-z.-]*[0-9A-Za-z]'"
_SIMPLE_UUID = "'[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}'"
_SIMPLE_PHONE = r"'\+[0-9]{7,15}'"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One way to look at all texts: the kind it is for (None: pseudonyms), and how values are compared."""

    kind: Kind | None
    value: Value


def shapes_of(text: str, kinds: frozenset[Kind], *, hashes: bool) -> Iterator[Shape]:
    """Yield the shapes to look for in a text expression over v."""
    t = searchable(text)
    if Kind.EMAIL in kinds:
        simple = f"regexp_full_match(t, {_SIMPLE_EMAIL})"
        yield from _pair(
            Kind.EMAIL, t, ("contains(t, '@')", simple), ("lower(t)", tokens.email_runs("t"), lowered("c"))
        )
    if Kind.UUID in kinds:
        simple = f"regexp_full_match(t, {_SIMPLE_UUID})"
        trace = "regexp_matches(t, '(?:[0-9a-fA-F]-*){32}')"
        bare = "replace(lower({}), '-', '')"
        yield from _pair(
            Kind.UUID, t, (trace, simple), (bare.format("t"), tokens.uuid_runs("t"), bare.format("c"))
        )
    if Kind.PHONE in kinds:
        simple = f"regexp_full_match(t, {_SIMPLE_PHONE})"
        trace = rf"regexp_matches(t, '(?:\+|0{tokens.GAP}0)(?:{tokens.GAP}[0-9]){{7}}')"
        yield from _pair(Kind.PHONE, t, (trace, simple), ("t", tokens.phone_tokens("t"), "c"))
    if hashes:
        trace = "regexp_matches(t, '[0-9a-fA-F]{64}')"
        yield Shape(
            kind=None, value=Value(text=t, where=trace, candidates=tokens.hash_tokens("t"), several=True)
        )


def pattern_shape(text: str, namespace: Namespace) -> Shape:
    """Return how to look for values of a distinctive pattern."""
    value = Value(
        text=searchable(text),
        where=f"regexp_matches(t, {text_literal(namespace.distinctive or '')})",
        candidates=f"list_distinct({tokens.pattern_tokens('t', namespace)})",
        several=True,
    )
    return Shape(kind=namespace.kind, value=value)


def _pair(kind: Kind, text: str, where: tuple[str, str], candidates: tuple[str, str, str]) -> Iterator[Shape]:
    trace, simple = where
    whole, runs, after = candidates
    yield Shape(kind=kind, value=Value(text=text, where=simple, candidates=whole))
    value = Value(text=text, where=f"{trace} AND NOT {simple}", candidates=runs, several=True, after=after)
    yield Shape(kind=kind, value=value)
