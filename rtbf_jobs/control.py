"""What a process of ours holds: settings, open ledger and declared graph; and how it looks into Dagster."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import dagster as dg

from lineage_assets.graph import LineageGraph
from rtbf_jobs.engine import engine
from rtbf_jobs.report import Report
from rtbf_jobs.work import Work
from rtbf_ledger import batches
from rtbf_ledger.batches import BatchState
from rtbf_ledger.errors import LeaseLostError
from rtbf_ledger.settings import Settings
from rtbf_ledger.store import Ledger

BATCH_TAG, ATTEMPT_TAG, WAVE_TAG = "rtbf/batch", "rtbf/attempt", "rtbf/wave"
LOCATION_TAG = "rtbf/code_location"
DESK_TAG = "rtbf/desk"
PATH_METADATA = ("path", "dagster/uri")


@dataclass(frozen=True, kw_only=True)
class Control:
    """The resource `rtbf_control`."""

    settings: Settings
    ledger: Ledger
    graph: LineageGraph

    @contextmanager
    def work(
        self,
        batch_id: str,
        attempt: int,
        *,
        report: Report,
        last_path: Callable[[str], str | None],
        started: datetime,
    ) -> Iterator[Work]:
        """Open one run's work on a batch, with an engine that is opened when it is first asked for.

        Raises:
            LeaseLostError: another attempt took over, or the batch is done.
        """
        with self.ledger.read() as tx:
            batch = batches.get(tx, batch_id)
        if batch.attempt != attempt or batch.state is BatchState.DONE:
            raise LeaseLostError(f"batch {batch_id}: attempt {attempt} is no longer the one under way")
        with ExitStack() as opened:
            yield Work(
                ledger=self.ledger,
                settings=self.settings,
                graph=self.graph,
                batch=batch,
                report=report,
                last_path=last_path,
                engine=cache(lambda: opened.enter_context(engine(self.settings))),
                started=started,
            )


def last_path_in(instance: dg.DagsterInstance) -> Callable[[str], str | None]:
    """Return a reader of where an asset's last materialisation says it wrote; None where it says nothing."""

    def last_path(asset: str) -> str | None:
        event = instance.get_latest_materialization_event(dg.AssetKey.from_user_string(asset))
        made = event.asset_materialization if event is not None else None
        for name in PATH_METADATA if made is not None else ():
            value = made.metadata.get(name) if made is not None else None
            if value is not None:
                return str(value.value).removeprefix("file://")
        return None

    return last_path
