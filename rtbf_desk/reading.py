"""What the desk reads from the ledger: requests, previews, timelines, inventory. Never an identifier."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lineage_assets.graph import LineageGraph
from rtbf_jobs.plan import Action, Plan, Step
from rtbf_ledger import evidence, log, requests, schema, vault, versions
from rtbf_ledger.errors import VaultError
from rtbf_ledger.states import TERMINAL, State
from rtbf_ledger.store import Ledger, moment
from rtbf_ledger.verdicts import Strategy

AHEAD = frozenset({State.PLANNED, State.APPROVED})
"""States in which nothing of the plan has been done."""


def request_list(ledger: Ledger) -> list[dict[str, Any]]:
    """Return every request, newest first."""
    table = schema.request
    with ledger.read() as tx:
        rows = tx.execute(select(table).order_by(table.c.received_at.desc(), table.c.id)).all()
    return [
        {
            "request": row.id,
            "law": row.law,
            "received": moment(row.received_at).astimezone(ZoneInfo(row.zone)).date().isoformat(),
            "due": row.due_on,
            "erase_by": row.erase_by,
            "state": row.state,
            "waits_for": row.attention,
        }
        for row in rows
    ]


def request_detail(ledger: Ledger, request_id: str) -> dict[str, Any]:
    """Return one request: its state, what failed, and its log entries.

    Raises:
        UnknownRequestError: there is none of that id.
    """
    with ledger.read() as tx:
        row = requests.get(tx, request_id)
        erased_in = evidence.erase_batches_of(tx, request_id)
        entries = [json.loads(text) for text in log.entries_of(tx, request_id, erased_in)]
    return {
        "request": row.id,
        "law": row.law,
        "state": row.state,
        "waits_for": row.attention,
        "due": row.due_on,
        "erase_by": row.erase_by,
        "nothing_found": json.loads(row.nothing_found or "[]"),
        "failures": [{"asset": item.asset, "why": item.sentence} for item in requests.failures_of(row)],
        "log": entries,
    }


def meant(ledger: Ledger, request_id: str) -> list[str]:
    """Return, a kind of identifier each, how many were given, found through links and shared; never a value.

    It lets a person see that an e-mail address and an account that were filed together lead to two people.
    Empty before the request was identified, and after it ended: its identifiers are destroyed.
    """
    with ledger.read() as tx:
        if State(requests.get(tx, request_id).state) in TERMINAL:
            return []
        try:
            sealed = vault.unseal(ledger, tx, request_id, "expanded")
        except VaultError:
            return ["they cannot be opened any more"]
    known = sealed["identifiers"] if sealed else []
    return [_meant(name, [one for one in known if one["namespace"] == name]) for name in _names(known)]


def _names(known: list[dict[str, Any]]) -> list[str]:
    return sorted({one["namespace"] for one in known})


def _meant(name: str, known: list[dict[str, Any]]) -> str:
    given = sum(one["given"] for one in known)
    shared = sum(one["shared"] for one in known)
    parts = ((given, "given"), (len(known) - given, "found"), (shared, "of them shared with others"))
    return f"{name}: " + ", ".join(f"{number} {word}" for number, word in parts if number)


def preview(ledger: Ledger, request_id: str) -> list[dict[str, Any]]:
    """Return what will happen at each asset of a planned request, in the order it will happen.

    Raises:
        UnknownRequestError: there is none of that id, or it is not planned yet.
    """
    with ledger.read() as tx:
        row = requests.get(tx, request_id)
        if row.plan_digest is None:
            return []
        plan = Plan.from_json(versions.plan_of(tx, row.plan_digest))
        batch_id = evidence.latest_prepare(tx, request_id) or ""
        seen = evidence.of_batch(tx, batch_id)
        mine = evidence.of_request(tx, request_id, batches=[batch_id])
    out = []
    for step in plan.steps:
        found, item = mine.get(step.asset), seen.get(step.asset)
        before = (item.before if item else None) or {}
        out.append(
            {
                "asset": step.asset,
                "will": _will(step),
                "rows": found.matched if found else 0,
                "mentions": found.mentioned if found else 0,
                "undecided": found.undecided if found and step.decided is None else 0,
                "of_rows": before.get("rows"),
                "of_files": before.get("files"),
                "of_bytes": before.get("bytes"),
                "why": step.basis,
            }
        )
    return out


def _will(step: Step) -> str:
    """Return what will happen at an asset, in words."""
    if step.action is Action.KEEP:
        return "keep"
    if step.strategy in {Strategy.NO_SUBJECT_DATA, Strategy.NO_ACTION}:
        return "search only" if step.action is Action.SEARCH else "nothing to search"
    return str(step.strategy).replace("_", " ")


def inventory(graph: LineageGraph) -> list[dict[str, Any]]:
    """Return every asset with what is declared of it, in lineage order."""
    out = []
    for name in graph.order(graph.nodes):
        node = graph.nodes[name]
        declared = node.declaration
        about = "personal data" if declared is not None and declared.subject else "no personal data"
        out.append(
            {
                "asset": name,
                "holds": "undeclared" if declared is None else about,
                "keys": ", ".join(f"{path}: {key.namespace}" for path, key in declared.keys)
                if declared
                else "",
                "erasure": str(declared.erasure).replace("_", " ") if declared and declared.subject else "",
                "purposes": ", ".join(declared.purposes) if declared else "",
                "retention_days": declared.retention_days if declared else None,
                "owners": ", ".join(node.owners),
            }
        )
    return out
