"""One file after the other: what can be erased is, what cannot is named, and a stop leaves none half done."""

import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path

from rtbf_jobs.erasers.errors import SENTENCES, EraseError, EraseRefused, FileChanged
from rtbf_jobs.files.errors import FileRefused
from rtbf_jobs.files.stop import Stop
from rtbf_jobs.files.summary import FileResult, State, Summary

TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of one file, without its name."""

    state: State
    rows_before: int = 0
    rows_erased: int = 0
    bytes_after: int = 0
    work: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One file to do. `name` may be printed; `sweep` removes what a stop in the middle left."""

    name: str
    size: int
    do: Callable[[], Done]
    sweep: Callable[[], object] = lambda: None


def walk(
    jobs: Sequence[Job],
    summary: Summary,
    *,
    stop: Stop,
    clock: Callable[[], float],
    tick: Callable[[Job], None],
    workers: int = 1,
) -> None:
    """Do every job, and write into the summary what became of it.

    A file that changes meanwhile is read anew, a few times. KeyboardInterrupt ends the walk: what was done is
    done, a file at hand is as it was, and a second run goes on where this one stopped.

    Args:
        jobs: the files.
        summary: takes the results, in the order of the jobs.
        stop: whether we were told to stop.
        clock: monotonic, in seconds.
        tick: is told each job that is done.
        workers: how many files at a time; with one, being told to stop ends even a long file at once.
    """
    began = clock()
    try:
        if workers == 1:
            _one_by_one(jobs, summary, stop, tick)
        else:
            _side_by_side(jobs, summary, stop, tick, workers)
        stop.check()
    except KeyboardInterrupt:
        summary.cancelled = True
    summary.seconds += clock() - began


def sentence_of(error: Exception) -> str:
    """Return an error as one sentence about a file."""
    if isinstance(error, EraseRefused):
        hint = _without_ordinal(error.hint)
        return SENTENCES[error.reason] + (f" ({hint})" if hint else "")
    if isinstance(error, EraseError):
        return str(error).removeprefix(f"asset {error.asset}: ").replace("\nhint: ", "; ")
    return str(error)


def _one_by_one(jobs: Sequence[Job], summary: Summary, stop: Stop, tick: Callable[[Job], None]) -> None:
    for job in jobs:
        try:
            result = _result(job, stop)
        except KeyboardInterrupt:
            job.sweep()
            raise
        summary.results.append(result)
        tick(job)


def _side_by_side(
    jobs: Sequence[Job], summary: Summary, stop: Stop, tick: Callable[[Job], None], workers: int
) -> None:
    with ThreadPoolExecutor(workers) as pool:
        futures = {pool.submit(_result, job, stop): job for job in jobs}
        try:
            for future in as_completed(futures):
                future.result()
                tick(futures[future])
        except KeyboardInterrupt:
            stop.ask()
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            summary.results += [one.result() for one in futures if _is_done(one)]


def _is_done(future: Future[FileResult]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _result(job: Job, stop: Stop) -> FileResult:
    blank = FileResult(name=job.name, state=State.REFUSED, bytes_before=job.size)
    why = ""
    for _ in range(TRIES):
        stop.check()
        try:
            done = job.do()
        except FileChanged as error:
            why = sentence_of(error)
        except (EraseError, FileRefused) as error:
            return replace(blank, why=sentence_of(error))
        except Exception as error:  # noqa: BLE001 - its own text may hold a value: type and place are told
            return replace(blank, why=unexpected(error))
        else:
            return replace(blank, **vars(done))
    return replace(blank, why=why)


def unexpected(error: Exception) -> str:
    """Say what nobody foresaw: an error's type and place, since its text may hold a value."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"an error that should not be: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def _without_ordinal(hint: str) -> str:
    """Drop how an eraser calls a file among many: here it has its name."""
    first, sign, rest = hint.partition(" (")
    if not sign or not first.startswith(("file ", "object")):
        return hint.removeprefix("object").lstrip(":, ")
    return rest.partition(")")[2].lstrip(":, ")
