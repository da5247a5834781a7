"""What was typed into the form for a new request, and what is wrong with it: a sentence beside each field.

What is typed stays in memory and in the answer to it: no log, no cookie, no address, no exception text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from lineage_assets.errors import IdentifierError
from lineage_assets.identifiers import BLANKS, Kind, Namespace
from lineage_assets.typed import taken
from rtbf_desk.web.desk import Asked, Desk
from rtbf_ledger.clocks import LAWS
from rtbf_ledger.log import STAFF
from rtbf_ledger.requests import Filing

MOST_ROWS = 50
OLDEST = timedelta(days=2 * 365)
NO_STAFF = "Write your code in letters, digits, - and _ only, with a letter among them; no name."
HINTS = {
    Kind.INTEGER: "Write a whole number, such as 1234.",
    Kind.TEXT: "Write the value as it stands in your data.",
    Kind.EMAIL: "Write one e-mail address, such as name@example.com.",
    Kind.PHONE: "Write the number with its country code, such as +49 30 123456.",
    Kind.UUID: "Write all 32 digits and letters, such as 123e4567-e89b-12d3-a456-426614174000.",
}


@dataclass(frozen=True, kw_only=True)
class Typed:
    """The form as it was typed. `rows` are (kind, value); `repr` shows nothing of it."""

    law: str = ""
    rows: tuple[tuple[str, str], ...] = field(repr=False, default=(("", ""),))
    identity: str = field(repr=False, default="")
    note: str = field(repr=False, default="")
    received: str = ""
    zone: str = ""
    by: str = ""


def blank(desk: Desk) -> Typed:
    """Return an empty form; received now, at the controller's place."""
    now = desk.clock().astimezone(ZoneInfo(desk.settings.zone))
    names = list(desk.settings.namespaces)
    only = names[0] if len(names) == 1 else ""
    return Typed(rows=((only, ""),), received=f"{now:%Y-%m-%dT%H:%M}", zone=desk.settings.zone)


def typed(asked: Asked) -> Typed:
    """Return what was posted, and a further row where the form asks for one ("add") or less ("drop-2")."""
    rows = list(zip(asked.every("kind"), asked.every("value"), strict=False))[:MOST_ROWS]
    action, _, number = asked.one("do").partition("-")
    if action == "add" and len(rows) < MOST_ROWS:
        rows.append((rows[-1][0] if rows else "", ""))
    if action == "drop" and number.isdigit() and 0 < int(number) <= len(rows):
        del rows[int(number) - 1]
    return Typed(
        law=asked.one("law"),
        rows=tuple(rows) or (("", ""),),
        identity=asked.one("identity"),
        note=asked.one("note"),
        received=asked.one("received"),
        zone=asked.one("zone"),
        by=asked.one("by"),
    )


def checked(desk: Desk, form: Typed) -> tuple[Filing | None, Mapping[str, str]]:
    """Return what is to be filed, or what is wrong: field -> sentence, in the order of the page."""
    wrong: dict[str, str] = {}
    if form.law not in LAWS:
        wrong["law"] = "Choose the law."
    identifiers = _identifiers(desk.settings.namespaces, form.rows, wrong)
    received = _received(form, desk.clock(), wrong)
    if not STAFF.fullmatch(form.by):
        wrong["by"] = NO_STAFF
    if wrong or received is None:
        return None, wrong
    filing = Filing(
        law=form.law,
        identifiers=identifiers,
        received_at=received,
        zone=desk.settings.zone,
        country=desk.settings.country,
        filed_by=form.by,
        evidence=form.identity,
        note=form.note,
    )
    return filing, {}


def _identifiers(
    namespaces: Mapping[str, Namespace], rows: tuple[tuple[str, str], ...], wrong: dict[str, str]
) -> list[tuple[str, str]]:
    found = []
    for number, (name, value) in enumerate(rows, start=1):
        if not value.strip(BLANKS):
            continue
        if name not in namespaces:
            wrong[f"kind-{number}"] = "Choose the kind."
            continue
        try:
            found.append((name, taken(namespaces[name], value)))
        except IdentifierError:
            wrong[f"value-{number}"] = HINTS[namespaces[name].kind]
    if not any(value.strip(BLANKS) for _, value in rows):
        wrong["value-1"] = "Write at least one identifier of the person."
    return found


def _received(form: Typed, now: datetime, wrong: dict[str, str]) -> datetime | None:
    if form.zone not in zones():
        wrong["zone"] = "Choose a time zone."
        return None
    try:
        local = datetime.fromisoformat(form.received)
    except ValueError:
        wrong["received"] = "Write the day and the time, such as 2026-03-31 14:05."
        return None
    at = local.replace(tzinfo=ZoneInfo(form.zone))
    if at > now + timedelta(minutes=1):
        wrong["received"] = "This is in the future; write when the request arrived."
    elif at < now.astimezone(UTC) - OLDEST:
        wrong["received"] = "This is more than two years ago; check the year."
    return at


@cache
def zones() -> tuple[str, ...]:
    """Return the time zones to choose from, those named after places, and UTC."""
    places = (
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))
    )
    return ("UTC", *sorted(places))
