"""The states of a request and the only transitions there are.

    filed -> planned -> approved -> erasing <-> rebuilding
      ^         ^                    |  |
      |         +- (over the limit) -+  +-> verifying -> closed | partly_closed
      +-(the plan changed, a retry)--+

`failed` is not terminal: it keeps its vault entry until retried (to filed) or cancelled. Every terminal state
shreds the request's data key.
"""

from enum import StrEnum

from rtbf_ledger.errors import StateError


class State(StrEnum):
    """Where a request stands."""

    FILED = "filed"
    PLANNED = "planned"
    APPROVED = "approved"
    ERASING = "erasing"
    REBUILDING = "rebuilding"
    VERIFYING = "verifying"
    PARTLY_CLOSED = "partly_closed"
    CLOSED = "closed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Attention(StrEnum):
    """Why a planned request waits for more than its approval."""

    NOTHING_FOUND = "nothing_found"
    OVER_LIMIT = "over_limit"


TERMINAL = frozenset({State.CLOSED, State.REFUSED, State.CANCELLED})

TRANSITIONS: dict[State, frozenset[State]] = {
    State.FILED: frozenset({State.PLANNED, State.REFUSED, State.CANCELLED, State.FAILED}),
    State.PLANNED: frozenset({State.APPROVED, State.REFUSED, State.CANCELLED, State.FAILED}),
    State.APPROVED: frozenset({State.ERASING, State.FILED, State.CANCELLED, State.FAILED}),
    State.ERASING: frozenset({State.REBUILDING, State.VERIFYING, State.FILED, State.PLANNED, State.FAILED}),
    State.REBUILDING: frozenset({State.ERASING, State.FAILED}),
    State.VERIFYING: frozenset({State.CLOSED, State.PARTLY_CLOSED, State.FAILED}),
    State.PARTLY_CLOSED: frozenset({State.FILED, State.CANCELLED}),
    State.FAILED: frozenset({State.FILED, State.CANCELLED}),
    State.CLOSED: frozenset(),
    State.REFUSED: frozenset(),
    State.CANCELLED: frozenset(),
}


def advance(old: State, new: State) -> State:
    """Return the new state.

    Raises:
        StateError: there is no such transition; the message lists those there are.
    """
    if new not in TRANSITIONS[old]:
        allowed = ", ".join(sorted(TRANSITIONS[old])) or "none: it has ended"
        raise StateError(f"a request that is {old} cannot become {new}; it can become: {allowed}")
    return new
