"""Work done in a forked process with a limit on memory and on time: what it told, and how it ended."""

import json
import os
import resource
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

MEMORY, SECONDS, PATIENCE = 6 << 30, 20, 60  # bytes of address space; of processor time; of all time


@dataclass(frozen=True, kw_only=True)
class Fate:
    """How a process ended: what it told, the signal it died of ("" for none), its most memory in MB."""

    told: dict[str, Any] = field(default_factory=dict)
    died: str = ""
    said: str = ""
    megabytes: int = 0


def forked(work: Callable[[], Iterator[tuple[str, Any]]]) -> Fate:
    """Run work in a fork of this process, which must have no threads.

    Args:
        work: yields names and what is told under them, as JSON can hold it; a name with None before
            something is tried, so that the last one says at what the process died.
    """
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            _limited(work, told.fileno(), said.fileno())
        _, status, used = os.wait4(child, 0)
        lines = _content(told.fileno()).splitlines()
        died = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else ""
        died = died or (f"exit {os.waitstatus_to_exitcode(status)}" if status else "")
        pairs = [json.loads(line) for line in lines]
        return Fate(
            told=dict(pairs),
            died=f"{died} at {pairs[-1][0] if pairs else 'the start'}" if died else "",
            said=_content(said.fileno())[-3000:],
            megabytes=used.ru_maxrss >> 10,
        )


def _limited(work: Callable[[], Iterator[tuple[str, Any]]], told: int, said: int) -> None:
    """Do the work in the child, and end it there."""
    code = 70
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        signal.alarm(PATIENCE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for stream in (1, 2):
            os.dup2(said, stream)
        for name, value in work():
            os.write(told, json.dumps([name, value]).encode() + b"\n")
        code = 0
    except BaseException:
        import traceback

        os.write(said, traceback.format_exc().encode())
        raise
    finally:
        os._exit(code)


def _content(handle: int) -> str:
    return os.pread(handle, os.fstat(handle).st_size, 0).decode("utf-8", "replace")
