"""What became of the files: counts for people and machines, without any identifier."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """What became of a file."""

    CLEAN = "clean"
    ERASED = "erased"
    WOULD_ERASE = "would_erase"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class FileResult:
    """One file. `name` is fit to be printed; `kinds` says what identifiers each key was taken to hold."""

    name: str
    state: State
    why: str = ""
    rows_before: int = 0
    rows_erased: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    kinds: Mapping[str, str] = field(default_factory=dict)
    work: Mapping[str, int] = field(default_factory=dict)


@dataclass(kw_only=True)
class Summary:
    """All files of a run. `left`: what it must not erase; `notes`: what it cannot know."""

    dry_run: bool = False
    results: list[FileResult] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cancelled: bool = False
    seconds: float = 0.0

    @property
    def refused(self) -> list[FileResult]:
        """The files that were left as they are because they could not be erased."""
        return [each for each in self.results if each.state is State.REFUSED]

    @property
    def whole(self) -> bool:
        """Whether nothing was refused, left or cut off."""
        return not (self.refused or self.left or self.cancelled)

    def totals(self) -> dict[str, int]:
        """Return the counts over all files."""
        work: Counter[str] = Counter()
        for each in self.results:
            work.update(each.work)
        return {
            "files_scanned": sum(each.state is not State.REFUSED for each in self.results),
            "files_changed": sum(each.state in {State.ERASED, State.WOULD_ERASE} for each in self.results),
            "files_refused": len(self.refused),
            "rows_erased": sum(each.rows_erased for each in self.results),
        } | dict(sorted(work.items()))

    def to_json(self) -> dict[str, Any]:
        """Return the summary as a JSON value."""
        return {
            "dry_run": self.dry_run,
            "cancelled": self.cancelled,
            **self.totals(),
            "seconds": round(self.seconds, 3),
            "left": list(self.left),
            "notes": list(self.notes),
            "results": [asdict(each) for each in self.results if each.state is not State.CLEAN],
        }

    def to_lines(self) -> dict[str, str]:
        """Return what a person is told, name and value."""
        kinds = sorted({f"{key} as {kind}" for each in self.results for key, kind in each.kinds.items()})
        totals = {name.replace("_", " "): f"{count:,}" for name, count in self.totals().items()}
        if self.dry_run:
            totals = {
                name.replace("erased", "to erase").replace("changed", "to change"): n
                for name, n in totals.items()
            }
        return {"keys read": ", ".join(kinds) or "-"} | totals | {"seconds": f"{self.seconds:.1f}"}
