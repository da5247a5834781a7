"""Places: coordinates with so many digits that they say where a person lives."""

import re

from scanners.undeclared.detectors.judgement import DOUBTFUL, MAYBE, Judgement, PersonalKind, Reason
from scanners.undeclared.detectors.names import Hint, hint, tokens
from scanners.undeclared.detectors.shares import MOSTLY, Grade, share
from scanners.undeclared.detectors.words import THINGS
from scanners.undeclared.sample import ColumnSample

DIGITS = 4
"""Four decimals of a degree are eleven metres: a house. Three are a block."""

_NUMBER = rf"[-+]?\d{{1,3}}\.\d{{{DIGITS},}}"
_ALONE = re.compile(_NUMBER)
_PAIR = re.compile(rf"(?:POINT ?\()?\(?({_NUMBER})(?: ?[,;] ?| )({_NUMBER})\)?\)?", re.IGNORECASE)
_MOST_LATITUDE, _MOST_LONGITUDE = 90, 180


class Location:
    """Latitudes, longitudes and pairs of them. A shop's look like a person's: only names tell them apart."""

    name = "location"
    kinds = frozenset({PersonalKind.LOCATION})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return LOCATION where most values are exact coordinates, doubtful where the name is a thing's."""
        thing = bool(THINGS & {*tokens(column.column), *tokens(column.asset)})
        hinted = hint(column, PersonalKind.LOCATION) is not Hint.NONE
        grade = Grade(detector=self.name, kind=PersonalKind.LOCATION, alone=DOUBTFUL if thing else MAYBE)
        if hinted and not thing and share(column.values, is_coordinate).value >= MOSTLY:
            return Judgement(
                detector=self.name,
                kind=PersonalKind.LOCATION,
                confidence=MAYBE,
                reason=Reason.NAME_AND_VALUES,
            )
        return grade.judged(share(column.values, is_pair), hinted=False)


def is_coordinate(value: str) -> bool:
    """Whether a text is one exact number of degrees, or a pair."""
    alone = bool(_ALONE.fullmatch(value)) and abs(float(value)) <= _MOST_LONGITUDE
    return alone or is_pair(value)


def is_pair(value: str) -> bool:
    """Whether a text is an exact latitude and longitude, in either order."""
    found = _PAIR.fullmatch(value)
    if not found:
        return False
    low, high = sorted(abs(float(one)) for one in found.groups())
    return low <= _MOST_LATITUDE and high <= _MOST_LONGITUDE
