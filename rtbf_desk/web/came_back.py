"""Who came back, as the pages show it: findings, and what the last sweeps looked at."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from rtbf_desk.web import words
from rtbf_desk.web.desk import Asked
from rtbf_ledger import schema
from rtbf_ledger.findings import Finding, FindingKind, FindingState
from rtbf_ledger.states import State
from rtbf_ledger.store import moment
from rtbf_ledger.sweeps import LastSweep, SweepState
from scanners.residual.beside import PATH


def rows(asked: Asked, tx: Connection, shown: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings in words."""
    today, states = asked.desk.today(), _states(tx, shown)
    return [
        {
            "id": one.id,
            "asset": one.asset,
            "href": asked.asset(one.asset),
            "owners": owners(asked, one.asset),
            "open": one.state is FindingState.OPEN,
            "tone": _TONES[one.kind] if one.state is FindingState.OPEN else "closed",
            "word": words.FINDINGS[one.kind] if one.state is FindingState.OPEN else words.GONE_AGAIN,
            "since": asked.local(moment(one.opened_at)),
            "age": words.age(asked.desk.day(moment(one.opened_at)), today),
            "rows": one.rows,
            "later": one.later,
            "files": one.files,
            "places": _places(one),
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


def _places(one: Finding) -> str:
    """Say where no declared key holds them."""
    named = ", ".join("names of files" if place == PATH else place for place in one.places)
    also = "" if one.kind is FindingKind.ELSEWHERE else "also "
    return f"{also}in {named}" if named else ""


_TONES = {
    FindingKind.RESURRECTION: "failed",
    FindingKind.ELSEWHERE: "needs_decision",
    FindingKind.CASE: "needs_decision",
}
_NEXT = {
    FindingKind.RESURRECTION: words.UNFILED_NEXT,
    FindingKind.ELSEWHERE: words.ELSEWHERE_NEXT,
    FindingKind.CASE: words.CASE_NEXT,
}


def _next(one: Finding, states: Mapping[str, State]) -> str:
    """Say what happens about a finding."""
    if one.state is not FindingState.OPEN:
        return ""
    if one.child is None:
        return _NEXT[one.kind]
    return words.STATES[states[one.child]][0]


def looked(asked: Asked, name: str, last: LastSweep | None) -> dict[str, Any]:
    """Return what is known of the sweeps of one data set; it may never have been looked at."""
    about = {"asset": name, "href": asked.asset(name), "owners": owners(asked, name)}
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


def owners(asked: Asked, asset: str) -> str:
    """Return the owners of a data set; empty where the definitions no longer have it."""
    node = asked.desk.graph.nodes.get(asset)
    return ", ".join(node.owners) if node else ""


def _states(tx: Connection, shown: Sequence[Finding]) -> Mapping[str, State]:
    """Return the states of the requests that erase again."""
    table = schema.request
    ids = sorted({one.child for one in shown if one.child})
    found = tx.execute(select(table.c.id, table.c.state).where(table.c.id.in_(ids)))
    return {row.id: State(row.state) for row in found}
