"""Finds identifiers that somebody gives, in every spelling, in one pass over the bytes (Aho-Corasick)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

from lineage_assets.identifiers import Namespace
from scanners.traces.matching import Hit, Matcher, Piece, both, telling
from scanners.traces.spellings import Spelling, spellings
from scanners.traces.tokens import token_matcher

FASTEST_UP_TO = 5_000  # patterns; a full table of more would take the memory of a small machine


@dataclass(frozen=True, kw_only=True)
class Given:
    """One identifier to look for: namespace, canonical value, and as it was typed. `repr` shows no value."""

    namespace: str
    value: str = field(repr=False)
    typed: str = field(default="", repr=False)


def spelled(
    identifiers: Sequence[Given],
    namespaces: Mapping[str, Namespace],
    *,
    pseudonym_keys: Mapping[str, bytes],
) -> Matcher:
    """Return a matcher for given identifiers.

    One that is not telling (a short number, a plain word) is looked for as a whole word in text only, and
    its hits are not decided.
    """
    patterns: list[tuple[str, Spelling]] = []
    words: dict[str, set[str]] = {}
    for one in identifiers:
        namespace = namespaces[one.namespace]
        if telling(namespace, one.value):
            made = spellings(namespace.kind, one.value, typed=one.typed, pseudonym_keys=pseudonym_keys)
            patterns += [(one.namespace, spelling) for spelling in made]
        else:
            words.setdefault(one.namespace, set()).add(one.value)
    found = _automaton(patterns)
    if not words:
        return found
    short = token_matcher(
        {name: namespaces[name] for name in words},
        lambda name, form, value: form == "plain" and value in words[name],
    )
    return both(found, short)


def _automaton(patterns: Sequence[tuple[str, Spelling]]) -> Matcher:
    folded = [(name, one) for name, one in patterns if one.folded]
    exact = [(name, one) for name, one in patterns if not one.folded]
    halves = [(_built(half), half) for half in (folded, exact)]

    def find(data: bytes, _piece: Piece) -> Iterator[Hit]:
        for (automaton, half), where in zip(halves, (data.lower(), data), strict=True):
            if automaton is None:
                continue
            for index, start, end in automaton.find_matches_as_indexes(where, overlapping=True):
                name, one = half[index]
                yield Hit(namespace=name, form=one.form, start=start, end=end)

    return Matcher(find=find, reach=max((len(one.data) for _, one in patterns), default=1))


def _built(patterns: Sequence[tuple[str, Spelling]]) -> BytesAhoCorasick | None:
    if not patterns:
        return None
    how = Implementation.DFA if len(patterns) <= FASTEST_UP_TO else Implementation.ContiguousNFA
    return BytesAhoCorasick([one.data for _, one in patterns], MatchKind.Standard, how)
