"""What nobody declared, as the pages show it: mismatches, and which data sets were looked at for them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from rtbf_desk.web import words
from rtbf_desk.web.desk import Asked
from rtbf_desk.web.wanted import Wanted
from rtbf_ledger import undeclared, undeclared_scans
from rtbf_ledger.mismatches import Mismatch, MismatchState, UndeclaredKind
from rtbf_ledger.store import moment
from rtbf_ledger.sweeps import SweepState
from rtbf_ledger.undeclared_scans import LastScan

PERMILLE_OF_PERCENT = 10
_TONES = {MismatchState.OPEN: "failed", MismatchState.ACCEPTED: "planned", MismatchState.CLOSED: "closed"}


def mismatches(asked: Asked, tx: Connection, wanted: Wanted) -> list[dict[str, Any]]:
    """Return the mismatches of what was asked for, the open ones first, oldest first."""
    every = undeclared.of_target(tx, closed=wanted.ended)
    found = [one for one in every if wanted.takes(one.target, one.owners)]
    found.sort(key=lambda one: (list(MismatchState).index(one.state), one.opened_at, one.id))
    return [row(asked, one) for one in found]


def row(asked: Asked, one: Mismatch) -> dict[str, Any]:
    """Return one mismatch in words."""
    return {
        "id": one.id,
        "target": one.target,
        "href": asked.asset(one.asset) if one.asset else None,
        "what": what(one),
        "place": one.place,
        "beside": one.beside or "",
        "how_many": _how_many(one),
        "owners": ", ".join(one.owners),
        "age": words.age(asked.desk.day(moment(one.opened_at)), asked.desk.today()),
        "since": asked.local(moment(one.opened_at)),
        "state": one.state,
        "tone": _TONES[one.state],
        "word": words.MISMATCHES[one.state],
        "why": f"{words.BECAUSE[one.because]} ({one.accepted_by})" if one.because else "",
    }


def what(one: Mismatch) -> str:
    """Say what is wrong, in a few words."""
    if one.kind is UndeclaredKind.PERSONAL_COLUMN:
        return f"looks personal: {words.code(one.code)}"
    return words.code(one.code)


def _how_many(one: Mismatch) -> str:
    """Say how sure a judgement is, or how many files or values it is about."""
    sure = "" if one.permille is None else f"{one.permille / PERMILLE_OF_PERCENT:.0f} %"
    if one.kind is UndeclaredKind.ORPHAN_FILE:
        return words.counted(one.count, "file")
    if one.kind is UndeclaredKind.CONTAINMENT:
        return f"{sure} of {words.counted(one.count, 'value')}"
    return f"{sure} sure" if sure else ""


def unlooked(asked: Asked, tx: Connection, wanted: Wanted) -> Mapping[str, str]:
    """Return what could not be looked at for the undeclared: target -> why. Never looked at is told too."""
    last = undeclared_scans.last(tx)
    never = {name: words.NEVER_SWEPT for name in asked.desk.graph.nodes if name not in last}
    failed = {name: words.code(one.reason or "") for name, one in last.items() if _could_not(one)}
    return {name: why for name, why in sorted((never | failed).items()) if wanted.takes(name)}


def _could_not(one: LastScan) -> bool:
    return one.state is SweepState.COULD_NOT
