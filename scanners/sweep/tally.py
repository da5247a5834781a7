"""What a sweep has seen so far, added up over groups of files."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from scanners.errors import CouldNotLook
from scanners.residual.beside import PATH
from scanners.residual.files import Found
from scanners.residual.tables import Group
from scanners.sweep.order import CameBack, Elsewhere, File, ListKey
from scanners.sweep.search import Part, Rows, also
from scanners.sweep.values import Met

NANO = 1_000_000_000


@dataclass(kw_only=True)
class Seen:
    """Rows of listed people: `files` counts them at (request, ordinal of the file)."""

    files: Counter[tuple[str, int]] = field(default_factory=Counter)
    later: Counter[str] = field(default_factory=Counter)
    by: Counter[tuple[str, ListKey]] = field(default_factory=Counter)

    def add(self, group: Group, found: Rows) -> None:
        """Add the rows of one group."""
        self.files.update({(name, group.files[at].ordinal): n for (name, at), n in found.by_file.items()})
        self.by.update(found.by_part)
        self.later.update(found.later)


@dataclass(kw_only=True)
class Tally:
    """What was seen so far; `digests` by ordinal."""

    files: tuple[Found, ...]
    digests: dict[int, str] = field(default_factory=dict)
    skipped: int = 0
    values: int = 0
    keys: Seen = field(default_factory=Seen)
    elsewhere: Seen = field(default_factory=Seen)
    places: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    readmitted: set[str] = field(default_factory=set)
    also: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    identifiers: defaultdict[str, set[ListKey]] = field(default_factory=lambda: defaultdict(set), repr=False)
    failures: list[CouldNotLook] = field(default_factory=list)

    def add(self, group: Group, found: Part) -> list[str]:
        """Add one group; returns the digests of its files that hold nobody."""
        self.values += found.values
        self.keys.add(group, found.keys)
        self.elsewhere.add(group, found.elsewhere)
        self.readmitted |= found.readmitted
        for mine, theirs in ((self.also, found.also), (self.places, found.places)):
            for name, some in theirs.items():
                mine[name] |= some
        for name, pairs in found.identifiers.items():
            self.identifiers[name] |= pairs
        held = {group.files[at].ordinal for rows in (found.keys, found.elsewhere) for _, at in rows.by_file}
        return [self.digests[file.ordinal] for file in group.files if file.ordinal not in held]

    def add_names(self, ordinal: int, met: Iterable[Met]) -> None:
        """Add who stands in the name of a file; it has no rows, and says no time."""
        named = list(met)
        for part in {(one.listed.requests[-1], one.part) for one in named}:
            self.elsewhere.by[part] += 1
        for one in named:
            self.elsewhere.files[one.listed.requests[-1], ordinal] += 0
            self.places[one.listed.requests[-1]].add(PATH)
        for name, earlier in also(named).items():
            self.also[name] |= earlier

    def found(self) -> Iterator[CameBack]:
        """Yield who came back, by request."""
        held: defaultdict[str, set[int]] = defaultdict(set)
        for request, ordinal in (*self.keys.files, *self.elsewhere.files):
            held[request].add(ordinal)
        met = {ordinal for ordinals in held.values() for ordinal in ordinals}
        written = {file.ordinal: _written(file) for file in self.files if file.ordinal in met}
        keys, elsewhere = _by_request(self.keys), _by_request(self.elsewhere)
        rows, others = _rows(self.keys), _rows(self.elsewhere)
        for request in sorted(held):
            yield CameBack(
                request=request,
                also=frozenset(self.also[request]),
                rows=rows[request],
                later=self.keys.later[request],
                readmitted=request in self.readmitted,
                by=keys[request],
                files=tuple(
                    File(ordinal=at, digest=self.digests[at], written=written[at])
                    for at in sorted(held[request])
                ),
                identifiers=frozenset(self.identifiers[request]),
                elsewhere=Elsewhere(
                    rows=others[request],
                    later=self.elsewhere.later[request],
                    by=elsewhere[request],
                    places=tuple(sorted(self.places[request])),
                ),
            )


def _by_request(seen: Seen) -> defaultdict[str, dict[ListKey, int]]:
    by: defaultdict[str, dict[ListKey, int]] = defaultdict(dict)
    for (request, part), n in sorted(seen.by.items()):
        by[request][part] = n
    return by


def _rows(seen: Seen) -> Counter[str]:
    rows = Counter[str]()
    for (request, _), n in seen.files.items():
        rows[request] += n
    return rows


def _written(file: Found) -> float:
    """Return when a file was last written or put where it is, in seconds; as listed where it is gone now."""
    try:
        changed = file.path.lstat().st_ctime_ns
    except OSError:
        changed = file.changed_ns
    return max(changed, file.changed_ns) / NANO
