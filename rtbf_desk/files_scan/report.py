"""What a scan of files saw, for people and for machines; no identifier is in it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rtbf_desk.files_scan.wanted import told
from rtbf_jobs.files.ids import Ids
from rtbf_jobs.files.names import Names
from scanners.files import FilesOrder, Place, Seen

MOST_PLACES, MOST_LINES, FEW_ROWS = 10_000, 40, 4
CLEAN, FOUND, COULD_NOT, STOPPED = 0, 1, 2, 130


@dataclass(kw_only=True)
class Report:
    """What was seen so far.

    Attributes:
        order: what is sought.
        ids: the list that was given, to say which of it was found.
        names: how names may be shown.
        places: (file, place), at most `MOST_PLACES`; `places_left_out` counts the others.
        found: positions of the ids that were found.
        not_looked_at: (file, why).
        undecided: positions of ids that are too common to be sought without a key.
    """

    order: FilesOrder
    ids: Ids = field(repr=False)
    names: Names = field(repr=False)
    files: int = 0
    files_found: int = 0
    bytes: int = 0
    rows: int = 0
    seconds: float = 0.0
    places: list[tuple[str, Place]] = field(default_factory=list, repr=False)
    places_left_out: int = 0
    found: set[int] = field(default_factory=set)
    weak: Counter[str] = field(default_factory=Counter, repr=False)
    not_looked_at: list[tuple[str, str]] = field(default_factory=list, repr=False)
    undecided: tuple[int, ...] = ()
    notes: list[str] = field(default_factory=list)
    stopped: bool = False

    @property
    def exit_code(self) -> int:
        """0 clean, 1 found, 2 something could not be looked at and nothing was found, 130 stopped."""
        if self.stopped:
            return STOPPED
        if self.found:
            return FOUND
        return COULD_NOT if self.not_looked_at or self.undecided else CLEAN

    def add(self, name: str, seen: Seen) -> None:
        """Add what one file held."""
        self.rows += seen.rows
        self.found |= seen.subjects
        self.files_found += bool(seen.places)
        self.weak.update(seen.weak)
        room = max(0, MOST_PLACES - len(self.places))
        self.places += [(name, place) for place in seen.places[:room]]
        self.places_left_out += len(seen.places[room:])

    def refuse(self, name: str, why: str, positions: Iterable[int] = ()) -> None:
        """Add a file, or what else, that was not looked at; `positions` are of the ids that are the cause."""
        which, masked = told(self.ids, positions), self.names.sentence(why)
        self.not_looked_at.append((name, f"{masked} ({which} of the ids)" if which else masked))

    def to_json(self) -> dict[str, Any]:
        """Return everything, with the same names in every run; see docs/formats/files-scan.md."""
        return {
            "clean": self.exit_code == CLEAN,
            "stopped": self.stopped,
            "keys": [self.names.column(str(key)) for key in self.order.keys],
            "all_columns": self.order.anywhere,
            "free_text": self.order.free_text,
            **{name: getattr(self, name) for name in ("files", "bytes", "rows")},
            "seconds": round(self.seconds, 3),
            "ids": len(self.ids.texts),
            "ids_found": [self.ids.where[one] for one in sorted(self.found)],
            "ids_not_decidable": [self.ids.where[one] for one in self.undecided],
            "files_found": self.files_found,
            "places": [self._place(name, place) for name, place in self.places],
            "places_left_out": self.places_left_out,
            "not_looked_at": [{"file": name, "why": why} for name, why in self.not_looked_at],
            "not_decidable": {self.names.column(name): count for name, count in sorted(self.weak.items())},
            "notes": self.notes,
        }

    def _place(self, name: str, place: Place) -> dict[str, Any]:
        matches = [{"row": one.row, "id": self.ids.where[one.subject]} for one in place.matches]
        return {
            "file": name,
            "row_group": place.row_group,
            "column": self.names.column(place.column),
            "form": place.form,
            "rows": place.rows,
            "ids": place.subjects,
            "matches": matches,
            "cut": place.rows > len({one.row for one in place.matches})
            or place.subjects > len({one.subject for one in place.matches}),
        }

    def to_places(self) -> list[str]:
        """Return the first places for people: a line for each file, and below it one for each place."""
        said: list[str] = []
        last = None
        for name, place in self.places[:MOST_LINES]:
            said += [] if name == last else [name]
            said.append(f"    {self._where(place)}: {self._rows(place)}")
            last = name
        return said

    def _where(self, place: Place) -> str:
        group = "" if place.row_group is None else f"row group {place.row_group}, "
        return group + self.names.column(place.column) + ("" if place.form == "plain" else f" ({place.form})")

    def _rows(self, place: Place) -> str:
        """Say the first rows and how many there are, then whose: `rows 3, 17 (line 1, line 9)`."""
        rows = sorted({one.row for one in place.matches if one.row is not None})
        few = ", ".join(map(str, rows[:FEW_ROWS]))
        more = f", ... {place.rows:,} rows" if place.rows > FEW_ROWS else ""
        subjects = {one.subject for one in place.matches}
        whose = told(self.ids, subjects) if len(subjects) == place.subjects else f"{place.subjects:,} ids"
        return (f"row{'s' if place.rows > 1 else ''} {few}{more} " if rows else "") + f"({whose})"

    def to_lines(self) -> dict[str, str]:
        """Return the summary for people."""
        where = ", ".join(self.names.column(str(key)) for key in self.order.keys)
        every = "all columns, names, metadata"
        columns = f"{where}; {every}" if where and self.order.anywhere else where or every
        what = "whole values and text inside" if self.order.free_text else "whole values"
        lines = {
            "searched": f"{columns}: {what}",
            "files": f"{self.files:,}",
            "bytes": f"{self.bytes:,}",
            "rows": f"{self.rows:,}",
            "seconds": f"{self.seconds:,.1f}",
            "ids found": f"{len(self.found):,} of {len(self.ids.texts):,}",
            "files with an id": f"{self.files_found:,}",
            "not looked at": f"{len(self.not_looked_at):,}",
        }
        if self.found:
            lines["ids found"] += f": {told(self.ids, self.found)}"
        return lines

    def to_sentences(self) -> list[str]:
        """Return what was not looked at, what is left out, and what it all means."""
        said = [f"not looked at: {name}: {why}" for name, why in self.not_looked_at[:MOST_LINES]]
        if len(self.not_looked_at) > MOST_LINES:
            said.append(f"not looked at: {len(self.not_looked_at) - MOST_LINES:,} more; --json names all")
        if self.undecided:
            said.append(
                f"not decidable: {told(self.ids, self.undecided)} of the ids: numbers and plain words stand"
                " everywhere by chance; name their column with --key, or say with --kind what they are"
            )
        said += [
            f"not counted: {count:,} cells of {self.names.column(column)} equal such an id, perhaps by chance"
            for column, count in sorted(self.weak.items())
        ]
        more = len(self.places) - MOST_LINES + self.places_left_out
        if more > 0:
            said.append(f"{more:,} more places; --json names {'all' if not self.places_left_out else 'more'}")
        return [*said, *self.notes, self._verdict()]

    def _verdict(self) -> str:
        if self.stopped:
            return "stopped: this is what was seen until then"
        rest = " where it could be looked" if self.not_looked_at or self.undecided else ""
        return f"found: {len(self.found):,} of the ids" if self.found else f"none of the ids was found{rest}"
