"""`/rtbf/requests`: every request with its deadline, its state in plain words and what it waits for."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from starlette.responses import Response

from rtbf_desk.waiting import next_erasure
from rtbf_desk.web import listing, words
from rtbf_desk.web.desk import NOT_FOUND, Asked
from rtbf_ledger.clocks import LAWS
from rtbf_ledger.states import TERMINAL, State
from rtbf_ledger.store import moment

DUE = {"": "any time", "0": "today or late", "7": "7 days", "14": "14 days", "30": "30 days"}
SOON = 7


def show(asked: Asked) -> Response:
    """Show one page of the list."""
    name = asked.query.get("state", listing.OPEN)
    name = name if name in {listing.ALL, *State} else listing.OPEN
    due = asked.query.get("due", "")
    due = due if due in DUE else ""
    today = asked.desk.today()
    view = listing.View(name=name, due_by=today + timedelta(days=int(due)) if due else None)
    found = listing.page(asked.desk.ledger, view, after=asked.query.get("after", ""))
    counted = listing.counts(asked.desk.ledger)
    return asked.page(
        "list.html",
        rows=_rows(asked, found.rows),
        views=_views(counted),
        any=counted[listing.ALL] > 0,
        view=name,
        dues=DUE,
        due=due,
        here_again=urlencode({"state": name, "due": due}),
        after=found.after,
        first="after" not in asked.query,
    )


def batch(asked: Asked) -> Response:
    """Show the requests that one batch worked on: where the links in Dagster's runs lead."""
    view = listing.View(name=listing.ALL, batch=asked.path["id"])
    found = listing.page(asked.desk.ledger, view, after=asked.query.get("after", ""))
    if not found.rows:
        raise NOT_FOUND
    return asked.page(
        "batch.html",
        rows=_rows(asked, found.rows),
        batch=asked.path["id"],
        runs=asked.runs(asked.path["id"]),
        here_again="",
        after=found.after,
        first="after" not in asked.query,
    )


def _views(counted: Any) -> list[tuple[str, str, int]]:
    """Return the views to choose from: name, words, how many requests; states without any are left out."""
    states = [(str(state), words.STATES[state][0], counted.get(str(state), 0)) for state in State]
    return [
        (listing.OPEN, "Everything open", counted[listing.OPEN]),
        *(one for one in states if one[2]),
        (listing.ALL, "Everything", counted[listing.ALL]),
    ]


def _rows(asked: Asked, rows: list[Row[Any]]) -> list[dict[str, Any]]:
    desk = asked.desk
    at = next_erasure(desk.ledger, desk.settings.batch)
    return [_row(row, desk.today(), asked.local(at) if at is not None else "") for row in rows]


def _row(row: Row[Any], today: date, run_at: str) -> dict[str, Any]:
    state = State(row.state)
    return {
        "id": row.id,
        "law": LAWS[row.law].title,
        "received": words.day(moment(row.received_at).astimezone(ZoneInfo(row.zone)).date()),
        "received_time": moment(row.received_at).isoformat(),
        "received_at": words.time(moment(row.received_at), row.zone),
        "state": state,
        "word": words.STATES[state][0],
        "waits_for": words.waits_for(state, row.attention, run_at),
    } | deadlines(row, today)


def deadlines(row: Row[Any], today: date) -> dict[str, Any]:
    """Return a request's two days, what is left until them, and how pressing they are.

    An ended request has no days left.
    """
    ended = State(row.state) in TERMINAL
    out: dict[str, Any] = {}
    for name, text in (("due", row.due_on), ("erase_by", row.erase_by)):
        last = date.fromisoformat(text) if text else None
        days = (last - today).days if last and not ended else None
        out[name] = words.day(last) if last else ""
        out[f"{name}_left"] = words.days_left(last, today) if last and not ended else ""
        out[f"{name}_tone"] = "late" if days is not None and days < 0 else ""
        if days is not None and 0 <= days < SOON and name == "due":
            out[f"{name}_tone"] = "soon"
    return out
