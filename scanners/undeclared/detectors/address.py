"""Postal addresses: a word for a street with a number; postcodes where the column is named for them."""

import re

from scanners.undeclared.detectors.judgement import LIKELY, MAYBE, Judgement, PersonalKind, Reason
from scanners.undeclared.detectors.names import Hint, hint
from scanners.undeclared.detectors.shares import MOSTLY, Grade, share
from scanners.undeclared.sample import ColumnSample

_STREET = re.compile(
    r"(?:\w*(?:stra(?:ß|ss)e|str\.|straat|weg|platz|gasse|laan|plein|allee)\b"
    r"|\b(?:street|st\.?|road|rd\.?|avenue|ave\.?|lane|drive|dr\.?|boulevard|blvd\.?|court|way|place|rue|chemin"
    r"|all[ée]e|impasse|calle|avenida|paseo|plaza|via|viale|piazza|corso|ulica|ul\.|aleja|al\.|rua|travessa"
    r"|pra[çc]a)(?=\W|$))",
    re.IGNORECASE,
)
_HOUSE = re.compile(r"\b\d{1,5} ?[a-zA-Z]?\b")
_POSTCODE = re.compile(
    r"(?:[A-Z]{1,2}-)?\d{4,6}(?:-\d{3,4})?|\d{2}-\d{3}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|\d{4} ?[A-Z]{2}"
)
_LONGEST = 200


class Address:
    """Streets with house numbers."""

    name = "address"
    kinds = frozenset({PersonalKind.ADDRESS})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return ADDRESS where most values are a street with a number; a thing's address is told by name."""
        hinted = hint(column, PersonalKind.ADDRESS)
        found = share(column.values, is_street)
        grade = Grade(detector=self.name, kind=PersonalKind.ADDRESS, alone=MAYBE)
        return grade.judged(found, hinted=hinted is Hint.STRONG)


class Postcode:
    """Postcodes; five digits are anything, so the name has to say it."""

    name = "postcode"
    kinds = frozenset({PersonalKind.POSTCODE})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return POSTCODE where the name says so and most values have the form of one."""
        named = hint(column, PersonalKind.POSTCODE) is Hint.STRONG
        if not named or share(column.values, is_postcode).value < MOSTLY:
            return None
        return Judgement(
            detector=self.name,
            kind=PersonalKind.POSTCODE,
            confidence=LIKELY,
            reason=Reason.NAME_AND_VALUES,
        )


def is_street(value: str) -> bool:
    """Whether a text names a street and has a number, in one of eight languages."""
    return len(value) <= _LONGEST and bool(_STREET.search(value)) and bool(_HOUSE.search(value))


def is_postcode(value: str) -> bool:
    """Whether a text has the form of a postcode of Europe or the USA."""
    return bool(_POSTCODE.fullmatch(value))
