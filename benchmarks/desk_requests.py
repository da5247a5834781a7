"""What `benchmarks.desk` looks at: a deployment on PostgreSQL, and its requests in every state."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from erasure_project import Project, settings_in
from postgres import fresh_database
from rich.console import Console
from small_lakes import table, write

from rtbf_jobs.control import ATTEMPT_TAG, BATCH_TAG
from rtbf_ledger import requests
from rtbf_ledger.clocks import LAWS
from rtbf_ledger.requests import Failure, Filing
from rtbf_ledger.states import State
from rtbf_ledger.store import normalised_url

BY_RUNS = 300
"""How many requests are erased and certified by real runs, and how many more are planned by them."""
OLD_RUNS = 300
PATHS = {
    State.CLOSED: (State.PLANNED, State.APPROVED, State.ERASING, State.VERIFYING, State.CLOSED),
    State.PARTLY_CLOSED: (State.PLANNED, State.APPROVED, State.ERASING, State.VERIFYING, State.PARTLY_CLOSED),
    State.PLANNED: (State.PLANNED,),
}
MIX = (
    *[State.CLOSED] * 12,
    *[State.PLANNED] * 3,
    *[State.CANCELLED, State.REFUSED, State.FAILED, State.PARTLY_CLOSED, State.FILED],
)
"""The states of every twenty requests that no run works on."""
CONSOLE = Console()


@contextmanager
def deployment(folder: Path, people: int) -> Iterator[Project]:
    """A deployment whose ledger and whose Dagster are on PostgreSQL; two tables about everybody."""
    with fresh_database() as ledger_url, fresh_database() as dagster_url:
        (folder / "home").mkdir()
        (folder / "home" / "dagster.yaml").write_text(
            f"storage: {{postgres: {{postgres_url: '{normalised_url(dagster_url)}'}}}}\n"
            "telemetry: {enabled: false}\nnux: {enabled: false}\n"
        )
        accounts = table("accounts", {"id": "account"})
        orders = table("orders", {"account": "account"}, deps=[accounts])
        settings = settings_in(folder, ledger_url=ledger_url, zone="Europe/Berlin", lease_minutes=600.0)
        with dg.DagsterInstance.from_config(str(folder / "home")) as instance:
            theirs = dg.Definitions(assets=[accounts, orders])
            made = Project(settings=settings, theirs=theirs, instance=instance)
            write(made.lake, "accounts", {"id": list(range(people))})
            write(made.lake, "orders", {"account": [*range(people)] * 3, "amount": [*range(people * 3)]})
            yield made
            made.ledger.engine.dispose()


def filled(made: Project, count: int) -> dict[State, list[str]]:
    """File the requests and bring each where it is to be; returns state -> ids."""
    ids: dict[State, list[str]] = {state: [] for state in State}
    by_runs = min(BY_RUNS, count // 20)
    filed = told("filed", lambda: [file_one(made, number) for number in range(by_runs)])
    told("prepared by a run", made.settle)
    made.approve(*filed)
    told("erased and certified by a run", made.settle)
    ids[State.CLOSED] += filed
    filed = told("filed", lambda: [file_one(made, number) for number in range(by_runs, 2 * by_runs)])
    told("prepared by a run", made.settle)
    ids[State.PLANNED] += filed
    filed = told("filed", lambda: file_many(made, range(2 * by_runs, count)))
    for number, request_id in enumerate(filed):
        ids[MIX[number % len(MIX)]].append(request_id)
    told(
        "moved on by the ledger",
        lambda: [move_on(made, one, MIX[n % len(MIX)]) for n, one in enumerate(filed)],
    )
    told("old runs in Dagster", lambda: [old_run(made, number) for number in range(OLD_RUNS)])
    return ids


def told(what: str, work: Callable[[], Any]) -> Any:
    """Do something, and say how long it took."""
    began = time.perf_counter()
    made = work()
    many = f"{len(made)} " if isinstance(made, list) else ""
    CONSOLE.print(f"{many}{what}: {time.perf_counter() - began:.0f} s", highlight=False)
    return made


def file_many(made: Project, numbers: Sequence[int]) -> list[str]:
    """File many requests, and say what one costs at the beginning and at the end: it should not grow."""
    ids, seconds = [], []
    for number in numbers:
        began = time.perf_counter()
        ids.append(file_one(made, number))
        seconds.append(time.perf_counter() - began)
    tenth = max(len(seconds) // 10, 1)
    first, last = (statistics.median(some) * 1000 for some in (seconds[:tenth], seconds[-tenth:]))
    CONSOLE.print(f"one filing: {first:.0f} ms among the first {tenth}, {last:.0f} ms among the last")
    return ids


def file_one(made: Project, number: int) -> str:
    """File the request of one person, received at some time of the last month."""
    filing = Filing(
        law=sorted(LAWS)[number % len(LAWS)],
        identifiers=[("account", str(number))],
        received_at=datetime.now(UTC) - timedelta(minutes=number * 97 % 43_200),
        zone="Europe/Berlin",
        country="DE",
        filed_by="bench",
    )
    return requests.file(made.ledger, filing)


def move_on(made: Project, request_id: str, state: State) -> None:
    """Bring a filed request to a state as our jobs and commands do."""
    if state in {State.CANCELLED, State.REFUSED}:
        requests.end(made.ledger, request_id, state, staff="bench")
        return
    with made.ledger.write() as tx:
        if state is State.FAILED:
            why = Failure(code="missing", asset="orders", sentence="asset orders: its folder is missing")
            requests.fail(made.ledger, tx, request_id, [why])
        for step in PATHS.get(state, ()):
            requests.move(tx, request_id, step)
    if state is State.CLOSED:
        requests.destroy(made.ledger, request_id)


def old_run(made: Project, number: int) -> None:
    """Make a run of an earlier batch, as Dagster has many."""
    tags = {BATCH_TAG: f"bt-{number:024x}", ATTEMPT_TAG: "1"}
    job = made.defs.resolve_job_def("rtbf_erase")
    made.instance.report_run_canceled(made.instance.create_run_for_job(job, tags=tags))
