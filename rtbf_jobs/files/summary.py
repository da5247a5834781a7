"""What became of the files: counts for people and machines, without any identifier."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from rtbf_jobs.files.counts import NAMES, TOUCHED
from rtbf_jobs.files.left_out import HINT

LEFT_OUT = "files_left_out"
WORK = (*NAMES.values(), TOUCHED, "bytes_copied", "bytes_encoded", "old_versions")
ALWAYS = frozenset({TOUCHED, "bytes_copied", "bytes_encoded"})
DRY = {
    "changed": "to change",
    "erased": "to erase",
    "touched": "to rewrite",
    "old versions": "old versions to delete",
}


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
    """All files of a run. `left`: what it must not erase; `notes`: what it cannot know.

    `left_out` counts files that a folder or a glob does not mean because of their names.
    """

    dry_run: bool = False
    results: list[FileResult] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: int = 0
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
        """Return the counts over all files: always the same names, as docs/formats/files-erase.md says."""
        work: Counter[str] = Counter()
        for each in self.results:
            work.update(each.work)
        read = [each for each in self.results if each.state is not State.REFUSED]
        return {
            "files_scanned": len(read),
            "files_changed": sum(each.state in {State.ERASED, State.WOULD_ERASE} for each in self.results),
            "files_refused": len(self.refused),
            LEFT_OUT: self.left_out,
            "rows_erased": sum(each.rows_erased for each in self.results),
            **{name: work[name] for name in WORK[:-3]},
            "bytes_scanned": sum(each.bytes_before for each in read),
            **{name: work[name] for name in WORK[-3:]},
        }

    def to_json(self) -> dict[str, Any]:
        """Return the summary as a JSON value."""
        return {
            "dry_run": self.dry_run,
            "cancelled": self.cancelled,
            **self.totals(),
            "seconds": round(self.seconds, 3),
            "left": list(self.left),
            "notes": list(self.notes),
            "results": [
                asdict(each) | {"work": {name: each.work.get(name, 0) for name in WORK}}
                for each in self.results
                if each.state is not State.CLEAN
            ],
        }

    def to_sentences(self) -> list[str]:
        """Return what a person is told to look at: the refused files, by reason, and what is left."""
        files: dict[str, list[str]] = {}
        for each in self.refused:
            files.setdefault(each.why, []).append(each.name)
        said = []
        for why, names in files.items():
            if len(names) == 1:
                said.append(f"{names[0]}: {why}")
            else:
                said += [f"{len(names)} files: {why}", *(f"  {name}" for name in names)]
        said += [*self.left, *self.notes, *([HINT.format(count=self.left_out)] if self.left_out else [])]
        if self.cancelled:
            said.append("stopped; every file is old or new: run it again to go on")
        return said

    def to_lines(self) -> dict[str, str]:
        """Return what a person is told, name and value; work of which there was none is left out."""
        kinds = sorted({f"{key} as {kind}" for each in self.results for key, kind in each.kinds.items()})
        always = set(self.totals()) - {LEFT_OUT, *WORK} | (set() if self.dry_run else ALWAYS)
        told = {name: count for name, count in self.totals().items() if count or name in always}
        lines = {self._worded(name): f"{count:,}" for name, count in told.items()}
        dry = {"dry run": "nothing was written"} if self.dry_run else {}
        return dry | {"keys read": ", ".join(kinds) or "-"} | lines | {"seconds": f"{self.seconds:.1f}"}

    def _worded(self, name: str) -> str:
        words = name.replace("_", " ")
        for done, planned in DRY.items() if self.dry_run else ():
            words = words.replace(done, planned)
        return words
