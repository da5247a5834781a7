"""Identifiers of people within a company: `user_id`, a customer's number, a login."""

from scanners.undeclared.detectors.judgement import LIKELY, MAYBE, Judgement, PersonalKind, Reason
from scanners.undeclared.detectors.names import Hint, hint
from scanners.undeclared.detectors.shares import MOSTLY, share
from scanners.undeclared.sample import ColumnSample

FEWEST_DISTINCT = 20
LEAST_VARIETY = 0.001
"""Distinct per filled: MovieLens has 671 people in 100,004 ratings (0.007), a role or a plan far less."""

_LONGEST = 64


class Account:
    """Columns of many different short values under a name that says whose they are."""

    name = "account"
    kinds = frozenset({PersonalKind.ACCOUNT})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return ACCOUNT where the name says so and the values are many and one word each."""
        hinted = hint(column, PersonalKind.ACCOUNT)
        if hinted is Hint.NONE or column.engine_type in {"boolean", "date", "timestamp", "time", "double"}:
            return None
        varied = column.distinct >= FEWEST_DISTINCT and column.distinct >= LEAST_VARIETY * column.filled
        if not varied or share(column.values, is_code).value < MOSTLY:
            return None
        return Judgement(
            detector=self.name,
            kind=PersonalKind.ACCOUNT,
            confidence=LIKELY if hinted is Hint.STRONG else MAYBE,
            reason=Reason.NAME_AND_VALUES,
        )


def is_code(value: str) -> bool:
    """Whether a text is one short word."""
    return len(value) <= _LONGEST and not any(char.isspace() for char in value)
