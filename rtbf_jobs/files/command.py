"""`rtbf files erase` without its options: from what a person asked for to the summary."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rtbf_jobs.erasers import sweep_temporary
from rtbf_jobs.erasers.atomic import TEMPORARY
from rtbf_jobs.files.errors import UsageRefused
from rtbf_jobs.files.local import local_jobs
from rtbf_jobs.files.names import Names
from rtbf_jobs.files.order import Sieve
from rtbf_jobs.files.stop import Stop
from rtbf_jobs.files.summary import Summary
from rtbf_jobs.files.targets import is_url, local_targets
from rtbf_jobs.files.walk import Job, walk

NO_EXTRA = "object stores need the extra `objects`: pip install 'dagster-rtbf[objects]'"


class History(StrEnum):
    """What is done about the old versions that a versioned bucket keeps."""

    KEEP = "keep"
    DELETE = "delete"


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Who looks on: `begin` is told the files and bytes to come, `tick` each file that is done."""

    begin: Callable[[int, int], None]
    tick: Callable[[Job], None]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One command: whose rows go, and how. `clock` is monotonic, in seconds."""

    sieve: Sieve
    names: Names
    dry_run: bool
    history: History
    stop: Stop
    clock: Callable[[], float]
    watch: Watch

    def erase(self, places: Sequence[str]) -> Summary:
        """Erase the rows from all files of some paths, folders, globs and URLs.

        Raises:
            UsageRefused: nothing was looked at: a place holds no data files, or cannot be reached.
        """
        targets = {t.path: t for place in places if not is_url(place) for t in local_targets(place)}
        if not self.dry_run:
            _sweep(targets)
        jobs = list(local_jobs(targets.values(), self.sieve, self.names, self.stop, dry_run=self.dry_run))
        summary = Summary(dry_run=self.dry_run)
        urls = [place for place in places if is_url(place)]
        if urls:
            self._with_buckets(urls, jobs, summary)
        else:
            self._walk(jobs, summary)
        return summary

    def _with_buckets(self, urls: list[str], jobs: list[Job], summary: Summary) -> None:
        try:
            from rtbf_jobs.erasers.objects_erase import sweep_private  # noqa: PLC0415 - needs the extra
            from rtbf_jobs.files.buckets import bucket_jobs, look_back, open_bucket  # noqa: PLC0415 - it, too
        except ImportError:
            raise UsageRefused(NO_EXTRA) from None
        sweep_private(Path(tempfile.gettempdir()))
        buckets = [open_bucket(url) for url in urls]
        for bucket in buckets:
            jobs += bucket_jobs(bucket, self.sieve, self.names, dry_run=self.dry_run)
        self._walk(jobs, summary)
        for bucket in buckets:
            if not summary.cancelled:
                delete = self.history is History.DELETE
                found = look_back(bucket, self.sieve, self.names, summary, delete=delete)
                self._walk(found, summary)

    def _walk(self, jobs: list[Job], summary: Summary) -> None:
        self.watch.begin(len(jobs), sum(job.size for job in jobs))
        walk(jobs, summary, stop=self.stop, clock=self.clock, tick=self.watch.tick)


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _sweep(files: Iterable[Path]) -> None:
    """Delete what killed runs left beside the files: it holds all of the old data."""
    listed: dict[Path, bool] = {}
    for file in files:
        folder = file.parent
        if folder not in listed:
            listed[folder] = any(TEMPORARY.fullmatch(each.name) for each in _entries(folder))
        if listed[folder]:
            sweep_temporary(file)
