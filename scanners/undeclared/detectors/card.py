"""Payment cards: Luhn, and the length that the issuer's range has."""

import re

from stdnum import luhn

from scanners.undeclared.detectors.judgement import LIKELY, Judgement, PersonalKind
from scanners.undeclared.detectors.names import Hint, hint
from scanners.undeclared.detectors.shares import Grade, share
from scanners.undeclared.sample import ColumnSample

_ISSUERS = re.compile(
    r"""
    4\d{12}(?:\d{3}){0,2}                                       # Visa: 13, 16, 19
    | (?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}  # Mastercard
    | 3[47]\d{13}                                               # American Express
    | (?:6011|65\d\d|64[4-9]\d)\d{12,15}                        # Discover
    | 3(?:0[0-5]|[689]\d)\d{11}                                 # Diners Club
    | 35(?:2[89]|[3-8]\d)\d{12}                                 # JCB
    | 62\d{14,17}                                               # UnionPay
    | (?:50|5[6-9]|6\d)\d{10,17}                                # Maestro
    """,
    re.VERBOSE,
)


class Card:
    """Payment card numbers."""

    name = "card"
    kinds = frozenset({PersonalKind.CARD})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return CARD where most values pass; one random number in ten passes Luhn."""
        grade = Grade(detector=self.name, kind=PersonalKind.CARD, alone=LIKELY)
        hinted = hint(column, PersonalKind.CARD) is not Hint.NONE
        return grade.judged(share(column.values, is_card), hinted=hinted)


def is_card(value: str) -> bool:
    """Whether a text is a card number of a known issuer, plain or in groups."""
    bare = re.sub(r"[ -]", "", value)
    return bool(_ISSUERS.fullmatch(bare)) and bare.isascii() and luhn.is_valid(bare)
