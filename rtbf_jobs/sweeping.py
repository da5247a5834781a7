"""Opens what a sweep works with: an engine in a private folder, and the materialisations of Dagster's log."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

import dagster as dg

from lineage_assets.graph import LineageGraph
from rtbf_jobs.engine import engine
from rtbf_ledger.settings import Settings
from rtbf_ledger.store import Ledger
from scanners.sweep import Made, Sweeping

MOST_MADE = 1000
"""How many materialisations of an asset are read, the newest first."""


@contextlib.contextmanager
def open_sweeping(
    settings: Settings, ledger: Ledger, graph: LineageGraph, made: Callable[[str], Sequence[Made]]
) -> Iterator[Sweeping]:
    """Open what sweeps work with; the engine can read nothing but the declared roots and its own folder."""
    with engine(settings) as connection:
        yield Sweeping(ledger=ledger, graph=graph, place=settings.place, connection=connection, made=made)


def made_in(instance: dg.DagsterInstance) -> Callable[[str], Sequence[Made]]:
    """Return a reader of an asset's newest materialisations; one that no run made begins as it ends."""

    def made(asset: str) -> Sequence[Made]:
        key = dg.AssetKey.from_user_string(asset)
        began: dict[str, float | None] = {}
        found = []
        for record in instance.fetch_materializations(key, limit=MOST_MADE).records:
            run = record.run_id
            if run and run not in began:
                known = instance.get_run_record_by_id(run)
                began[run] = known.start_time if known is not None else None
            start = began.get(run) or record.timestamp
            found.append(Made(run=run or None, began=min(start, record.timestamp), ended=record.timestamp))
        return found

    return made
