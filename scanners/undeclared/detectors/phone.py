"""Telephone numbers: `phonenumbers`, which knows every country's numbering plan."""

import re

import phonenumbers

from scanners.undeclared.detectors.judgement import MAYBE, SURE, Judgement, PersonalKind
from scanners.undeclared.detectors.names import Hint, hint
from scanners.undeclared.detectors.shares import Grade, share
from scanners.undeclared.sample import ColumnSample

_WRITTEN = re.compile(
    r"\(?0\d*\)?[ ()/.-]{1,3}\d[\d ()/.-]+|\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}[-.]\d{3}[-.]\d{4}"
)


class Phone:
    """Telephone numbers in international form, and in the national form of one country."""

    name = "phone"
    kinds = frozenset({PersonalKind.PHONE})

    def __init__(self, country: str | None) -> None:
        """Take national forms as of `country` (ISO 3166 alpha-2); None: international forms only."""
        self._country = country

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return PHONE where most values are valid numbers.

        Bare digits need the column's name to say the same: nearly every German digit row of some length is a
        valid number.
        """
        hinted = hint(column, PersonalKind.PHONE) is not Hint.NONE
        world = Grade(detector=self.name, kind=PersonalKind.PHONE, alone=SURE, fewest=3)
        found = world.judged(share(column.values, is_international), hinted=hinted)
        if found is not None:
            return found
        national = Grade(detector=self.name, kind=PersonalKind.PHONE, alone=MAYBE)
        if hinted:
            return national.judged(share(column.values, self._is_any), hinted=True)
        if self._country is None:
            return None
        return national.judged(share(column.values, self._is_written), hinted=False)

    def _is_any(self, value: str) -> bool:
        return is_international(value) or _valid(f"+{value}", None) or self._is_national(value)

    def _is_national(self, value: str) -> bool:
        return self._country is not None and _valid(value, self._country)

    def _is_written(self, value: str) -> bool:
        return is_international(value) or (bool(_WRITTEN.fullmatch(value)) and self._is_national(value))


def is_international(value: str) -> bool:
    """Whether a text is a valid number that begins with + or 00."""
    if value.startswith("00"):
        value = f"+{value[2:]}"
    return value.startswith("+") and _valid(value, None)


def _valid(value: str, country: str | None) -> bool:
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number) and phonenumbers.is_valid_number(number)
