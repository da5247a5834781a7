"""`/rtbf/scans`: who came back after an erasure, by data set, age and owner, and what was looked at when."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select
from starlette.responses import Response

from rtbf_desk.web import words
from rtbf_desk.web.desk import Asked
from rtbf_ledger import findings, schema, sweeps
from rtbf_ledger.findings import Finding, FindingKind, FindingState
from rtbf_ledger.states import State
from rtbf_ledger.store import moment
from rtbf_ledger.sweeps import LastSweep, SweepState
from scanners.sweep import sweepable

MOST = 200
"""Findings that one page shows."""
ENDED = "ended"
ORDERS = {"age": "the oldest first", "asset": "by data set", "owner": "by owner"}


def show(asked: Asked) -> Response:
    """Show what the sweeps found and looked at, of one owner and one data set where that is asked for."""
    owner, asset = asked.query.get("owner", ""), asked.query.get("asset", "")
    order = asked.query.get("by", "age")
    order = order if order in ORDERS else "age"
    ended = asked.query.get("state", "") == ENDED
    with asked.desk.ledger.read() as tx:
        every = findings.of_asset(tx, closed=ended)
        last = sweeps.last(tx)
        mine = [one for one in every if _asked_for(asked, one.asset, owner, asset)]
        shown = sorted(mine, key=lambda one: _place(asked, one, order))[:MOST]
        rows = _rows(asked, shown, _states(tx, shown))
    known = sorted({*sweepable(asked.desk.graph), *last})
    looked = [_looked(asked, name, last.get(name)) for name in known if _asked_for(asked, name, owner, asset)]
    return asked.page(
        "scans.html",
        rows=rows,
        more=len(mine) - len(shown),
        looked=looked,
        unlooked=sum(one["tone"] == "failed" for one in looked),
        open=sum(one.state is FindingState.OPEN for one in mine),
        words=words,
        owners=_owners(asked),
        owner=owner,
        assets=sorted({*known, *(one.asset for one in every)}),
        asset=asset,
        orders=ORDERS,
        order=order,
        ended=ended,
    )


def _owners(asked: Asked) -> list[str]:
    return sorted({owner for node in asked.desk.graph.nodes.values() for owner in node.owners})


def _of(asked: Asked, asset: str) -> Sequence[str]:
    """Return the owners of a data set; none where the definitions no longer have it."""
    node = asked.desk.graph.nodes.get(asset)
    return node.owners if node else ()


def _asked_for(asked: Asked, name: str, owner: str, asset: str) -> bool:
    return (not asset or name == asset) and (not owner or owner in _of(asked, name))


def _place(asked: Asked, one: Finding, order: str) -> tuple[Any, ...]:
    first = {"age": "", "asset": one.asset, "owner": ", ".join(_of(asked, one.asset))}[order]
    return (one.state is not FindingState.OPEN, first, one.opened_at, one.id)


def _states(tx: Connection, shown: Sequence[Finding]) -> Mapping[str, State]:
    """Return the states of the requests that erase again."""
    table = schema.request
    ids = sorted({one.child for one in shown if one.child})
    found = tx.execute(select(table.c.id, table.c.state).where(table.c.id.in_(ids)))
    return {row.id: State(row.state) for row in found}


def _rows(asked: Asked, shown: Sequence[Finding], states: Mapping[str, State]) -> list[dict[str, Any]]:
    today = asked.desk.today()
    return [
        {
            "id": one.id,
            "asset": one.asset,
            "href": asked.asset(one.asset),
            "owners": ", ".join(_of(asked, one.asset)),
            "open": one.state is FindingState.OPEN,
            "tone": _TONES[one.kind] if one.state is FindingState.OPEN else "closed",
            "word": words.FINDINGS[one.kind] if one.state is FindingState.OPEN else words.GONE_AGAIN,
            "since": asked.local(moment(one.opened_at)),
            "age": words.age(asked.desk.day(moment(one.opened_at)), today),
            "rows": one.rows,
            "files": one.files,
            "how": words.SINCE[one.since],
            "written": asked.local(moment(one.written_at)),
            "run": one.run,
            "run_at": f"{asked.dagster}/runs/{one.run}",
            "request": one.request,
            "child": one.child,
            "next": _next(one, states),
        }
        for one in shown
    ]


_TONES = {FindingKind.RESURRECTION: "failed", FindingKind.CASE: "needs_decision"}


def _next(one: Finding, states: Mapping[str, State]) -> str:
    """Say what happens about a finding."""
    if one.state is not FindingState.OPEN:
        return ""
    if one.child is None:
        return words.CASE_NEXT if one.kind is FindingKind.CASE else words.UNFILED_NEXT
    return words.STATES[states[one.child]][0]


def _looked(asked: Asked, name: str, last: LastSweep | None) -> dict[str, Any]:
    """Return what is known of the sweeps of one data set."""
    about = {"asset": name, "href": asked.asset(name), "owners": ", ".join(_of(asked, name))}
    if last is None:
        return about | _NEVER
    return about | {
        "tone": _SWEPT[last.state],
        "word": words.SWEEPS[last.state],
        "why": words.code(last.reason) if last.reason else "",
        "at": asked.local(moment(last.at)),
        "clean_at": asked.local(moment(last.clean_at)) if last.clean_at else "never",
        "files": last.files,
        "skipped": last.skipped,
        "listed": last.listed,
    }


_NEVER = dict.fromkeys(("why", "at", "clean_at"), "") | dict.fromkeys(("files", "skipped", "listed"))
_NEVER |= {"tone": "failed", "word": words.NEVER_SWEPT}
_SWEPT = {SweepState.CLEAN: "closed", SweepState.FOUND: "needs_decision", SweepState.COULD_NOT: "failed"}
