"""Reads declarations from JSON, written by us or by hand, and their parts; anything else is refused."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from lineage_assets.declaration_rules import check, text
from lineage_assets.declarations import (
    Cardinality,
    Declaration,
    EpochUnit,
    Erasure,
    EventTime,
    Exempt,
    ExemptReason,
    Form,
    Format,
    Key,
    Link,
    ReErase,
    Role,
)
from lineage_assets.errors import DeclarationError
from lineage_assets.paths import KeyPath

Choice = TypeVar("Choice", bound=StrEnum)


def read_declaration(value: Mapping[str, Any]) -> Declaration:
    """Read the JSON value of a declaration, written by us or by hand.

    Raises:
        DeclarationError: a field is unknown, missing or of the wrong shape.
    """
    try:
        _refuse_unknown(value, Declaration, "field")
        made = Declaration(
            subject=truth(value["subject"]),
            location=value.get("location"),
            format=choice(Format, value.get("format", "parquet"), "format"),
            keys=sorted_keys(value.get("keys", {})),
            purposes=words(value.get("purposes", ())),
            erasure=choice(Erasure, value.get("erasure", "no_action"), "erasure"),
            retention_days=value.get("retention_days"),
            links=tuple(_link(link) for link in value.get("links", ())),
            redact=texts(value.get("redact", ())),
            filters_suppressed=truth(value.get("filters_suppressed", False)),
            exempt=_exempt(value.get("exempt")),
            because=value.get("because"),
            re_erase=choice(ReErase, value.get("re_erase", "ask"), "re_erase"),
            event_time=as_event_time(value.get("event_time")),
        )
        check(made)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise refused(error) from None
    return made


def refused(error: Exception) -> DeclarationError:
    """Return our own error for one that reading a declaration raised."""
    if isinstance(error, DeclarationError):
        return error
    if isinstance(error, ValueError):
        return DeclarationError(f"declaration: {error}")
    return DeclarationError(f"declaration: a field is missing or malformed ({type(error).__name__})")


def _refuse_unknown(value: Mapping[str, Any], made: type, what: str) -> None:
    known = set(made.__dataclass_fields__)  # type: ignore[attr-defined]
    unknown = sorted(set(value) - known)
    if unknown:
        raise DeclarationError(
            f"declaration: unknown {what} {unknown[0]!r}; known: {', '.join(sorted(known))}"
        )


def choice(kind: type[Choice], value: object, what: str) -> Choice:
    """Return the member of an enum that a word names.

    Raises:
        DeclarationError: none of them is named so; the message lists them.
    """
    found = [one for one in kind if one == value]
    if not found:
        raise DeclarationError(f"declaration: unknown {what} {value!r}; known: {', '.join(kind)}")
    return found[0]


def truth(value: object) -> bool:
    """Return a yes or no.

    Raises:
        DeclarationError: it is something else, such as a text.
    """
    if not isinstance(value, bool):
        raise DeclarationError("declaration: a yes or no is written true or false, without quotes")
    return value


def texts(value: Iterable[str]) -> tuple[str, ...]:
    """Return a list of texts.

    Raises:
        DeclarationError: it is one text, or one of them is none.
    """
    found = (value,) if isinstance(value, str) else tuple(value)
    if isinstance(value, str) or not all(text(one) for one in found):
        raise DeclarationError("declaration: purposes and redact are lists of texts, such as ['billing']")
    return found


def words(value: Iterable[str]) -> tuple[str, ...]:
    """Return a set of texts, sorted; raises as `texts` does."""
    return tuple(sorted(set(texts(value))))


def as_key(value: str | Key) -> Key:
    """Return a key that is given whole or by its namespace.

    Raises:
        DeclarationError: it is neither.
    """
    if not isinstance(value, Key) and not text(value):
        raise DeclarationError("declaration: a key names its namespace")
    return value if isinstance(value, Key) else Key(namespace=value)


def as_event_time(value: Any) -> EventTime | None:
    """Return an event time that is given whole, by its column, or as JSON.

    Raises:
        DeclarationError: it is neither, or its unit is unknown.
    """
    if value is None or isinstance(value, EventTime):
        return value
    if isinstance(value, str):
        return EventTime(column=value)
    _refuse_unknown(value, EventTime, "field of event_time")
    unit = value.get("unit")
    return EventTime(column=value["column"], unit=None if unit is None else choice(EpochUnit, unit, "unit"))


def sorted_keys(keys: Mapping[str, Any]) -> tuple[tuple[KeyPath, Key], ...]:
    """Return the keys of a mapping from path to key, sorted by path.

    Raises:
        DeclarationError: a path or a key cannot be read.
    """
    made = ((KeyPath.parse(path), _read_key(key)) for path, key in keys.items())
    return tuple(sorted(made, key=lambda item: str(item[0])))


def _read_key(value: Any) -> Key:
    if isinstance(value, str | Key):
        return as_key(value)
    _refuse_unknown(value, Key, "field of a key")
    return Key(
        namespace=value["namespace"],
        role=choice(Role, value.get("role", "owner"), "role"),
        form=choice(Form, value.get("form", "plain"), "form"),
        hmac_key=value.get("hmac_key"),
    )


def _link(value: Mapping[str, Any]) -> Link:
    _refuse_unknown(value, Link, "field of a link")
    return Link(
        source=value["source"],
        target=value["target"],
        cardinality=choice(Cardinality, value.get("cardinality", "one_to_many"), "cardinality"),
        identifies=truth(value.get("identifies", False)),
    )


def _exempt(value: Mapping[str, Any] | None) -> Exempt | None:
    if value is None:
        return None
    _refuse_unknown(value, Exempt, "field of exempt")
    until = value.get("until")
    return Exempt(reason=choice(ExemptReason, value["reason"], "reason"), basis=value["basis"], until=until)
