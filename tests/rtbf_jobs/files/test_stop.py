"""Being told to stop: at once, but not inside a commit, and told twice is told once."""

import os
import signal

import pytest

from rtbf_jobs.files.stop import Stop


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_at_once_and_a_second_time_does_not_cut_short_the_tidying_up(number):
    """The second Ctrl-C would leave temporary files with all of the old data."""
    stop = Stop()
    with stop.listening():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        with pytest.raises(KeyboardInterrupt):
            stop.check()


def test_inside_a_commit_it_waits_for_its_end():
    stop = Stop()
    with stop.listening():
        stop.hold()
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            stop.check()


def test_no_commit_begins_after_it():
    """Other threads end before their next file changes places."""
    stop = Stop()
    stop.ask()
    with pytest.raises(KeyboardInterrupt):
        stop.hold()
