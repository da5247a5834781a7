"""The desk and the sensor with 10,000 requests on a real PostgreSQL; the goal of each is under a second.

Every request is filed by the real code. Some are erased and certified, and some are planned, by real Dagster
runs; the others are moved on by the ledger's own functions. What a page says is checked before its time
counts. Exit code 1 where a goal is missed: `make bench-desk`.
"""

import argparse
import json
import logging
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
from desk_site import Answer, Site, site
from erasure_project import Project
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from benchmarks.desk_requests import deployment, filled
from rtbf_ledger import schema
from rtbf_ledger.states import State
from sensors import request_filed

GOAL_SECONDS = 1.0
REPEATS = 20
CONSOLE = Console()


@dataclass(frozen=True)
class Measure:
    """What was timed: seconds of each repeat."""

    name: str
    seconds: Sequence[float]

    @property
    def missed(self) -> bool:
        """Whether the slowest repeat was over the goal."""
        return max(self.seconds) >= GOAL_SECONDS


def main() -> int:
    """Make the requests, time the pages and the tick, print the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=10_000, help="how many; at least 1000")
    count = max(parser.parse_args().requests, 1000)
    logging.disable(logging.ERROR)  # Dagster's account of every step
    with tempfile.TemporaryDirectory(prefix="rtbf-bench-") as folder, deployment(Path(folder), count) as made:
        ids = filled(made, count)
        with site(made.ledger, made.settings, made.control.graph, datetime.now(UTC)) as visitor:
            measures = list(pages(visitor, ids))
        measures += ticks(made, ids)
    show(measures, ids)
    return 1 if any(one.missed for one in measures) else 0


def pages(visitor: Site, ids: Mapping[State, list[str]]) -> Iterator[Measure]:
    """Time the pages of the desk."""
    ended = {*ids[State.CLOSED], *ids[State.CANCELLED], *ids[State.REFUSED]}
    every = {one for some in ids.values() for one in some}
    first = listed(visitor.get("/rtbf/requests?state=all"))
    further = re.search(r'href="([^"]*after=[^"]+)"', visitor.get("/rtbf/requests?state=all").text)
    check(further is not None, "the list goes on")
    after = further[1].replace("&amp;", "&").rpartition("?")[2]
    yield timed("list: all that is open", visitor, "/rtbf/requests", lambda it: within(it, every - ended))
    yield timed("list: all", visitor, "/rtbf/requests?state=all", lambda it: within(it, every))
    yield timed(
        "list: all, second page",
        visitor,
        f"/rtbf/requests?{after}",
        lambda it: within(it, every - set(first)),
    )
    for state in (State.CLOSED, State.PLANNED):
        path = f"/rtbf/requests?state={state}"
        yield timed(f"list: {state}", visitor, path, lambda it, state=state: within(it, {*ids[state]}))
    soon = "/rtbf/requests?state=open&due=7"
    pressing = due_within(visitor, 7) - ended
    yield timed("list: open, due in 7 days", visitor, soon, lambda it: within(it, pressing))
    one = f"/rtbf/requests/{ids[State.CLOSED][0]}"
    yield timed("request: erased, with its record", visitor, one, recorded)
    yield timed(
        "its certificate", visitor, f"{one}/certificate", lambda it: certified(it, ids[State.CLOSED][0])
    )
    planned = f"/rtbf/requests/{ids[State.PLANNED][0]}"
    yield timed("request: planned, with its preview", visitor, planned, previewed)


def timed(name: str, visitor: Site, path: str, right: Callable[[Answer], None]) -> Measure:
    """Time a page; each answer is checked."""
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        answer = visitor.get(path)
        seconds.append(time.perf_counter() - began)
        check(answer.status == 200, f"{name}: status {answer.status}")  # noqa: PLR2004 - HTTP's word for well
        right(answer)
    return Measure(name, seconds)


def due_within(visitor: Site, days: int) -> set[str]:
    """Return the requests whose answer is due in some days, or was."""
    last = (datetime.now(ZoneInfo(visitor.settings.zone)) + timedelta(days=days)).date().isoformat()
    with visitor.ledger.read() as tx:
        rows = tx.execute(select(schema.request.c.id, schema.request.c.due_on)).all()
    return {row.id for row in rows if row.due_on <= last}


def listed(answer: Answer) -> list[str]:
    """Return the ids of the requests that a page lists, each once."""
    return list(dict.fromkeys(re.findall(r'href="[^"]*/rtbf/requests/(rq-[0-9a-f]{24})"', answer.text)))


def within(answer: Answer, known: set[str]) -> None:
    """Check that a page of the list is full, and lists none but these."""
    found = listed(answer)
    check(len(found) == min(50, len(known)), f"{len(found)} requests listed")
    check({*found} <= known, "a request of another view is listed")


def recorded(answer: Answer) -> None:
    """Check the page of a certified request: both assets, the picture, the record to download."""
    parts = ("accounts", "orders", "<svg", "/certificate")
    check(all(part in answer.text for part in parts), "the page of a record is not whole")


def previewed(answer: Answer) -> None:
    """Check the page of a planned request: both assets, and the button that erases."""
    parts = ("accounts", "orders", "/approve")
    check(all(part in answer.text for part in parts), "the page of a plan is not whole")


def certified(answer: Answer, request_id: str) -> None:
    """Check that a record is of its request."""
    check(request_id in json.dumps(json.loads(answer.body)["body"]), "the record is of another request")


def ticks(made: Project, ids: Mapping[State, list[str]]) -> Iterator[Measure]:
    """Time the sensor: it claims what waits, asks for a run until it is there, and lets it go on."""
    waiting = len(ids[State.FILED])
    seconds, asked = ticked(made)
    check([len(asked), asked[0].job_name] == [1, "rtbf_prepare"], "no run is asked for")
    yield Measure(f"tick: {waiting} requests are claimed", [seconds])
    repeats = [ticked(made) for _ in range(REPEATS)]
    check(all(one == asked for _, one in repeats), "another run is asked for")
    yield Measure("tick: a run is asked for", [seconds for seconds, _ in repeats])
    job = made.defs.resolve_job_def("rtbf_prepare")
    made.instance.create_run_for_job(job, tags=dict(asked[0].tags))
    repeats = [ticked(made) for _ in range(REPEATS)]
    check(not any(one for _, one in repeats), "a run is asked for twice")
    yield Measure("tick: the run is under way", [seconds for seconds, _ in repeats])


def ticked(made: Project) -> tuple[float, list[dg.RunRequest]]:
    """Return how long a tick took, and what it asks for."""
    began = time.perf_counter()
    asked = list(request_filed.tick(made.control, made.instance))
    return time.perf_counter() - began, asked


def check(right: object, what: str) -> None:
    """Stop the benchmark where what is timed is not what it should be.

    Raises:
        SystemExit: it is not.
    """
    if not right:
        raise SystemExit(f"bench-desk: {what}")


def show(measures: Sequence[Measure], ids: Mapping[State, list[str]]) -> None:
    """Print what was timed."""
    counted = Counter({state: len(some) for state, some in ids.items() if some})
    title = f"{counted.total()} requests: " + ", ".join(f"{n} {state}" for state, n in counted.most_common())
    shown = Table("what", "median ms", "max ms", "of", f"under {GOAL_SECONDS:.0f} s", title=title)
    for one in measures:
        figures = (statistics.median(one.seconds), max(one.seconds))
        shown.add_row(
            one.name,
            *(f"{seconds * 1000:.0f}" for seconds in figures),
            str(len(one.seconds)),
            "NO" if one.missed else "yes",
        )
    CONSOLE.print(shown)


if __name__ == "__main__":
    sys.exit(main())
