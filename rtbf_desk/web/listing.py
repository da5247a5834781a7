"""The list of requests: a view, a bound on the deadline, and a place to go on from, all decided in SQL."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from rtbf_ledger import schema
from rtbf_ledger.states import TERMINAL, State
from rtbf_ledger.store import Ledger

OPEN, ALL = "open", "all"
PAGE = 50
_ENDED = [str(state) for state in TERMINAL]


@dataclass(frozen=True, kw_only=True)
class View:
    """Which requests. `name` is "open", "all" or a state; `due_by` leaves out later ones and ended ones.

    `batch` leaves out those that were never in that batch. Open requests come by deadline, soonest first; a
    view with ended ones by receipt, newest first.
    """

    name: str = OPEN
    due_by: date | None = None
    batch: str = ""

    @property
    def by_deadline(self) -> bool:
        """Whether the requests are ordered by deadline."""
        return self.due_by is not None or self.name not in {ALL, *_ENDED}

    def where(self) -> ColumnElement[bool]:
        """Return the condition on the request table."""
        table = schema.request
        wanted: list[ColumnElement[bool]] = []
        if self.name == OPEN or self.due_by is not None:
            wanted.append(table.c.state.not_in(_ENDED))
        if self.name not in {OPEN, ALL}:
            wanted.append(table.c.state == self.name)
        if self.due_by is not None:
            wanted.append(table.c.due_on <= self.due_by.isoformat())
        if self.batch:
            member = schema.batch_request.c
            wanted.append(table.c.id.in_(select(member.request_id).where(member.batch_id == self.batch)))
        return and_(True, *wanted)  # noqa: FBT003 - SQLAlchemy's word for no condition


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some requests of a view, and the place after them; empty where they are the last."""

    rows: list[Row[Any]]
    after: str


def page(ledger: Ledger, view: View, *, after: str = "", limit: int = PAGE) -> Page:
    """Return the requests of a view after a place that another page gave."""
    table = schema.request
    key = func.coalesce(table.c.due_on, table.c.erase_by) if view.by_deadline else table.c.received_at
    found = select(table, key.label("key")).where(view.where())
    value, mark, request_id = after.rpartition("~")
    if mark and view.by_deadline:
        found = found.where(or_(key > value, and_(key == value, table.c.id > request_id)))
    elif mark:
        found = found.where(or_(key < value, and_(key == value, table.c.id > request_id)))
    order = key.asc() if view.by_deadline else key.desc()
    with ledger.read() as tx:
        rows = list(tx.execute(found.order_by(order, table.c.id).limit(limit + 1)).all())
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(rows=rows[:limit], after=f"{last.key}~{last.id}" if last is not None else "")


def counts(ledger: Ledger) -> Mapping[str, int]:
    """Return how many requests there are in each state, and in the views "open" and "all"."""
    table = schema.request
    with ledger.read() as tx:
        found = tx.execute(select(table.c.state, func.count()).group_by(table.c.state)).all()
    by_state = {str(state): int(number) for state, number in found}
    ended = sum(number for state, number in by_state.items() if State(state) in TERMINAL)
    return by_state | {OPEN: sum(by_state.values()) - ended, ALL: sum(by_state.values())}
