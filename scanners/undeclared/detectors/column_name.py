"""The name of a column alone: for columns that are empty, hashed or encrypted, and for what others miss."""

from scanners.residual.layout import Holds
from scanners.undeclared.detectors.judgement import DOUBTFUL, MAYBE, Judgement, PersonalKind, Reason
from scanners.undeclared.detectors.names import Hint, hints
from scanners.undeclared.sample import ColumnSample

FEW_OF_MANY = 20
"""A column with fewer distinct values than this ..."""

REPEATED = 20
"""... each of them this often on average holds an enumeration: `phone` as "mobile", "landline"."""

_TEXT = frozenset({Holds.TEXT, Holds.BINARY})
_NUMBERED = _TEXT | {Holds.INTEGER, Holds.OTHER}
_HELD_AS = {
    PersonalKind.EMAIL: _TEXT,
    PersonalKind.PERSON_NAME: _TEXT,
    PersonalKind.ADDRESS: _TEXT,
    PersonalKind.IBAN: _TEXT,
    PersonalKind.PHONE: _NUMBERED,
    PersonalKind.CARD: _NUMBERED,
    PersonalKind.POSTCODE: _NUMBERED,
}


class ColumnName:
    """Judges by the name; a type that cannot hold the kind, and an enumeration, speak against it."""

    name = "column_name"
    kinds = frozenset(PersonalKind) - {PersonalKind.UNKNOWN, PersonalKind.OTHER, PersonalKind.IDENTIFIER}

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return the kind that the name says most clearly; a weak word is doubtful."""
        if column.engine_type == "boolean":
            return None
        found = {kind: level for kind, level in hints(column.column, column.asset).items() if level}
        possible = {kind: found[kind] for kind in sorted(found) if _can_hold(column, kind)}
        if not possible:
            return None
        kind = max(possible, key=lambda one: possible[one])
        clear = possible[kind] is Hint.STRONG and not _enumerated(column, kind)
        return Judgement(
            detector=self.name, kind=kind, confidence=MAYBE if clear else DOUBTFUL, reason=Reason.NAME
        )


def _can_hold(column: ColumnSample, kind: PersonalKind) -> bool:
    return kind not in _HELD_AS or column.holds is Holds.NOTHING or column.holds in _HELD_AS[kind]


def _enumerated(column: ColumnSample, kind: PersonalKind) -> bool:
    few = 0 < column.distinct < FEW_OF_MANY
    return kind is not PersonalKind.ATTRIBUTE and few and column.filled > REPEATED * column.distinct
