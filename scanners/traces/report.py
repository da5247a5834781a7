"""What a search for traces found, what it could not look at, and how much it looked at. Never a value."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from scanners.traces.matching import Hit

FILE, FILE_NAME, COLUMN = "file", "file name", "column"


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where bytes come from: a place ("Dagster's home"), what in it, and how they were unpacked ("zlib")."""

    place: str
    what: str
    where: str
    unpacked: str = ""


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Identifiers of one namespace in one form at one spot.

    Attributes:
        place: the store.
        what: "column", "file" or "file name".
        where: table and column, or the file's path below the place; a part that holds a value is masked.
        namespace: kind of the identifier.
        form: how it is written, and out of what it was unpacked.
        count: cells of the column, or places in the file.
        offset: of the first place in a file, in bytes (of the packed stream where it was unpacked).
        decided: False where an equal value may be there by chance.
    """

    place: str
    what: str
    where: str
    namespace: str
    form: str
    count: int
    offset: int | None
    decided: bool


@dataclass(frozen=True, kw_only=True)
class Unlooked:
    """Something that could not be searched, and why; our own words, without a value."""

    place: str
    where: str
    why: str


@dataclass
class Report:
    """Everything that was seen. Traces come sorted: decided ones first, then by place."""

    unlooked: list[Unlooked] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    rows: int = 0
    _found: dict[tuple[Spot, str, str, bool], list[int | None]] = field(default_factory=dict)

    def add(self, spot: Spot, hits: Iterable[Hit], *, base: int | None = None, packed: bool = False) -> None:
        """Count hits in a file at an offset; in a packed stream all stand where it begins."""
        for hit in hits:
            at = base if base is None or packed else base + hit.start
            self._count(spot, hit, at)

    def add_cell(self, spot: Spot, hits: Iterable[Hit]) -> None:
        """Count the hits in one cell: once for each namespace and form."""
        for hit in {(h.namespace, h.form, h.decided): h for h in hits}.values():
            self._count(spot, hit, None)

    def _count(self, spot: Spot, hit: Hit, at: int | None) -> None:
        entry = self._found.setdefault((spot, hit.namespace, hit.form, hit.decided), [0, at])
        entry[0] = (entry[0] or 0) + 1

    def could_not(self, place: str, where: str, why: str) -> None:
        """Name something that could not be searched; twice the same counts once."""
        one = Unlooked(place=place, where=where, why=why)
        if one not in self.unlooked:
            self.unlooked.append(one)

    @property
    def traces(self) -> list[Trace]:
        """Return what was found, decided or not."""
        made = [
            Trace(
                place=spot.place,
                what=spot.what,
                where=spot.where,
                namespace=namespace,
                form=f"{form} in {spot.unpacked}" if spot.unpacked else form,
                count=count or 0,
                offset=offset,
                decided=decided,
            )
            for (spot, namespace, form, decided), (count, offset) in self._found.items()
        ]
        return sorted(made, key=lambda t: (not t.decided, t.place, t.what, t.where, t.namespace, t.form))

    @property
    def found(self) -> list[Trace]:
        """Return the traces that are no accident."""
        return [one for one in self.traces if one.decided]

    @property
    def undecided(self) -> list[Trace]:
        """Return those that may be other data of the same value."""
        return [one for one in self.traces if not one.decided]
