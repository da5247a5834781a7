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

from rtbf_desk.cli_told import Counted


@contextmanager
def showing() -> Iterator[tuple[Counted, Counted]]:
    """Show how far the files are; on standard error, which leaves standard output to the summary.

    Yields:
        What is told the files and bytes to come, and what is told those that are done.
    """
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

        def tick(files: int, size: int) -> None:
            progress.update(task, advance=size, done=progress.tasks[0].fields["done"] + files)

        yield begin, tick
