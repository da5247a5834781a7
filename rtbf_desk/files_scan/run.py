"""`rtbf files scan` without its options: from what a person asked for to the report."""

from collections.abc import Callable, Iterable, Sequence
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
        tick: is told the bytes of each file that is done.
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
    tick: Callable[[int], None]

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
        items = {item.key: item for place in places for item in self._items(place, roots, report)}
        self.begin(len(items), sum(item.size for item in items.values()))
        began = self.clock()
        memory, threads = self.memory, self.threads
        with closing(connect(self.folder, threads=threads, memory=memory, roots=roots)) as connection:
            self._look(Looker(order=self.order, connection=connection), items.values(), report)
        report.seconds = self.clock() - began
        return report

    def _items(self, place: str, roots: list[Path], report: Report) -> list[Item]:
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
            for item in items:
                self.stop.check()
                _look_into(looker, item, report)
                self.tick(item.size)
            self.stop.check()
        except KeyboardInterrupt:
            report.stopped = True


def _bucket(url: str, folder: Path, *, old_versions: bool) -> tuple[list[Item], list[str], list[str]]:
    try:
        from rtbf_desk.files_scan.buckets import bucket_items  # noqa: PLC0415 - needs the extra
    except ImportError:
        raise UsageRefused(NO_EXTRA) from None
    return bucket_items(url, folder, old_versions=old_versions)


def _look_into(looker: Looker, item: Item, report: Report) -> None:
    """Look into one file; one that was found in and then changed is told as both."""
    name = report.names.shown(item.name)
    seen: Seen | None = None
    try:
        with item.opened() as path:
            seen = looker.look(path, item.name)
    except NotLookedAt as error:
        report.refuse(name, str(error), error.subjects)
    except Exception as error:  # noqa: BLE001 - its own text may hold a value: type and place are told
        report.refuse(name, unexpected(error))
    else:
        report.files += 1
        report.bytes += item.size
    if seen is not None:
        report.add(name, seen)
