"""`rtbf files scan` without its options: from what a person asked for to the report."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rtbf_desk.files_scan.items import Item
from rtbf_desk.files_scan.local import local_items, roots_of
from rtbf_desk.files_scan.report import Report
from rtbf_desk.files_scan.wanted import names_of, weak_of
from rtbf_jobs.files.errors import UsageRefused
from rtbf_jobs.files.ids import Ids
from rtbf_jobs.files.stop import Stop
from rtbf_jobs.files.targets import is_url
from rtbf_jobs.files.walk import unexpected
from scanners.files import FilesOrder, Looker, NotLookedAt, Seen
from scanners.residual import connect

BATCH_FILES, BATCH_BYTES = 64, 64 << 20
NO_EXTRA = "object stores need the extra `objects`: pip install 'dagster-rtbf[objects]'"
WEAK = (
    "numbers and plain words stand everywhere by chance, and these ids are nothing else:"
    " name their column with --key, or say with --kind what they are"
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One command.

    Attributes:
        order: what is sought.
        ids: the list it was made from.
        folder: a private folder, for copies of objects and for what the engine spills.
        threads: worker threads of the engine.
        memory: the engine's limit, such as "1GB".
        old_versions: whether old versions in buckets are looked into.
        stop: is told when to stop.
        clock: tells seconds.
        begin: is told how many files and bytes there are.
        tick: is told files and bytes that are done.
    """

    order: FilesOrder
    ids: Ids
    folder: Path
    threads: int
    memory: str
    old_versions: bool
    stop: Stop
    clock: Callable[[], float]
    begin: Callable[[int, int], None]
    tick: Callable[[int, int], None]

    def scan(self, places: Sequence[str]) -> Report:
        """Look into all files of some paths, folders, globs and URLs.

        Raises:
            UsageRefused: nothing was looked at: a place holds no files or cannot be reached, or no id can be
                told from chance.
        """
        report = Report(order=self.order, ids=self.ids, names=names_of(self.ids, self.order.subjects))
        if not self.order.keys:
            report.undecided = weak_of(self.order.subjects)
            if len(report.undecided) == len(self.ids.texts):
                raise UsageRefused(WEAK)
        roots = [self.folder]
        items: dict[str, Item] = {
            item.key: item for place in places for item in self._items(place, roots, report)
        }
        self.begin(len(items), sum(item.size for item in items.values()))
        began = self.clock()
        memory, threads = self.memory, self.threads
        with closing(connect(self.folder, threads=threads, memory=memory, roots=roots)) as connection:
            self._look(Looker(order=self.order, connection=connection), items.values(), report)
        report.seconds = self.clock() - began
        return report

    def _items(self, place: str, roots: list[Path], report: Report) -> Sequence[Item]:
        try:
            if not is_url(place):
                roots += roots_of(place)
                return local_items(place)
            items, unlooked, notes = _bucket(place, self.folder, old_versions=self.old_versions)
        except UsageRefused as error:
            raise UsageRefused(f"{report.names.shown(place)}: {error}") from None
        for why in unlooked:
            report.refuse(report.names.shown(place), why)
        report.notes += [note for note in notes if note not in report.notes]
        return items

    def _look(self, looker: Looker, items: Iterable[Item], report: Report) -> None:
        try:
            for batch in _batches(items):
                self.stop.check()
                _look_into(looker, batch, report, self.stop)
                self.tick(len(batch), sum(item.size for item in batch))
            self.stop.check()
        except KeyboardInterrupt:
            report.stopped = True


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield neighbours together: of many small tables, reading is the least."""
    batch: list[Item] = []
    size = 0
    for item in items:
        if batch and (len(batch) == BATCH_FILES or size + item.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item.size
    if batch:
        yield batch


def _bucket(url: str, folder: Path, *, old_versions: bool) -> tuple[list[Item], list[str], list[str]]:
    try:
        from rtbf_desk.files_scan.buckets import bucket_items  # noqa: PLC0415 - needs the extra
    except ImportError:
        raise UsageRefused(NO_EXTRA) from None
    return bucket_items(url, folder, old_versions=old_versions)


def _look_into(looker: Looker, batch: Sequence[Item], report: Report, stop: Stop) -> None:
    """Look into some files; what was found in one that changed then is told, too.

    Raises:
        KeyboardInterrupt: we were told to stop meanwhile; the engine may have made an error of it.
    """
    taken: dict[int, Path] = {}
    seen: dict[int, Seen | NotLookedAt] = {}
    for at, item in enumerate(batch):
        try:
            taken[at] = item.take()
        except NotLookedAt as error:
            seen[at] = error
    try:
        names = [(path, batch[at].name) for at, path in taken.items()]
        seen |= dict(zip(taken, _looked(looker, names, stop), strict=True))
    finally:
        changed = {at: late for at, item in enumerate(batch) if (late := _release(item)) is not None}
    for at, item in enumerate(batch):
        _tell(report, item, seen[at], changed.get(at))


def _looked(looker: Looker, files: Sequence[tuple[Path, str]], stop: Stop) -> Sequence[Seen | NotLookedAt]:
    try:
        seen = looker.look(files)
    except Exception as error:  # noqa: BLE001 - its own text may hold a value: type and place are told
        stop.check()
        if len(files) == 1:
            return [NotLookedAt(unexpected(error))]
        return [seen for file in files for seen in _looked(looker, [file], stop)]
    stop.check()
    return seen


def _release(item: Item) -> NotLookedAt | None:
    try:
        item.release()
    except NotLookedAt as error:
        return error
    return None


def _tell(report: Report, item: Item, seen: Seen | NotLookedAt, changed: NotLookedAt | None) -> None:
    name = report.names.shown(item.name)
    refused = seen if isinstance(seen, NotLookedAt) else changed
    if refused is not None:
        report.refuse(name, str(refused), refused.subjects)
    else:
        report.files += 1
        report.bytes += item.size
    if isinstance(seen, Seen):
        report.add(name, seen)
