"""The strict JSON of certificates: frozen dataclasses to canonical JSON (RFC 8785) and back.

`encode` and `decode` read fields and types from the dataclasses; nothing is guessed, nothing left out.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints

import rfc8785

from rtbf_ledger.checkpoint import decode_base64, encode_base64
from rtbf_ledger.errors import CertificateInvalid

_LARGEST = 2**53 - 1
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Digest: TypeAlias = Annotated[str, re.compile(r"[0-9a-f]{64}")]
"""A SHA-256 in lower-case hex."""

OpaqueId: TypeAlias = Annotated[str, re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")]
"""An identifier of ours that says nothing about a person."""

Word: TypeAlias = Annotated[str, re.compile(r"[a-z][a-z0-9_]{0,63}")]
"""The name of a kind of identifier."""

Text: TypeAlias = Annotated[str, re.compile(r"[^\n]{1,500}")]
"""Words for people, on one line and printable."""


def refuse(wrong: object, why: str) -> None:
    """Refuse a certificate, or a part of one, where something is wrong with it.

    Raises:
        CertificateInvalid: `wrong` is true.
    """
    if wrong:
        raise CertificateInvalid(why)


def canonical(value: Any) -> bytes:
    """Return the canonical JSON (RFC 8785) of a JSON value.

    Raises:
        CertificateInvalid: the value has no canonical JSON.
    """
    try:
        return rfc8785.dumps(value)
    except (ValueError, RecursionError):
        raise CertificateInvalid("a value is not of the format") from None


def encode(value: Any) -> Any:
    """Return the JSON value of a dataclass, or of a part of one.

    Raises:
        CertificateInvalid: a time is not UTC in whole seconds.
    """
    if is_dataclass(value):
        return {each.name: encode(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, datetime):
        utc = value.tzinfo is not None and not value.utcoffset() and not value.microsecond
        refuse(not utc, "a time is not UTC in whole seconds")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return encode_base64(value)
    return str(value) if isinstance(value, StrEnum) else value


def parse(data: bytes) -> Any:
    """Return the JSON value of bytes.

    Raises:
        CertificateInvalid: it is not JSON, or has a name twice, a fraction or a NaN.
    """
    try:
        return json.loads(data, object_pairs_hook=_unique, parse_float=_no_number, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise CertificateInvalid("it is not JSON with unique names and whole numbers") from None


def decode(kind: Any, value: Any, where: str) -> Any:
    """Return the value of a type that a JSON value stands for.

    Args:
        kind: a dataclass, or the type of one of its fields.
        value: what `parse` returned.
        where: the name of the place, for the message.

    Raises:
        CertificateInvalid: the value is not exactly of the type; the message names the place, not the value.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        given = next(each for each in inner if each is not NoneType)
        return None if value is None else decode(given, value, where)
    if origin is tuple:
        refuse(not isinstance(value, list), f"{where} is not a list")
        return tuple(decode(inner[0], item, f"{where}[{at}]") for at, item in enumerate(value))
    if is_dataclass(kind):
        return _decode_object(kind, value, where)
    pattern = inner[1] if origin is Annotated else None
    try:
        return _decode_scalar(inner[0] if pattern else kind, pattern, value)
    except (ValueError, TypeError):
        raise CertificateInvalid(f"{where} is not of the format") from None


def _decode_object(kind: Any, value: Any, where: str) -> Any:
    hints = _hints(kind)
    fits = isinstance(value, dict) and value.keys() == hints.keys()
    refuse(not fits, f"{where} does not have exactly the fields of the format")
    return kind(**{name: decode(hint, value[name], f"{where}.{name}") for name, hint in hints.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _decode_scalar(kind: Any, pattern: re.Pattern[str] | None, value: Any) -> Any:
    """Return a scalar of its type.

    Raises:
        ValueError: it has another type or another form.
    """
    if kind in {int, bool}:
        if type(value) is not kind or not 0 <= value <= _LARGEST:
            raise ValueError
        return value
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004
    if kind is str:
        printable = pattern is None or (pattern.fullmatch(value) and value.isprintable())
        if not printable:
            raise ValueError
        return value
    if kind is bytes:
        return decode_base64(value)
    form = {datetime: _TIME, date: _DATE}.get(kind)
    if form is not None and not form.fullmatch(value):
        raise ValueError
    return kind(value) if form is None else kind.fromisoformat(value)


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made


def _no_number(_: str) -> Any:
    raise ValueError
