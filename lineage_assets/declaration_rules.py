"""Which parts of a declaration fit together; each rule that is broken is one sentence."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from lineage_assets.declarations import Declaration, Erasure, Form, Format, ReErase, Role
from lineage_assets.errors import DeclarationError

Rule = tuple[bool, str]
"""Whether it is broken, and its sentence."""


def check(made: Declaration) -> None:
    """Refuse parts that do not fit together.

    Raises:
        DeclarationError: which rule is broken, and a hint.
    """
    for broken, sentence in _rules(made):
        if broken:
            raise DeclarationError(f"declaration: {sentence}")


def _rules(made: Declaration) -> Iterable[Rule]:
    if not made.subject:
        return _rules_of_none(made)
    return chain(_basics(made), _redaction(made), _exemption(made), _keys(made), _erasure(made), _time(made))


def _basics(made: Declaration) -> Iterable[Rule]:
    return [
        (not text(made.location), "subject_data needs a location"),
        (not _days(made.retention_days), "retention_days is a whole number of days above 0"),
        (not made.purposes, "purposes is empty: name at least one (GDPR Art. 5(1)(b))"),
        (
            not made.keys and made.erasure is not Erasure.RETRAIN,
            "keys is empty: only a retrained model has none",
        ),
        (made.because is not None, "because is for no_subject_data only"),
    ]


def _redaction(made: Declaration) -> Iterable[Rule]:
    redacts = made.erasure is Erasure.REDACT_COLUMNS
    columns = {path.column for path, _ in made.keys}
    return [
        (redacts and not made.redact, "redact_columns needs redact=[...]"),
        (not redacts and bool(made.redact), "redact is for redact_columns only"),
        (
            redacts and not columns <= set(made.redact),
            "redact must name every column that holds a key, else the person stays identifiable",
        ),
    ]


def _exemption(made: Declaration) -> Iterable[Rule]:
    return [
        (
            made.exempt is not None and made.erasure is not Erasure.NO_ACTION,
            "exempt goes with no_action only",
        ),
        (made.exempt is not None and not made.exempt.basis.strip(), "exempt needs its legal basis"),
    ]


def _keys(made: Declaration) -> Iterable[Rule]:
    namespaces = {key.namespace for _, key in made.keys}
    return [
        (
            any((key.form is Form.PSEUDONYM) != bool(key.hmac_key) for _, key in made.keys),
            "a pseudonym key names its hmac_key, and no other key does",
        ),
        (
            any(key.form is Form.TOKENS and key.role is not Role.MENTION for _, key in made.keys),
            "a key in free text is a mention",
        ),
        (
            any(end not in namespaces for item in made.links for end in (item.source, item.target)),
            "a link joins two namespaces that are keys of the same asset",
        ),
    ]


def _erasure(made: Declaration) -> Iterable[Rule]:
    return [
        (
            made.format is Format.BINARY and made.erasure in {Erasure.DELETE_ROWS, Erasure.REDACT_COLUMNS},
            "rows cannot be erased inside a binary file: rebuild, retrain or delete_file",
        ),
        (
            made.erasure is Erasure.DELETE_ROWS and not made.owner_namespaces,
            "delete_rows needs at least one owner key",
        ),
        (
            made.re_erase is ReErase.AUTO and made.erasure is Erasure.NO_ACTION,
            "re_erase 'auto' is for what is erased, and no_action erases nothing",
        ),
    ]


def _time(made: Declaration) -> Iterable[Rule]:
    return [
        (
            made.event_time is not None and not text(made.event_time.column),
            "event_time names a top-level column",
        ),
        (
            made.event_time is not None and made.format is Format.BINARY,
            "event_time is a column, and a binary file has none",
        ),
    ]


def _rules_of_none(made: Declaration) -> Iterable[Rule]:
    bare = replace(made, location=None, format=Format.PARQUET, because=None)
    return [
        (not text(made.because), "no_subject_data needs the reason: because='...'"),
        (made.location is not None and not text(made.location), "a location is a text"),
        (
            bare != Declaration(subject=False),
            "an asset without subject data has a reason and a location, and no keys, purposes or erasure",
        ),
    ]


def text(value: object) -> bool:
    """Whether it is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def _days(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
