"""What was seen in one file."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, order=True)
class Match:
    """A row, counted from 0 in its file (None: no table), and which identifier, by its place in the list."""

    row: int | None
    subject: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where identifiers stand in a file.

    Attributes:
        column: the column (nested: `a.b`, `a[]`), or what stands beside rows: `(bytes)`, `(metadata)`,
            `(statistics)`, `(dictionary)`, `(columns)`, `(path)`.
        form: `plain` (the whole value), `token` (inside a longer text), or another form of the identifier.
        row_group: counted from 0; None where the file has none.
        rows: distinct rows with a match; 0 where there are no rows.
        subjects: distinct identifiers.
        matches: the first of them, by row.
    """

    column: str = field(repr=False)
    form: str
    row_group: int | None = None
    rows: int = 0
    subjects: int
    matches: tuple[Match, ...]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one file held.

    Attributes:
        rows: rows of the table; 0 where it is none.
        places: where identifiers stand.
        subjects: positions of all identifiers that were found.
        weak: column -> cells that equal an identifier of a weak kind, perhaps by chance.
    """

    rows: int = 0
    places: tuple[Place, ...] = ()
    subjects: frozenset[int] = frozenset()
    weak: Mapping[str, int] = field(default_factory=dict, repr=False)
