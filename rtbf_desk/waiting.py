"""What requests wait for, in words, with the time where there is one: approved ones may wait for a batch."""

from collections.abc import Callable
from datetime import datetime, timedelta

from rtbf_desk.web import words
from rtbf_ledger import batches
from rtbf_ledger.batches import Purpose
from rtbf_ledger.states import State
from rtbf_ledger.store import Ledger

TICK = "the daemon's next tick"


def next_erasure(ledger: Ledger, cadence: timedelta | None) -> datetime | None:
    """Return when approved requests are erased at the earliest; None where that is the next tick.

    Args:
        ledger: where the last batch is read.
        cadence: how often approved requests are erased; None for at once.
    """
    with ledger.read() as tx:
        at = batches.next_at(tx, Purpose.ERASE, cadence)
    return at if at is not None and at > ledger.clock() else None


def waits(ledger: Ledger, cadence: timedelta | None, zone: str) -> Callable[[str, str | None], str]:
    """Return the function from a request's state and attention to what it waits for; empty where it ended.

    `zone` is the controller's time zone, for the time of the next batch.
    """
    at = next_erasure(ledger, cadence)
    with ledger.read() as tx:
        under_way = {one.purpose for one in batches.unfinished(tx)}
    erasure = TICK if at is None else f"the batch at {words.time(at, zone)}"
    erasure = f"the batch under way, or {erasure}" if Purpose.ERASE in under_way else erasure
    search = f"the search under way, or {TICK}" if Purpose.PREPARE in under_way else TICK
    timed = {State.FILED: search, State.APPROVED: erasure}
    return lambda state, attention: timed.get(State(state)) or words.waits_for(State(state), attention)
