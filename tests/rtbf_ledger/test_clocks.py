"""The dates of the law table: erasure answers without an event. Case numbers are those of the legal file."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from rtbf_ledger.clocks import (
    LAWS,
    check_received,
    check_until,
    due_on,
    erase_by,
    law_named,
    zone_named,
)
from rtbf_ledger.errors import DayError, SettingsError

BERLIN, DUBLIN, PARIS = "Europe/Berlin", "Europe/Dublin", "Europe/Paris"
LONDON, ANGELES = "Europe/London", "America/Los_Angeles"
# case, law, country, zone, received at (local to the zone, or UTC with a Z), due, why
CASES = [
    (1, "gdpr", "DE", BERLIN, "2026-06-15T10:00", "2026-07-15", "corresponding date"),
    (2, "gdpr", "DE", BERLIN, "2026-03-05T09:00", "2026-04-07", "Easter Sunday and Monday"),
    (4, "gdpr", "DE", BERLIN, "2026-01-31T12:00", "2026-03-02", "clamped to a Saturday, then rolled"),
    (5, "gdpr", "DE", BERLIN, "2027-01-31T12:00", "2027-03-01", "clamped to a Sunday, then rolled"),
    (7, "gdpr", "DE", BERLIN, "2028-01-31T12:00", "2028-02-29", "leap year"),
    (8, "gdpr", "DE", BERLIN, "2028-01-30T12:00", "2028-02-29", "received on a Sunday, which counts"),
    (10, "gdpr", "DE", BERLIN, "2026-02-28T12:00", "2026-03-30", "28, not 31; a Saturday rolls"),
    (11, "gdpr", "DE", BERLIN, "2026-05-31T12:00", "2026-06-30", "clamped"),
    (13, "gdpr", "DE", BERLIN, "2026-12-31T12:00", "2027-02-01", "year end; a Sunday rolls"),
    (14, "gdpr", "IE", DUBLIN, "2026-12-31T12:00", "2027-02-02", "St Brigid's Day"),
    (16, "gdpr", "IE", DUBLIN, "2026-04-01T12:00", "2026-05-01", "1 May is no holiday in Ireland"),
    (17, "gdpr", "FR", PARIS, "2026-04-08T12:00", "2026-05-11", "8 May, then a weekend"),
    (19, "gdpr", "FR", PARIS, "2026-06-14T12:00", "2026-07-15", "14 July"),
    (20, "gdpr", "DE", BERLIN, "2026-11-25T12:00", "2026-12-28", "Christmas, then a Sunday"),
    (22, "gdpr", "DE", BERLIN, "2026-03-31T22:30Z", "2026-05-04", "it was 1 April in Berlin"),
    (23, "gdpr", "DE", BERLIN, "2026-09-24T22:15Z", "2026-10-26", "civil dates over the end of DST"),
    (35, "uk_gdpr", "GB-ENG", LONDON, "2026-09-03T12:00", "2026-10-05", "a Saturday rolls"),
    (37, "uk_gdpr", "GB-ENG", LONDON, "2026-07-31T12:00", "2026-09-01", "the summer bank holiday"),
    (38, "uk_gdpr", "GB-SCT", LONDON, "2026-07-31T12:00", "2026-08-31", "which Scotland has earlier"),
    (40, "uk_gdpr", "GB-SCT", LONDON, "2026-12-01T12:00", "2027-01-05", "4 January stands in for the 2nd"),
    (41, "uk_gdpr", "GB-NIR", LONDON, "2026-06-12T12:00", "2026-07-14", "13 July stands in for the 12th"),
    (41, "uk_gdpr", "GB-ENG", LONDON, "2026-06-12T12:00", "2026-07-13", "as 41, and England has neither"),
    (43, "uk_gdpr", "GB-ENG", LONDON, "2027-11-25T12:00", "2027-12-29", "27 and 28 December stand in"),
    (44, "uk_gdpr", "GB-ENG", LONDON, "2026-03-31T23:30Z", "2026-05-01", "it was 1 April in London"),
    (58, "ccpa", "US", ANGELES, "2026-03-02T12:00", "2026-04-16", "45 days, no pause to verify"),
    (59, "ccpa", "US", ANGELES, "2026-03-01T12:00", "2026-04-15", "denial is due by then too"),
    (61, "ccpa", "US", ANGELES, "2026-12-01T12:00", "2027-01-15", "before any extension"),
    (64, "ccpa", "US", ANGELES, "2027-01-18T12:00", "2027-03-04", "no leap day"),
    (65, "ccpa", "US", ANGELES, "2026-11-01T06:30Z", "2026-12-15", "it was 31 October in Los Angeles"),
    (67, "ccpa", "US", ANGELES, "2026-01-02T12:00", "2026-02-16", "a holiday, not rolled: the cautious date"),
    (83, "gdpr", "DE", BERLIN, "2026-03-01T12:00", "2026-04-01", "each law its own clock: GDPR"),
    (83, "ccpa", "DE", BERLIN, "2026-03-01T12:00", "2026-04-15", "each law its own clock: CCPA"),
]


def received(text, zone):
    """Return the time of receipt: an instant in UTC, or local to the zone."""
    if text.endswith("Z"):
        return datetime.fromisoformat(text.removesuffix("Z") + "+00:00")
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    "row",
    CASES,
    ids=[f"{case}-{law}-{country}" for case, law, country, *_ in CASES],
)
def test_an_answer_is_due(row):
    """One row of the table."""
    case, law, country, zone, at, due, why = row
    found = due_on(LAWS[law], received(at, zone), zone=zone, country=country)
    assert date.fromisoformat(due) == found, f"case {case}: {why}"


def test_the_house_target_is_a_week_in_the_controller_s_zone():
    """An earlier date than any law's: the answer has a deadline, the erasure is owed without undue delay."""
    assert date(2026, 4, 8) == erase_by(received("2026-03-31T22:30Z", BERLIN), zone=BERLIN)


def test_an_unknown_law_is_told_those_there_are():
    """The three of this version, by name."""
    with pytest.raises(SettingsError, match="there is none of that name; known: ccpa, gdpr, uk_gdpr"):
        law_named("pipeda")
    assert LAWS["gdpr"] == law_named("gdpr")


@pytest.mark.parametrize("country", ["XX", "GB-XXX", "", "Germany", "de", "Switzerland"])
def test_a_country_without_a_calendar_is_refused(country):
    """Rather than a date that forgets the holidays."""
    with pytest.raises(SettingsError, match=r"no public holidays are known|is no ISO 3166 code"):
        due_on(LAWS["gdpr"], received("2026-06-15T10:00", BERLIN), zone=BERLIN, country=country)


@pytest.mark.parametrize("zone", ["Mars/Base", "Europe", "", "../UTC"])
def test_a_zone_that_is_none_is_refused(zone):
    """In one sentence, whatever the library raises."""
    with pytest.raises(SettingsError, match="is no time zone"):
        zone_named(zone)


def test_a_time_without_a_zone_is_refused():
    """It would be read in the zone of whatever machine this runs on."""
    naive = datetime(2026, 6, 15, 10)
    with pytest.raises(ValueError, match="without a zone"):
        due_on(LAWS["gdpr"], naive, zone=BERLIN, country="DE")
    with pytest.raises(ValueError, match="without a zone"):
        erase_by(naive, zone=BERLIN)


def test_every_law_names_its_source():
    """A date that a person relies on says where it comes from."""
    assert [] == [law.name for law in LAWS.values() if not law.source or not law.title]


@pytest.mark.parametrize(
    ("zone", "now", "received", "refused"),
    [
        (BERLIN, "2026-06-15T10:00Z", "2026-06-15T10:00Z", False),
        (BERLIN, "2026-06-14T22:30Z", "2026-06-15T00:00Z", False),
        (BERLIN, "2026-06-15T10:00Z", "2026-06-15T22:30Z", True),
        (ANGELES, "2026-06-15T01:00Z", "2026-06-15T00:00Z", False),
        (ANGELES, "2026-06-15T01:00Z", "2026-06-15T08:00Z", True),
        (BERLIN, "2026-06-15T10:00Z", "2099-01-01T00:00Z", True),
    ],
)
def test_a_receipt_in_the_future_is_refused(zone, now, received, refused):
    """By the controller's day: all of today is fine, as `--received <day>` is midnight in UTC."""
    times = (datetime.fromisoformat(received), datetime.fromisoformat(now))
    if not refused:
        check_received(*times, zone=zone)
        return
    with pytest.raises(DayError, match="in the future; give the day"):
        check_received(*times, zone=zone)


def test_the_end_of_a_hold_is_today_or_later():
    """By the controller's day, which may be over elsewhere."""
    now = datetime.fromisoformat("2026-06-15T03:00Z")
    check_until(date(2026, 6, 14), now, zone=ANGELES)
    with pytest.raises(DayError, match="its last day is over"):
        check_until(date(2026, 6, 14), now, zone=BERLIN)
