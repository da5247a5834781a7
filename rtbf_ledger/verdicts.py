"""How an asset may end in a request: verdicts, the one table of who may end how, and the plain words.

`docs/formats/verdicts.md` is the same table for people; a test holds the two together.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Verdict(StrEnum):
    """How one asset ended in one request."""

    ERASED = "erased"
    REDACTED = "redacted"
    REBUILT = "rebuilt"
    RETRAIN_DUE = "retrain_due"
    QUARANTINED = "quarantined"
    EXEMPT = "exempt"
    BEYOND_USE = "beyond_use"
    NOT_AFFECTED = "not_affected"
    NEEDS_DECISION = "needs_decision"


class Strategy(StrEnum):
    """What an asset is declared to do: its erasure strategy, or the two ways of having none."""

    DELETE_ROWS = "delete_rows"
    REDACT_COLUMNS = "redact_columns"
    REBUILD = "rebuild"
    RETRAIN = "retrain"
    DELETE_FILE = "delete_file"
    NO_ACTION = "no_action"
    NO_SUBJECT_DATA = "no_subject_data"
    UNDECLARED = "undeclared"


class Title(StrEnum):
    """What a record calls itself. Computed from the verdicts, never chosen."""

    INTERIM = "Interim record"
    PARTIAL = "Partial record"
    FINAL = "Final record"


class Reason(StrEnum):
    """Why an asset ended so: a fixed sentence, printed as it is."""

    ROWS_DELETED = "The rows about the person were deleted, and the same search afterwards found none."
    ROWS_AND_MENTIONS = (
        "The rows about the person were deleted, and the person was removed from rows that belong to "
        "somebody else; the same search afterwards found none."
    )
    FILE_DELETED = "The file was deleted."
    DELETED_AS_DECIDED = (
        "What is about the person was deleted, as was decided also where only an identifier stands that "
        "several people share; the same search afterwards found none."
    )
    FIELDS_EMPTIED = "The fields about the person were emptied or masked; the rows stay."
    EMPTIED_AS_DECIDED = (
        "The fields about the person were emptied or masked, as was decided also where only an identifier "
        "stands that several people share; the rows stay."
    )
    MENTIONS_REMOVED = "The person was removed from rows that belong to somebody else."
    REBUILT_WITHOUT = "It was built again from sources the person was removed from."
    REBUILT_FILTERED = "It was built again without the people on the suppression list; its source is kept."
    RETRAINED_WITHOUT = "It was trained again on data the person was removed from."
    RETRAIN_LATER = "It is to be trained again by the date given, on data the person was removed from."
    USE_BLOCKED = "It may not be used until it is built again without the person, or until the date given."
    KEPT_BY_LAW = "It is kept, because the law asks for it or allows it."
    KEPT_FOR_HOLD = "It is kept, because of a legal hold."
    KEPT_WITH_SOURCE = "It is built from a source that is kept, and so still holds what that source holds."
    KEPT_AS_DECIDED = "Rows with only an identifier that several people share are kept, as was decided."
    KEPT_OUTSIDE = "It is kept by another system, which this record does not reach."
    PUT_BEYOND_USE = "It is kept, but nobody may use it for anything other than the purpose named."
    NOTHING_FOUND = "The search found nothing about the person in it."
    NO_PERSONAL_DATA = "It is declared to hold no personal data, and the search found none about the person."
    NOT_SEARCHED = "It is declared to hold no personal data and names no place to search: not searched."
    PROVEN_UNAFFECTED = "It is declared to need no action, for the reason named."
    SHARED_IDENTIFIER = "Its rows carry only an identifier that several people share."
    NOT_DECLARED = "Nobody has declared what it holds."
    FOUND_UNDECLARED = "The search found the person where nobody had declared it."
    NOT_SEARCHABLE = "It could not be searched."


_V, _S, _R = Verdict, Strategy, Reason
_KEPT = frozenset({_V.EXEMPT, _V.BEYOND_USE, _V.NOT_AFFECTED, _V.NEEDS_DECISION})

MAY_END_IN: Mapping[Strategy, frozenset[Verdict]] = MappingProxyType(
    {
        _S.DELETE_ROWS: _KEPT | {_V.ERASED, _V.REDACTED},  # redacted: only mentions in others' rows
        _S.REDACT_COLUMNS: _KEPT | {_V.REDACTED},
        _S.REBUILD: _KEPT | {_V.REBUILT, _V.QUARANTINED},
        _S.RETRAIN: _KEPT | {_V.REBUILT, _V.RETRAIN_DUE, _V.QUARANTINED},
        _S.DELETE_FILE: _KEPT | {_V.ERASED},
        _S.NO_ACTION: _KEPT,
        _S.NO_SUBJECT_DATA: frozenset({_V.NOT_AFFECTED, _V.NEEDS_DECISION}),
        _S.UNDECLARED: frozenset({_V.NEEDS_DECISION}),
    }
)

REASONS: Mapping[Verdict, frozenset[Reason]] = MappingProxyType(
    {
        _V.ERASED: frozenset({_R.ROWS_DELETED, _R.ROWS_AND_MENTIONS, _R.FILE_DELETED, _R.DELETED_AS_DECIDED}),
        _V.REDACTED: frozenset({_R.FIELDS_EMPTIED, _R.EMPTIED_AS_DECIDED, _R.MENTIONS_REMOVED}),
        _V.REBUILT: frozenset({_R.REBUILT_WITHOUT, _R.REBUILT_FILTERED, _R.RETRAINED_WITHOUT}),
        _V.RETRAIN_DUE: frozenset({_R.RETRAIN_LATER}),
        _V.QUARANTINED: frozenset({_R.USE_BLOCKED}),
        _V.EXEMPT: frozenset(
            {_R.KEPT_BY_LAW, _R.KEPT_FOR_HOLD, _R.KEPT_WITH_SOURCE, _R.KEPT_AS_DECIDED, _R.KEPT_OUTSIDE}
        ),
        _V.BEYOND_USE: frozenset({_R.PUT_BEYOND_USE}),
        _V.NOT_AFFECTED: frozenset(
            {_R.NOTHING_FOUND, _R.NO_PERSONAL_DATA, _R.NOT_SEARCHED, _R.PROVEN_UNAFFECTED}
        ),
        _V.NEEDS_DECISION: frozenset(
            {_R.SHARED_IDENTIFIER, _R.NOT_DECLARED, _R.FOUND_UNDECLARED, _R.NOT_SEARCHABLE}
        ),
    }
)

WORDS: Mapping[Verdict, str] = MappingProxyType(
    {
        _V.ERASED: "deleted",
        _V.REDACTED: "emptied or masked",
        _V.REBUILT: "built again",
        _V.RETRAIN_DUE: "still to be trained again",
        _V.QUARANTINED: "blocked from use",
        _V.EXEMPT: "kept",
        _V.BEYOND_USE: "kept, beyond use",
        _V.NOT_AFFECTED: "not affected",
        _V.NEEDS_DECISION: "waiting for a decision",
    }
)

OPEN = frozenset({_V.RETRAIN_DUE, _V.QUARANTINED, _V.NEEDS_DECISION})
"""Verdicts after which something is still to be done: the record is an interim one."""

KEPT = frozenset({_V.EXEMPT, _V.BEYOND_USE})
"""Verdicts after which something about the person is kept: the record is a partial one."""

NEEDS_UNTIL = frozenset({_V.RETRAIN_DUE, _V.QUARANTINED, _V.BEYOND_USE})
"""Verdicts that name a date; `exempt` may name one; no other verdict does."""

NEEDS_BASIS = KEPT
"""Verdicts that name the declared basis; the reasons of declared words do too."""

DECIDED = frozenset({_R.DELETED_AS_DECIDED, _R.EMPTIED_AS_DECIDED, _R.KEPT_AS_DECIDED})
"""Reasons that name who decided, and why, where others name the owner's basis."""

IMMODEST = ("all data", "forgotten", "unlearned", "anonymised", "anonymized")
"""What a record never says."""


def title_for(verdicts: Iterable[Verdict], *, hold_open: bool) -> Title:
    """Return the title that verdicts lead to: interim before partial before final."""
    reached = frozenset(verdicts)
    if hold_open or reached & OPEN:
        return Title.INTERIM
    return Title.PARTIAL if reached & KEPT else Title.FINAL


def needs_basis(reason: Reason) -> bool:
    """Say whether a reason is incomplete without the basis its owner declared."""
    declared = {_R.NO_PERSONAL_DATA, _R.NOT_SEARCHED, _R.PROVEN_UNAFFECTED}
    return reason in declared | DECIDED or any(reason in REASONS[verdict] for verdict in NEEDS_BASIS)


def immodest_words(text: str) -> tuple[str, ...]:
    """Return what a text says that a record never says; empty when it may be printed.

    Whoever takes words from an owner asks this when the words are declared, not when they are printed.
    """
    plain = " ".join(text.lower().split())
    return tuple(words for words in IMMODEST if words in plain)
