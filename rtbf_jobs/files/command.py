"""`rtbf files erase` without its options: from what a person asked for to the summary."""

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rtbf_jobs.erasers import sweep_temporary
from rtbf_jobs.erasers.atomic import TEMPORARY
from rtbf_jobs.erasers.errors import StorageFailed
from rtbf_jobs.files.errors import UsageRefused
from rtbf_jobs.files.history import History
from rtbf_jobs.files.left_out import left_out
from rtbf_jobs.files.local import local_jobs
from rtbf_jobs.files.names import Names
from rtbf_jobs.files.order import Sieve
from rtbf_jobs.files.stop import Stop
from rtbf_jobs.files.summary import FileResult, Summary
from rtbf_jobs.files.targets import is_url, local_targets
from rtbf_jobs.files.walk import Job, sentence_of, walk

if TYPE_CHECKING:
    from rtbf_jobs.files.bucket_targets import Bucket

LOCAL_WORKERS = 4  # files at a time: each has its row groups in memory, as many as there are processors
BUCKET_WORKERS = 8  # objects at a time: looking for the ids in one is mostly waiting for the store
Found = TypeVar("Found")
NO_EXTRA = "object stores need the extra `objects`: pip install 'dagster-rtbf[objects]'"


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Who looks on: `begin` is told the files and bytes to come, `tick` each file that is done."""

    begin: Callable[[int, int], None]
    tick: Callable[[Job], None]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One command: whose rows go, and how. `clock` tells seconds; `workers` is how many files at a time."""

    sieve: Sieve
    names: Names
    dry_run: bool
    history: History
    stop: Stop
    clock: Callable[[], float]
    watch: Watch
    workers: int = 1

    def erase(self, places: Sequence[str]) -> Summary:
        """Erase the rows from all files of some paths, folders, globs and URLs.

        Raises:
            UsageRefused: nothing was looked at: a place holds no data files, or cannot be reached.
        """
        urls = [place for place in places if is_url(place)]
        paths = [place for place in places if not is_url(place)]
        targets = {one.path: one for place in paths for one in self._found(local_targets, place)}
        _prepare_for(urls)
        buckets = [self._found(_open_bucket, url) for url in urls]
        if not self.dry_run:
            _sweep(targets)
        summary = Summary(dry_run=self.dry_run, left_out=sum(bucket.left_out for bucket in buckets))
        summary.left_out += len({path for place in paths for path in left_out(place, targets)})
        files = local_jobs(targets.values(), self.sieve, self.names, self.stop, dry_run=self.dry_run)
        self._walk(list(files), summary, workers=min(self.workers, max(1, len(targets))))
        for bucket in buckets:
            self._empty(bucket, summary)
        summary.results = [self._masked(each) for each in summary.results]
        return summary

    def _masked(self, result: FileResult) -> FileResult:
        """Return a result whose keys and columns hold no identifier."""
        kinds = {self.names.column(key): kind for key, kind in result.kinds.items()}
        return replace(result, why=self.names.sentence(result.why), kinds=kinds)

    def _found(self, look: Callable[[str], Found], place: str) -> Found:
        """Look at a place; where it cannot be used, say which one it is."""
        try:
            return look(place)
        except UsageRefused as error:
            raise UsageRefused(f"{self.names.shown(place)}: {error}") from None

    def _empty(self, bucket: "Bucket", summary: Summary) -> None:
        from rtbf_jobs.files.buckets import bucket_jobs, look_back  # noqa: PLC0415 - needs the extra

        jobs = bucket_jobs(bucket, self.sieve, self.names, self.stop, dry_run=self.dry_run)
        self._walk(list(jobs), summary, workers=BUCKET_WORKERS)
        if not summary.cancelled:
            delete = self.history is History.DELETE
            found = look_back(bucket, self.sieve, self.names, summary, delete=delete)
            self._walk(found, summary, workers=BUCKET_WORKERS)

    def _walk(self, jobs: list[Job], summary: Summary, workers: int) -> None:
        if not summary.cancelled:
            self.watch.begin(len(jobs), sum(job.size for job in jobs))
            walk(jobs, summary, stop=self.stop, clock=self.clock, tick=self.watch.tick, workers=workers)


def local_workers() -> int:
    """Return how many local files are done at a time where nobody says it."""
    return min(LOCAL_WORKERS, len(os.sched_getaffinity(0)))


def _prepare_for(urls: Sequence[str]) -> None:
    if not urls:
        return
    try:
        from rtbf_jobs.erasers.objects_erase import sweep_private  # noqa: PLC0415 - needs the extra
    except ImportError:
        raise UsageRefused(NO_EXTRA) from None
    try:
        sweep_private(Path(tempfile.gettempdir()))
    except StorageFailed as error:
        raise UsageRefused(f"the folder for temporary files: {sentence_of(error)}") from None


def _open_bucket(url: str) -> "Bucket":
    from rtbf_jobs.files.bucket_targets import open_bucket  # noqa: PLC0415 - needs the extra

    return open_bucket(url)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []  # what may not be listed is told when its files are done


def _sweep(files: Iterable[Path]) -> None:
    """Delete what killed runs left beside the files: it holds all of the old data."""
    listed: dict[Path, bool] = {}
    for file in files:
        folder = file.parent
        if folder not in listed:
            listed[folder] = any(TEMPORARY.fullmatch(each.name) for each in _entries(folder))
        if listed[folder]:
            sweep_temporary(file)
