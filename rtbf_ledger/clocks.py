"""Legal clocks: when an answer is due. One row a law; dates are civil dates in the controller's zone.

Sources: GDPR Art. 12(3) with EDPB Guidelines 01/2022 and Regulation 1182/71 Art. 3; UK GDPR Art. 12(3), 12A;
11 CCR 7021(b), Cal. Civ. Code 1798.130(a)(2). The due date is for the ANSWER; erasure itself is owed "without
undue delay" (GDPR Art. 17(1)), so a request also carries an earlier house target, which is no law.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from rtbf_ledger.errors import DayError, SettingsError

HOUSE_ERASE_DAYS = 7
YEARS_AHEAD = 2
_COUNTRY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


@dataclass(frozen=True, kw_only=True)
class Law:
    """One law's clock: a number of months (corresponding date, clamped), or of calendar days, from receipt.

    `rolls`: a last day that is no working day moves to the next one.
    """

    name: str
    title: str
    source: str
    months: int = 0
    days: int = 0
    rolls: bool = False


LAWS = {
    law.name: law
    for law in (
        Law(
            name="gdpr",
            title="GDPR Art. 17",
            source="GDPR Art. 12(3); Reg. 1182/71 Art. 3",
            months=1,
            rolls=True,
        ),
        Law(name="uk_gdpr", title="UK GDPR Art. 17", source="UK GDPR Art. 12(3), 12A", months=1, rolls=True),
        Law(name="ccpa", title="CCPA 1798.105", source="11 CCR 7021(b); Civ. Code 1798.130(a)(2)", days=45),
    )
}


def law_named(name: str) -> Law:
    """Return a law.

    Raises:
        SettingsError: no such law; the message lists those there are.
    """
    if name not in LAWS:
        raise SettingsError(f"law: there is none of that name; known: {', '.join(sorted(LAWS))}")
    return LAWS[name]


def due_on(law: Law, received_at: datetime, *, zone: str, country: str) -> date:
    """Return the last day for the answer.

    Args:
        law: the law's clock.
        received_at: when the request was received, with a zone.
        zone: the controller's time zone; decides the civil date of receipt.
        country: whose public holidays count: ISO 3166 code, with a subdivision as in "GB-SCT".

    Raises:
        SettingsError: the zone, or the country's holidays, are not known.
        ValueError: the time of receipt has no zone.
    """
    if not _COUNTRY.fullmatch(country):
        raise SettingsError(f"country: {country[:20]!r} is no ISO 3166 code such as DE or GB-SCT")
    start = _civil(received_at, zone)
    last = _add_months(start, law.months) + timedelta(days=law.days)
    return _roll(last, country) if law.rolls else last


def erase_by(received_at: datetime, *, zone: str) -> date:
    """Return the house target for the erasure itself: 7 days after receipt. A target, not law.

    Raises:
        SettingsError: the zone is not known.
        ValueError: the time of receipt has no zone.
    """
    return _civil(received_at, zone) + timedelta(days=HOUSE_ERASE_DAYS)


def check_received(received_at: datetime, now: datetime, *, zone: str) -> None:
    """Refuse a receipt on a day that has not begun yet: its clocks would not alarm.

    Raises:
        DayError: it is later than today, in the controller's zone.
        SettingsError: the zone is not known.
        ValueError: a time has no zone.
    """
    if _civil(received_at, zone) > _civil(now, zone):
        raise DayError("received: this day is in the future; give the day that the request arrived on")


def check_until(until: date, now: datetime, *, zone: str) -> None:
    """Refuse a last day of a hold that is over: it would hold nothing.

    Raises:
        DayError: it is earlier than today, in the controller's zone.
        SettingsError: the zone is not known.
        ValueError: the time has no zone.
    """
    if until < _civil(now, zone):
        raise DayError(
            "hold: its last day is over, so it would hold nothing; give today, a later day, or none"
        )


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises:
        SettingsError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(f"zone: {name!r} is no time zone; use a name like Europe/Berlin") from None


def _civil(moment: datetime, zone: str) -> date:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(zone_named(zone)).date()


def _add_months(start: date, months: int) -> date:
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def _roll(day: date, country: str) -> date:
    code, _, subdivision = country.partition("-")
    try:
        free = holidays.country_holidays(
            code, subdiv=subdivision or None, years=range(day.year, day.year + YEARS_AHEAD)
        )
    except NotImplementedError:
        raise SettingsError(f"country: no public holidays are known for {country!r}") from None
    while day.weekday() > calendar.FRIDAY or day in free:
        day += timedelta(days=1)
    return day
