"""Which share of a column's sampled distinct values passes a test, and what that is worth.

A number passes a check digit by chance: one of ten Luhn or mod 11, one of ninety-seven mod 97. So a column is
judged by the share of its distinct values that pass, and by how many there are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from scanners.undeclared.detectors.judgement import DOUBTFUL, SURE, Judgement, PersonalKind, Reason

ENOUGH = 300
"""How many values are tested; samples are chosen by hash, so the first are as good as any."""

GLANCE = 40
"""A column of which 80% pass shows fewer than 16 among 40 once in 100 million times."""

MOSTLY = 0.8
"""The share from which a column is of a kind. On the corpus columns of a kind pass with 0.86 and more (a
tenth of their values spoilt), others with at most 0.28; with 0.9 those with the same check, as firms'."""

FEWEST = 10
"""With one pass in ten by chance, eight of ten pass by chance in 4 of 10 million columns."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many of how many values passed."""

    passed: int
    of: int

    @property
    def value(self) -> float:
        """The share, 0 where there were no values."""
        return self.passed / self.of if self.of else 0.0


def share(values: Sequence[str], test: Callable[[str], bool]) -> Share:
    """Return how many of the first `ENOUGH` values that are not blank pass; they are tested stripped.

    Where hardly any of the first `GLANCE` passes, the others are not tested.
    """
    tested = list(islice((value.strip() for value in values if value.strip()), ENOUGH))
    first = sum(map(test, tested[:GLANCE]))
    if len(tested) <= GLANCE or first < GLANCE * MOSTLY / 2:
        return Share(passed=first, of=len(tested[:GLANCE]))
    return Share(passed=first + sum(map(test, tested[GLANCE:])), of=len(tested))


@dataclass(frozen=True, kw_only=True)
class Grade:
    """What a passing share is worth.

    Attributes:
        detector, kind: of the judgement.
        alone: the confidence by values alone, where at least `fewest` were tested; otherwise it is doubtful.
    """

    detector: str
    kind: PersonalKind
    alone: float
    fewest: int = FEWEST

    def judged(self, found: Share, *, hinted: bool) -> Judgement | None:
        """Return the judgement of a share, or None where too few pass; `hinted`: the name says the same."""
        if not found.of or found.value < MOSTLY:
            return None
        worth = SURE if hinted else self.alone if found.of >= self.fewest else min(DOUBTFUL, self.alone)
        return Judgement(
            detector=self.detector,
            kind=self.kind,
            confidence=worth,
            reason=Reason.NAME_AND_VALUES if hinted else Reason.VALUES,
        )
