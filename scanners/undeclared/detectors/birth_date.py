"""Dates of birth: a date that can be one, under a name that says it is one."""

import re
from datetime import date

from scanners.undeclared.detectors.judgement import DOUBTFUL, Judgement, PersonalKind
from scanners.undeclared.detectors.names import Hint, hint
from scanners.undeclared.detectors.shares import Grade, share
from scanners.undeclared.sample import ColumnSample

EARLIEST, LATEST = 1900, 2100
"""Years that a living or recently deceased person can be born in, wide on purpose: no clock is asked."""

_FORMS = (
    re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d\d?)[-/.](?P<d>\d\d?)(?:[T ].*)?"),
    re.compile(r"(?P<d>\d\d?)[-/.](?P<m>\d\d?)[-/.](?P<y>\d{4})"),
    re.compile(r"(?P<m>\d\d?)[-/.](?P<d>\d\d?)[-/.](?P<y>\d{4})"),
    re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)"),
)
_YEAR = re.compile(r"(?:19|20)\d\d")


class BirthDate:
    """Dates of birth, and years under a name that says so. Dates under a mute name are anything: doubtful."""

    name = "birth_date"
    kinds = frozenset({PersonalKind.BIRTH_DATE})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return BIRTH_DATE where most values can be one and the name says so."""
        hinted = hint(column, PersonalKind.BIRTH_DATE) is Hint.STRONG
        grade = Grade(detector=self.name, kind=PersonalKind.BIRTH_DATE, alone=DOUBTFUL)
        if hinted:
            return grade.judged(share(column.values, is_date_or_year), hinted=True)
        return grade.judged(share(column.values, _is_day), hinted=False)


def is_date(value: str) -> bool:
    """Whether a text is a date of the calendar in a plausible year, written in one of four ways."""
    return _date(value) is not None


def is_date_or_year(value: str) -> bool:
    """Whether a text is such a date, or a year alone."""
    return bool(_YEAR.fullmatch(value)) or is_date(value)


def _is_day(value: str) -> bool:
    found = _date(value)
    return found is not None and ":" not in value


def _date(value: str) -> date | None:
    for form in _FORMS:
        if found := form.fullmatch(value):
            parts = {name: int(number) for name, number in found.groupdict().items()}
            if EARLIEST <= parts["y"] <= LATEST:
                try:
                    return date(parts["y"], parts["m"], parts["d"])
                except ValueError:
                    continue
    return None
