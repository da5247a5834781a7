"""Decisions: what a person says of rows that carry only an identifier which several people share."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from lineage_assets.declarations import Declaration, Erasure, Role


class Choice(StrEnum):
    """What becomes of the rows."""

    ERASE = "erase"
    KEEP = "keep"


class Because(StrEnum):
    """Why it was decided so."""

    ONLY_THEIRS = "only_theirs"
    OTHERS_AGREE = "others_agree"
    OTHERS_ROWS = "others_rows"
    CANNOT_TELL = "cannot_tell"


REASONS = MappingProxyType(
    {
        Choice.ERASE: frozenset({Because.ONLY_THEIRS, Because.OTHERS_AGREE}),
        Choice.KEEP: frozenset({Because.OTHERS_ROWS, Because.CANNOT_TELL}),
    }
)
WORDS = MappingProxyType(
    {
        Because.ONLY_THEIRS: "the rows are about this person alone",
        Because.OTHERS_AGREE: "the others who use the identifier agree",
        Because.OTHERS_ROWS: "the rows are about somebody else",
        Because.CANNOT_TELL: "nobody can tell whom the rows are about",
    }
)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision about one asset in one request; `staff` is the code of the person who decided."""

    asset: str
    choice: Choice
    because: Because
    staff: str

    @property
    def words(self) -> str:
        """What a record says of it."""
        return f"decided by {self.staff}: {WORDS[self.because]}"


def erasable(declared: Declaration) -> bool:
    """Whether every row that a shared identifier matches is one that only shared identifiers own.

    So it is where all owner keys are of one kind and no mention is of it: then the eraser can take those rows
    and no other. In a table with another owner key a row may be somebody else's.
    """
    owners = {key.namespace for _, key in declared.keys if key.role is Role.OWNER}
    mentions = {key.namespace for _, key in declared.keys if key.role is not Role.OWNER}
    takes_rows = {Erasure.DELETE_ROWS, Erasure.REDACT_COLUMNS, Erasure.DELETE_FILE}
    return declared.erasure in takes_rows and len(owners) == 1 and not owners & mentions
