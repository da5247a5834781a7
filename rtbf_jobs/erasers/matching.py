"""What is looked for under each declared key, and whether a cell's text holds it. No engine in here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lineage_assets.declarations import Form, Key, Role
from lineage_assets.identifiers import Namespace, Sought, canonical_in, namespace_of, pseudonym_of
from lineage_assets.paths import KeyPath
from rtbf_jobs.erasers import jsontext
from rtbf_jobs.erasers.errors import EraseRefused, Reason
from rtbf_jobs.erasers.order import EraseOrder
from rtbf_jobs.erasers.tokens import searchable, tokens, words

NOBODY: frozenset[int] = frozenset()
SHORT, KNOWN_LIMIT = 100, 200_000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One declared key and the values sought there: written canonical form -> ordinals of the requests.

    `known`, `nobody` and `typed` remember what was worked out once: texts that hold a sought value, texts
    that hold none, and what an engine made of the values for a type of its own.
    """

    asset: str
    path: KeyPath
    key: Key
    namespace: Namespace
    values: Mapping[str, frozenset[int]] = field(repr=False)
    known: dict[str, frozenset[int]] = field(default_factory=dict, repr=False, compare=False)
    nobody: set[str] = field(default_factory=set, repr=False, compare=False)
    typed: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def owner(self) -> bool:
        """Whether a match makes the row the subject's own."""
        return self.key.role is Role.OWNER

    def requests_in(self, text: str) -> frozenset[int]:
        """Return the requests that look for what the cell's text holds.

        Raises:
            EraseRefused: the text should be JSON, is not, and holds a sought value.
        """
        if not self.values:
            return NOBODY
        if not self.path.json:
            return self._remembered(text)
        try:
            found = [
                self._requests(inner) for inner in jsontext.texts_at(jsontext.parsed(text), self.path.json)
            ]
        except jsontext.NotJson:
            return self._undecidable(text)
        return NOBODY.union(*found)

    def held(self, texts: Iterable[str]) -> dict[str, frozenset[int]]:
        """Return those of some texts that hold a sought value, each with the requests that look for it.

        Raises:
            EraseRefused: a text should be JSON, is not, and holds a sought value.
        """
        if not self.values:
            return {}
        left = set(texts).difference(self.nobody)
        new = left.difference(self.known)
        found = {text: requests for text in new if (requests := self.requests_in(text))}
        for text in left.difference(new):
            found[text] = self.known.get(text) or self.requests_in(text)
        return found

    @cached_property
    def integers(self) -> frozenset[int]:
        """The sought values of a namespace of integers, as numbers."""
        return frozenset(map(int, self.values))

    def without(self, text: str) -> str | None:
        """Return the text of a mention's cell as it is after erasure; None means null."""
        if not self.path.json:
            return None
        return jsontext.without(text, self.path.json, lambda inner: bool(self._requests(inner)))

    def _remembered(self, text: str) -> frozenset[int]:
        """Normalise each distinct short text once: the same ones come in every row group."""
        if len(text) > SHORT:
            return self._requests(text)
        found = self.known.get(text)  # row groups are read side by side: what is there now may be gone next
        if found is None:
            found = NOBODY if text in self.nobody else self._requests(text)
            if len(self.known) + len(self.nobody) >= KNOWN_LIMIT:
                self.known.clear()
                self.nobody.clear()
            if found:
                self.known[text] = found
            else:
                self.nobody.add(text)
        return found

    def forms_in(self, text: str) -> Iterator[str]:
        """Yield every written canonical form that a cell's text can be taken for.

        Raises:
            NotJson: the text should be JSON and is not.
        """
        json = self.path.json
        for inner in jsontext.texts_at(jsontext.parsed(text), json) if json else (text,):
            yield from self._forms(inner)

    def _requests(self, text: str) -> frozenset[int]:
        found = [self.values[form] for form in self._forms(text) if form in self.values]
        return NOBODY.union(*found) if found else NOBODY

    def _forms(self, text: str) -> Iterable[str]:
        match self.key.form:
            case Form.TOKENS:
                return tokens(self.namespace, text)
            case Form.PSEUDONYM:
                return (text.strip().lower(),)
            case _:
                form = canonical_in(self.namespace, text)
                return () if form is None else (form,)

    def _undecidable(self, text: str) -> frozenset[int]:
        held = set(words(self.namespace.kind, text)) | {word.lower() for word in text.split()}
        if searchable(self.namespace):
            held |= set(tokens(self.namespace, text))
        if held & self.values.keys():
            raise EraseRefused(self.asset, Reason.BROKEN_JSON, f"column {self.path.column!r}: mend the text")
        return NOBODY


def wanted(order: EraseOrder) -> tuple[Wanted, ...]:
    """Return what is looked for under each declared key, owner keys and mentions.

    Raises:
        EraseRefused: a pseudonym's key is missing, or a namespace cannot be searched in free text.
        NamespaceError: a key's namespace is not declared.
    """
    return tuple(_wanted(order, path, key) for path, key in order.declaration.keys)


def _wanted(order: EraseOrder, path: KeyPath, key: Key) -> Wanted:
    namespace = namespace_of(order.namespaces, key.namespace)
    if key.form is Form.TOKENS and (key.role is Role.OWNER or not searchable(namespace)):
        hint = f"key {str(path)!r}: free text is a mention of e-mail, phone, uuid or a distinctive namespace"
        raise EraseRefused(order.asset, Reason.NOT_SEARCHABLE, hint)
    if key.form is Form.PSEUDONYM and key.hmac_key not in order.hmac_keys:
        hint = f"key {str(path)!r}: put the key named {key.hmac_key!r} into the key folder"
        raise EraseRefused(order.asset, Reason.MISSING_HMAC_KEY, hint)
    values: dict[str, frozenset[int]] = {}
    alone: dict[int, frozenset[int]] = {}
    for sought in order.subjects:
        if sought.namespace == namespace.name and not sought.shared:
            form = _written(order, key, sought)
            requests = alone.get(sought.request) or alone.setdefault(
                sought.request, frozenset({sought.request})
            )
            values[form] = values[form] | requests if form in values else requests
    return Wanted(asset=order.asset, path=path, key=key, namespace=namespace, values=values)


def _written(order: EraseOrder, key: Key, sought: Sought) -> str:
    if key.form is not Form.PSEUDONYM:
        return sought.value
    return pseudonym_of(sought.value, order.hmac_keys[str(key.hmac_key)])
