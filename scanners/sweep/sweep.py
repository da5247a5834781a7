"""The sweep of one asset: list, skip what is known, compare, and go on where one file cannot be read."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb

from scanners.errors import CouldNotLook, Reason
from scanners.residual.engine import Progress
from scanners.residual.files import Content, Found, check_unchanged, list_files
from scanners.residual.scan import Look, guarded, looking
from scanners.residual.tables import Group, groups_of
from scanners.sweep.digests import file_digest
from scanners.sweep.order import CameBack, File, ListKey, SweepOrder, Swept
from scanners.sweep.search import Part, search

TABLES = frozenset({Content.CSV, Content.PARQUET})
NANO = 1_000_000_000


@dataclass(kw_only=True)
class Tally:
    """What was seen so far; `digests` by ordinal."""

    files: tuple[Found, ...]
    digests: dict[int, str] = field(default_factory=dict)
    skipped: int = 0
    values: int = 0
    rows: Counter[tuple[str, int]] = field(default_factory=Counter)
    later: Counter[str] = field(default_factory=Counter)
    readmitted: set[str] = field(default_factory=set)
    by: Counter[tuple[str, ListKey]] = field(default_factory=Counter)
    also: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    identifiers: defaultdict[str, set[ListKey]] = field(default_factory=lambda: defaultdict(set), repr=False)
    failures: list[CouldNotLook] = field(default_factory=list)

    def add(self, group: Group, found: Part) -> list[str]:
        """Add one group; returns the digests of its files that hold nobody."""
        self.values += found.values
        self.rows.update({(name, group.files[at].ordinal): n for (name, at), n in found.by_file.items()})
        self.by.update(found.by_part)
        self.later.update(found.later)
        self.readmitted |= found.readmitted
        for name, earlier in found.also.items():
            self.also[name] |= earlier
        for name, pairs in found.identifiers.items():
            self.identifiers[name] |= pairs
        held = {group.files[at].ordinal for _, at in found.by_file}
        return [self.digests[file.ordinal] for file in group.files if file.ordinal not in held]

    def found(self) -> Iterator[CameBack]:
        """Yield who came back, by request."""
        met = {ordinal for _, ordinal in self.rows}
        written = {file.ordinal: _written(file) for file in self.files if file.ordinal in met}
        by: defaultdict[str, dict[ListKey, int]] = defaultdict(dict)
        for (request, part), n in sorted(self.by.items()):
            by[request][part] = n
        rows: defaultdict[str, dict[int, int]] = defaultdict(dict)
        for (request, ordinal), n in sorted(self.rows.items()):
            rows[request][ordinal] = n
        for request, mine in rows.items():
            yield CameBack(
                request=request,
                also=frozenset(self.also[request]),
                rows=sum(mine.values()),
                later=self.later[request],
                readmitted=request in self.readmitted,
                by=by[request],
                files=tuple(File(ordinal=at, digest=self.digests[at], written=written[at]) for at in mine),
                identifiers=frozenset(self.identifiers[request]),
            )


def sweep(order: SweepOrder, *, connection: duckdb.DuckDBPyConnection, progress: Progress) -> Swept:
    """Compare the declared keys of one asset with the suppression list.

    A file that cannot be read, or changes meanwhile, is a failure in what is returned; the others are swept.

    Args:
        order: what to compare, and with what.
        connection: see `scanners.residual.connect`.
        progress: called with (files done, files in all).
    """
    asset = order.place.asset
    listed = sum(len(part) for part in order.listed.values())
    if not listed:
        return Swept(asset=asset)
    try:
        with looking(order.place, connection) as look:
            tally = Tally(files=look.files)
            _sweep(order, look, tally, progress)
    except CouldNotLook as failure:
        return Swept(asset=asset, listed=listed, failures=(failure,))
    return Swept(
        asset=asset,
        listed=listed,
        files=len(tally.files),
        skipped=tally.skipped,
        values=tally.values,
        unsearched=sum(file.content is Content.BYTES for file in tally.files),
        found=tuple(tally.found()),
        failures=tuple(tally.failures),
        present=frozenset(tally.digests.values()),
    )


def _sweep(order: SweepOrder, look: Look, tally: Tally, progress: Progress) -> None:
    total = len(look.files)
    pending = tuple(_pending(order, tally, total))
    done = total - len(pending)
    progress(done, total)
    for group in _groups(order, pending, tally, total):
        try:
            found = guarded(look, group, lambda part: search(order, look.connection, part, look.links))
        except CouldNotLook as failure:
            tally.failures.append(failure)
        else:
            order.keep(tally.add(group, found))
        done += len(group.files)
        progress(done, total)
    if not tally.failures and list_files(order.place) != look.files:
        sentence = "files came, went or changed while it was looked at"
        tally.failures.append(CouldNotLook(order.place.asset, Reason.CHANGED_WHILE_READ, sentence))


def _pending(order: SweepOrder, tally: Tally, total: int) -> Iterator[Found]:
    """Yield the tables to read: not those that are known."""
    for file in tally.files:
        if file.content not in TABLES:
            continue
        try:
            tally.digests[file.ordinal] = _digest(order, file, total)
            if tally.digests[file.ordinal] in order.known:
                tally.skipped += 1
                continue
        except CouldNotLook as failure:
            tally.failures.append(failure)
        else:
            yield file


def _groups(order: SweepOrder, pending: tuple[Found, ...], tally: Tally, total: int) -> Iterator[Group]:
    """Yield the tables by layout; one by one where a footer or header cannot be read, which is a failure."""
    seen: set[int] = set()
    try:
        for group in groups_of(order.place, pending, total):
            seen |= {file.ordinal for file in group.files}
            yield group
    except CouldNotLook:
        for file in pending:
            if file.ordinal not in seen:
                try:
                    yield from groups_of(order.place, (file,), total)
                except CouldNotLook as failure:
                    tally.failures.append(failure)


def _digest(order: SweepOrder, file: Found, total: int) -> str:
    try:
        digest = file_digest(file.path, order.digest_key)
    except OSError:
        digest = ""
    check_unchanged(order.place, (file,), total)
    if not digest:
        sentence = f"file {file.ordinal} of {total} cannot be read"
        raise CouldNotLook(order.place.asset, Reason.UNREADABLE, sentence)
    return digest


def _written(file: Found) -> float:
    """Return when a file was last written or put where it is, in seconds; as listed where it is gone now."""
    try:
        changed = file.path.lstat().st_ctime_ns
    except OSError:
        changed = file.changed_ns
    return max(changed, file.changed_ns) / NANO
