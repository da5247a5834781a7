"""How far a walk over files is, on a terminal: files, bytes, rate and time left."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from rtbf_jobs.files.command import Watch
from rtbf_jobs.files.walk import Job


@contextmanager
def watching() -> Iterator[Watch]:
    """Show how far the files are; on standard error, which leaves standard output to the summary."""
    columns = (
        TextColumn("{task.fields[done]} of {task.fields[files]} files"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("files", total=0, done=0, files=0)

        def begin(files: int, size: int) -> None:
            progress.reset(task, total=size, done=0, files=files)

        def tick(job: Job) -> None:
            progress.update(task, advance=job.size, done=progress.tasks[0].fields["done"] + 1)

        yield Watch(begin=begin, tick=tick)
