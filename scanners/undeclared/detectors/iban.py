"""Bank accounts: IBANs (ISO 13616) by country, structure and mod 97."""

import re

from stdnum import iban

from scanners.undeclared.detectors.judgement import SURE, Judgement, PersonalKind
from scanners.undeclared.detectors.names import Hint, hint
from scanners.undeclared.detectors.shares import Grade, share
from scanners.undeclared.sample import ColumnSample

_SHAPE = re.compile(r"[A-Za-z]{2}\d\d[A-Za-z0-9 .-]{11,45}")


class Iban:
    """IBANs; a row of letters and digits passes by chance too rarely to matter, so one value counts."""

    name = "iban"
    kinds = frozenset({PersonalKind.IBAN})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return IBAN where most values pass."""
        grade = Grade(detector=self.name, kind=PersonalKind.IBAN, alone=SURE, fewest=1)
        hinted = hint(column, PersonalKind.IBAN) is not Hint.NONE
        return grade.judged(share(column.values, is_iban), hinted=hinted)


def is_iban(value: str) -> bool:
    """Whether a text is an IBAN of a country that has them."""
    return bool(_SHAPE.fullmatch(value)) and iban.is_valid(value, check_country=False)
