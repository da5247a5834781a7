"""What the detectors say of the corpus, counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.detectors.corpus import Labelled
from scanners.undeclared.detectors import SUSPECT, Detector, Judgement, judged


@dataclass(frozen=True, kw_only=True)
class Said:
    """A column and every judgement of it, the surest first, doubtful ones too."""

    column: Labelled
    judgements: tuple[Judgement, ...]

    def suspected(self, detector: str | None = None) -> list[Judgement]:
        """Return the judgements that are findings: of one detector, or of all."""
        found = [one for one in self.judgements if one.confidence >= SUSPECT]
        return [one for one in found if detector in {None, one.detector}]


@dataclass(frozen=True, kw_only=True)
class Score:
    """Counts of columns: `found` of `sought` were found, `right` of `flagged` were rightly flagged."""

    what: str
    flagged: int
    right: int
    sought: int
    found: int

    @property
    def precision(self) -> float | None:
        """Right of flagged; None where nothing was flagged."""
        return self.right / self.flagged if self.flagged else None

    @property
    def recall(self) -> float | None:
        """Found of sought; None where nothing was to be found."""
        return self.found / self.sought if self.sought else None

    def as_json(self) -> dict[str, Any]:
        """Return the counts and the two shares."""
        return vars(self) | {"precision": self.precision, "recall": self.recall}


def ask_all(columns: Sequence[Labelled], detectors: Sequence[Detector]) -> list[Said]:
    """Ask every detector about every column."""
    return [Said(column=one, judgements=judged(one.sample, detectors)) for one in columns]


def score_of(detector: Detector, said: Sequence[Said]) -> Score:
    """Count one detector by itself: right is the right kind; sought are the columns of its kinds."""
    flagged = [(one.column.kind, one.suspected(detector.name)) for one in said]
    hits = [(kind, found[0].kind) for kind, found in flagged if found]
    right = sum(kind == told for kind, told in hits)
    sought = sum(kind in detector.kinds for kind, _ in flagged)
    return Score(what=detector.name, flagged=len(hits), right=right, sought=sought, found=right)


def score_of_all(what: str, said: Sequence[Said]) -> Score:
    """Count all detectors together: right is personal at all, of whatever kind."""
    personal = [bool(one.suspected()) for one in said if one.column.kind is not None]
    others = [bool(one.suspected()) for one in said if one.column.kind is None]
    return Score(
        what=what,
        flagged=sum(personal) + sum(others),
        right=sum(personal),
        sought=len(personal),
        found=sum(personal),
    )


def wrong_kinds(said: Sequence[Said]) -> list[Said]:
    """Return the columns that were found, under another kind than theirs."""
    return [
        one
        for one in said
        if one.column.kind is not None and one.suspected() and one.suspected()[0].kind is not one.column.kind
    ]
