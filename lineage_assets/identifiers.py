"""Identifiers of data subjects: their namespaces, their kinds and their one canonical form.

A namespace is a kind of identifier of this company ("account", "device"); its `Kind` says how values are
written. Every comparison anywhere is made on canonical forms, so that `Bob@X.com ` and `bob@x.com` are one
subject. The eraser normalises with this module; the scanner does the same in SQL on its own
(`docs/formats/identifiers.md` is the golden table that holds the two together).
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lineage_assets.errors import IdentifierError, NamespaceError
from lineage_assets.phones import numbering

BLANKS = " \t\r\n"


class Kind(StrEnum):
    """How the values of a namespace are written."""

    INTEGER = "integer"
    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    UUID = "uuid"


STRONG_KINDS = frozenset({Kind.EMAIL, Kind.PHONE, Kind.UUID})


class Choice(StrEnum):
    """Whether a part of an e-mail address tells mailboxes apart: a provider's rule, so a choice."""

    KEEP = "keep"
    IGNORE = "ignore"


@dataclass(frozen=True, kw_only=True)
class Namespace:
    """A kind of identifier.

    `distinctive` is an optional regular expression (RE2 syntax) that every value matches entirely and that
    nothing else does: a hit on such a value counts as residual wherever it stands. `plus_tags` and `dots`
    say what a `+tag` and the dots before the @ of an e-mail address mean; `region` (two letters, such as DE)
    is where phone numbers without a country are from.
    """

    name: str
    kind: Kind
    distinctive: str | None = None
    plus_tags: Choice = Choice.KEEP
    dots: Choice = Choice.KEEP
    region: str | None = None

    def __post_init__(self) -> None:
        """Refuse a name that is no word, a pattern that does not compile, a choice of another kind.

        Raises:
            NamespaceError: name, pattern, choice or region cannot be used.
        """
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", self.name):
            raise NamespaceError("namespace: a name is a lower-case word of at most 41 characters")
        if self.distinctive is not None:
            try:
                re.compile(self.distinctive)
            except re.error:
                raise NamespaceError(
                    f"namespace {self.name}: the distinctive pattern does not compile"
                ) from None
        if self.kind is not Kind.EMAIL and (self.plus_tags, self.dots) != (Choice.KEEP, Choice.KEEP):
            raise NamespaceError(f"namespace {self.name}: plus_tags and dots are choices of kind email")
        if self.region is not None:
            if self.kind is not Kind.PHONE:
                raise NamespaceError(f"namespace {self.name}: a region is a choice of kind phone")
            numbering(self.region)

    @property
    def strong(self) -> bool:
        """Whether a value is rare enough that a hit outside declared keys is evidence."""
        return self.kind in STRONG_KINDS or self.distinctive is not None

    @property
    def choices(self) -> str:
        """What was chosen beside the kind, as one word; empty where nothing was."""
        made = {"plus": self.plus_tags is Choice.IGNORE, "dots": self.dots is Choice.IGNORE}
        return ",".join([name for name, chosen in made.items() if chosen] or [self.region or ""])


def canonical_in(namespace: Namespace, value: str) -> str | None:
    """Return the canonical form of a value under the choices of a namespace, or None where it has none."""
    form = canonical(namespace.kind, value)
    if namespace.kind is Kind.EMAIL and form is not None:
        return _mailbox(namespace, form)
    if namespace.region is not None and form is None:
        return _national(namespace.region, value)
    return form


def _mailbox(namespace: Namespace, address: str) -> str:
    local, _, domain = address.partition("@")
    if namespace.plus_tags is Choice.IGNORE:
        local = local.partition("+")[0] or local
    if namespace.dots is Choice.IGNORE:
        local = local.replace(".", "") or local
    return f"{local}@{domain}"


def _national(region: str, value: str) -> str | None:
    bare = re.sub(r"[\s()./-]", "", _cut(value).replace("(0)", ""), flags=re.ASCII)
    inside = re.fullmatch(r"[0-9]+", bare, re.ASCII) and not bare.startswith("00")
    return numbering(region).e164(bare) if inside else None


def canonical(kind: Kind, value: str) -> str | None:
    """Return the canonical form of a value by its kind alone, or None where it is not of this kind."""
    text = _cut(value)
    return _CANONICAL[kind](text) if text else None


def _cut(value: str) -> str:
    return unicodedata.normalize("NFC", value).strip(BLANKS)


def _integer(text: str) -> str | None:
    found = re.fullmatch(r"\+?0*([0-9]+)", text, re.ASCII)
    return found.group(1) if found else None


def _text(text: str) -> str | None:
    return text


def _email(text: str) -> str | None:
    return text.lower() if re.fullmatch(r"[^@\s]+@[^@\s]+", text) else None


def _phone(text: str) -> str | None:
    bare = re.sub(r"[\s()./-]", "", text.replace("(0)", ""), flags=re.ASCII)
    found = re.fullmatch(r"(?:\+|00)([1-9][0-9]{6,14})", bare, re.ASCII)
    return f"+{found.group(1)}" if found else None


def _uuid(text: str) -> str | None:
    bare = text.lower().removeprefix("urn:uuid:").strip("{}").replace("-", "")
    if not re.fullmatch(r"[0-9a-f]{32}", bare, re.ASCII):
        return None
    return f"{bare[:8]}-{bare[8:12]}-{bare[12:16]}-{bare[16:20]}-{bare[20:]}"


_CANONICAL = {
    Kind.INTEGER: _integer,
    Kind.TEXT: _text,
    Kind.EMAIL: _email,
    Kind.PHONE: _phone,
    Kind.UUID: _uuid,
}


def pseudonym_of(value: str, key: bytes) -> str:
    """Return the HMAC-SHA256 of a canonical identifier (UTF-8) under a named key, 64 lower-case hex digits.

    A pseudonym is still personal data (GDPR Art. 4(5)): it is a key to erase by, like any other.
    """
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def filed(namespace: Namespace, value: str) -> str:
    """Return the canonical form of an identifier that a person typed.

    Raises:
        IdentifierError: the value is not of the namespace's kind; the message does not repeat it.
    """
    form = canonical_in(namespace, value)
    if form is None:
        raise IdentifierError(f"namespace {namespace.name}: the value given is no {namespace.kind}")
    if namespace.distinctive is not None and not re.fullmatch(namespace.distinctive, form):
        raise IdentifierError(f"namespace {namespace.name}: the value given does not match its pattern")
    return form


@dataclass(frozen=True, kw_only=True)
class Sought:
    """One identifier that a request looks for. `repr` never shows the value.

    `request` is the ordinal of the request inside its batch. `given` tells a filed identifier from one found
    by expansion. `shared` marks one that other people use too: rows keyed only by it need a decision.
    """

    namespace: str
    value: str = field(repr=False)
    request: int
    given: bool = True
    shared: bool = False


def namespace_of(namespaces: Mapping[str, Namespace], name: str) -> Namespace:
    """Return a namespace by its name.

    Raises:
        NamespaceError: no such namespace; the message lists those there are.
    """
    if name not in namespaces:
        raise NamespaceError(f"namespace {name!r} is not declared; declared: {', '.join(sorted(namespaces))}")
    return namespaces[name]
