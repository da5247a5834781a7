"""What is said of a file that cannot be erased: one sentence, without the eraser's own name for it."""

import threading

import pytest

from rtbf_jobs.erasers.errors import EraseRefused, FileChanged, Reason, StorageFailed
from rtbf_jobs.files.errors import FileRefused
from rtbf_jobs.files.stop import Stop
from rtbf_jobs.files.summary import State, Summary
from rtbf_jobs.files.walk import Done, Job, sentence_of, walk


def walked(*actions, stop=None, workers=1):
    """Walk over jobs that do these things."""
    summary, ticks = Summary(), []
    jobs = [Job(name=str(number), size=1, do=do) for number, do in enumerate(actions)]
    walk(jobs, summary, stop=stop or Stop(), clock=lambda: 0.0, tick=ticks.append, workers=workers)
    assert len(ticks) <= len(summary.results)
    return summary


def fine():
    """Erase a row."""
    return Done(state=State.ERASED, rows_erased=1)


def raising(error):
    """Return a job that fails."""

    def do():
        raise error

    return do


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            EraseRefused("file", Reason.KEY_TYPE, "file 1 (0123456789ab), key 'user': type double cannot"),
            "a key's type cannot hold identifiers of its namespace (key 'user': type double cannot)",
        ),
        (EraseRefused("file", Reason.UNREADABLE, "object: damaged"), "a file cannot be read (damaged)"),
        (EraseRefused("file", Reason.SIDECAR, "remove it"), f"{'a _metadata or _common_metadata file'} "),
        (FileChanged("file", "it changed", "run it again"), "it changed; run it again"),
        (StorageFailed("file", OSError(28, "no space", "/secret")), "the file system refused (ENOSPC); "),
        (FileRefused("line 3 is no integer"), "line 3 is no integer"),
    ],
)
def test_an_error_is_one_sentence_about_the_file(error, sentence):
    assert sentence_of(error).startswith(sentence)
    assert "\n" not in sentence_of(error)
    assert "0123456789ab" not in sentence_of(error)


@pytest.mark.parametrize("workers", [1, 4])
def test_an_error_that_should_not_be_is_told_by_type_and_place_only(workers):
    """Its own text may hold a value; the other files are done all the same."""
    summary = walked(fine, raising(KeyError("grace@example.com")), fine, workers=workers)
    (refused,) = summary.refused
    assert "KeyError at test_walk.py:" in refused.why
    assert "grace" not in str(summary.to_json())
    assert (3, 2, False) == (len(summary.results), summary.totals()["rows_erased"], summary.whole)


@pytest.mark.parametrize("workers", [1, 2])
def test_being_stopped_ends_the_walk_and_keeps_what_was_done(workers):
    stop, first = Stop(), threading.Event()

    def erasing():
        first.set()
        return fine()

    def stopping():
        assert first.wait(10)
        stop.ask()
        stop.check()

    summary = walked(erasing, stopping, *[fine] * 50, stop=stop, workers=workers)
    assert summary.cancelled
    assert State.ERASED == summary.results[0].state
    assert len(summary.results) < 52


def test_what_others_had_finished_when_we_were_stopped_is_told():
    """A file that another thread erased meanwhile is in the summary, though it comes later in the list."""
    stop, erased = Stop(), threading.Event()

    def stopping():
        assert erased.wait(10)
        stop.ask()
        stop.check()

    def erasing():
        erased.set()
        return fine()

    summary = walked(stopping, erasing, stop=stop, workers=2)
    assert (True, 1) == (summary.cancelled, summary.totals()["rows_erased"])
