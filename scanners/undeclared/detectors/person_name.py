"""Names of people: the column says so and the values have the shape. No list of names, hence modest."""

import re

from scanners.undeclared.detectors.judgement import DOUBTFUL, LIKELY, Judgement, PersonalKind, Reason
from scanners.undeclared.detectors.names import Hint, hint
from scanners.undeclared.detectors.shares import MOSTLY, share
from scanners.undeclared.sample import ColumnSample

_WORD = r"[^\W\d_]+(?:['\u2019.-][^\W\d_]*)*"
_NAME = re.compile(rf"{_WORD}(?:,? {_WORD}){{0,4}}")
_LONGEST = 60


class PersonName:
    """Names of people, where the column is named for them. Films and products have names of one shape."""

    name = "person_name"
    kinds = frozenset({PersonalKind.PERSON_NAME})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return PERSON_NAME where the name says so and most values are one to five words of letters."""
        hinted = hint(column, PersonalKind.PERSON_NAME)
        if hinted is Hint.NONE or share(column.values, is_name_like).value < MOSTLY:
            return None
        return Judgement(
            detector=self.name,
            kind=PersonalKind.PERSON_NAME,
            confidence=LIKELY if hinted is Hint.STRONG else DOUBTFUL,
            reason=Reason.NAME_AND_VALUES,
        )


def is_name_like(value: str) -> bool:
    """Whether a text is one to five words of letters in any script, not written in lower case only."""
    return len(value) <= _LONGEST and bool(_NAME.fullmatch(value)) and not value.islower()
