"""What a data owner writes: one metadata value on a plain Dagster asset.

    metadata=subject_data("{lake}/ratings/", keys={"user_id": "account"}, purposes={"recommendation"},
                          erasure=Erasure.DELETE_ROWS, retention_days=180)
    metadata=no_subject_data(because="counts of 50 people or more")

There is no third state. The value is a plain dict of JSON (`{"rtbf": {...}}`), so it can be written by hand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from lineage_assets.declaration_json import (
    as_event_time,
    as_key,
    choice,
    refused,
    sorted_keys,
    texts,
    truth,
    words,
)
from lineage_assets.declaration_rules import check
from lineage_assets.declarations import (
    METADATA_KEY,
    Cardinality,
    Declaration,
    EpochUnit,
    Erasure,
    EventTime,
    Exempt,
    Form,
    Format,
    Key,
    Link,
    ReErase,
    Role,
)


def subject_data(  # noqa: PLR0913 - keyword-only: one declaration, read at once
    location: str,
    *,
    keys: Mapping[str, str | Key],
    purposes: Iterable[str],
    erasure: Erasure,
    retention_days: int,
    format: str = "parquet",  # noqa: A002 - the owner's word
    links: Iterable[Link] = (),
    redact: Iterable[str] = (),
    filters_suppressed: bool = False,
    exempt: Exempt | None = None,
    re_erase: ReErase | str = ReErase.ASK,
    event_time: EventTime | str | None = None,
) -> dict[str, Any]:
    """Declare that an asset holds data about people; returns the asset's `metadata`.

    Args:
        location: folder (ends in "/") or file, with `{root}` variables of the settings.
        keys: key path -> namespace name, or a `Key` made by `mention`, `pseudonym`, `in_text`.
        purposes: why the data is processed (GDPR Art. 5(1)(b)).
        erasure: how the asset forgets a person.
        retention_days: how long rows are kept at most, in days.
        format: "parquet", "csv" or "binary".
        links: what the rows say about which identifiers belong together.
        redact: the top-level columns set to null, for `Erasure.REDACT_COLUMNS`.
        filters_suppressed: a rebuild leaves suppressed people out (needed below an exempt parent).
        exempt: why the owner keeps the rows, for `Erasure.NO_ACTION`.
        re_erase: "auto" lets whoever came back be erased again without a person's approval; "ask" does not.
            Without an event time, say it only where a person who returns lawfully gets a new identifier.
        event_time: the top-level column that says when a row's event was: a timestamp or date, a text of one
            (ISO 8601), or integers, as `epoch(column, unit=...)`. A row of an erased person from after the
            erasure may be a lawful return, and is for a person to decide.

    Raises:
        DeclarationError: the parts do not fit together; the message says which and why.
    """
    try:
        made = Declaration(
            subject=True,
            location=location,
            format=choice(Format, format, "format"),
            keys=sorted_keys(keys),
            purposes=words(purposes),
            erasure=choice(Erasure, erasure, "erasure"),
            retention_days=retention_days,
            links=tuple(links),
            redact=texts(redact),
            filters_suppressed=truth(filters_suppressed),
            exempt=exempt,
            re_erase=choice(ReErase, re_erase, "re_erase"),
            event_time=as_event_time(event_time),
        )
        check(made)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise refused(error) from None
    return {METADATA_KEY: made.to_json()}


def no_subject_data(*, because: str, location: str | None = None, format: str = "parquet") -> dict[str, Any]:  # noqa: A002
    """Declare that an asset holds no data about people, with the reason; the scan still covers its location.

    Raises:
        DeclarationError: the reason is empty, or the format is unknown.
    """
    try:
        made = Declaration(
            subject=False, location=location, format=choice(Format, format, "format"), because=because
        )
        check(made)
    except (TypeError, AttributeError, ValueError) as error:
        raise refused(error) from None
    return {METADATA_KEY: made.to_json()}


def mention(key: str | Key) -> Key:
    """Mark a key as a mention: the row is somebody else's; the element goes or the field is nulled."""
    return replace(as_key(key), role=Role.MENTION)


def pseudonym(namespace: str, *, hmac_key: str) -> Key:
    """Mark a key as HMAC-SHA256 (hex) of the canonical identifier under the named key of the key folder."""
    return Key(namespace=namespace, form=Form.PSEUDONYM, hmac_key=hmac_key)


def in_text(key: str | Key) -> Key:
    """Mark a key as tokens of identifier shape inside free text; always a mention."""
    return replace(as_key(key), form=Form.TOKENS, role=Role.MENTION)


def epoch(column: str, *, unit: str) -> EventTime:
    """Name an event time of integers since 1970-01-01 UTC; the unit is "s", "ms", "us" or "ns".

    Raises:
        DeclarationError: the unit is unknown.
    """
    return EventTime(column=column, unit=choice(EpochUnit, unit, "unit"))


def link(source: str, target: str, *, cardinality: str = "one_to_many", identifies: bool = False) -> Link:
    """Say that rows of this asset link identifiers of `source` to those of `target` (both are keys of it).

    Raises:
        DeclarationError: the cardinality is unknown.
    """
    many = choice(Cardinality, cardinality, "cardinality")
    return Link(source=source, target=target, cardinality=many, identifies=truth(identifies))
