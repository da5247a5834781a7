"""What one request's page shows: facts, decisions it asks for, preview, record with evidence, timeline."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from lineage_assets.errors import GraphError
from rtbf_desk import picture, picture_plan, reading
from rtbf_desk.web import steps, words
from rtbf_desk.web.desk import Asked, Desk
from rtbf_ledger import evidence, hold_store, log, requests, schema, versions
from rtbf_ledger.states import TRANSITIONS, Attention, State
from rtbf_ledger.store import Ledger, moment
from rtbf_ledger.verdicts import WORDS, Verdict

ERASED = frozenset({"delete rows", "redact columns", "delete file"})
TAKEN = ERASED | {"rebuild", "retrain"}
"""What takes rows out, in the words of `reading.preview`."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a person may do now, and what they must say for it.

    Attributes:
        approve, retry, cancel, refuse: whether the state allows it.
        found_nowhere: kinds of identifier that a person must have checked, to approve.
        share: the largest share of a data set it would erase, in percent rounded up, where above the limit.
        share_at: the data sets above the limit.
    """

    approve: bool
    retry: bool
    cancel: bool
    refuse: bool
    found_nowhere: tuple[str, ...] = ()
    share: float | None = None
    share_at: tuple[str, ...] = ()


def row_of(ledger: Ledger, request_id: str) -> Row[Any]:
    """Return a request's row.

    Raises:
        UnknownRequestError: there is none of that id.
    """
    with ledger.read() as tx:
        return requests.get(tx, request_id)


def decision(desk: Desk, row: Row[Any], preview: list[dict[str, Any]]) -> Decision:
    """Return what may be decided about a request now."""
    state = State(row.state)
    allowed = TRANSITIONS[state]
    limit = row.accepted_share if row.accepted_share is not None else desk.settings.share_limit
    shares = {
        one["asset"]: one["rows"] / one["of_rows"]
        for one in preview
        if one["will"] in TAKEN and one["of_rows"] and one["rows"] > limit * one["of_rows"]
    }
    over = state is State.PLANNED and (bool(shares) or row.attention == Attention.OVER_LIMIT)
    nowhere = json.loads(row.nothing_found or "[]") if row.attention == Attention.NOTHING_FOUND else []
    return Decision(
        approve=state is State.PLANNED,
        retry=state in requests.RETRIABLE,
        cancel=State.CANCELLED in allowed,
        refuse=State.REFUSED in allowed,
        found_nowhere=tuple(nowhere),
        share=math.ceil(max(shares.values(), default=1.0) * 1000) / 10 if over else None,
        share_at=tuple(shares),
    )


def record(ledger: Ledger, request_id: str) -> tuple[dict[str, Any], str] | None:
    """Return the body of the newest record and when it was signed; None where there is none."""
    table = schema.certificate
    newest = select(table.c.file, table.c.issued_at).where(table.c.request_id == request_id)
    with ledger.read() as tx:
        found = tx.execute(newest.order_by(table.c.serial.desc()).limit(1)).first()
    return (json.loads(found.file)["body"], found.issued_at) if found is not None else None


def drawn(ledger: Ledger, body: Mapping[str, Any]) -> str:
    """Return the picture of a record; empty where its graph is no longer kept."""
    try:
        with ledger.read() as tx:
            graph = versions.graph_of(tx, body["graph"])
        return _unstyled(picture.picture(graph, body))
    except (GraphError, LookupError):
        return ""


def foreseen(desk: Desk, preview: list[dict[str, Any]], request_id: str) -> str:
    """Return the picture of a plan on the graph as it is now."""
    return _unstyled(picture_plan.planned(desk.graph, preview, request_id))


def _unstyled(svg: str) -> str:
    """Return a picture without its style, which the page's policy keeps in the style sheet."""
    return re.sub(r"<style>.*?</style>\n?", "", svg, flags=re.DOTALL)


def outcomes(asked: Asked, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a line for each asset of a record: how it ended, why, and the counts it rests on."""
    return [
        {
            "asset": item["asset"],
            "href": asked.asset(item["asset"]),
            "verdict": item["verdict"],
            "word": WORDS[Verdict(item["verdict"])],
            "why": " ".join(filter(None, (item["reason"], words.basis(item["basis"])))),
            "until": item["until"],
            **item["evidence"],
        }
        for item in body["assets"]
    ]


def preview(asked: Asked, request_id: str) -> list[dict[str, Any]]:
    """Return a line for each asset of the plan: what will happen, to how much, and why it is kept."""
    return [_foreseen(asked, one) for one in reading.preview(asked.desk.ledger, request_id)]


def _foreseen(asked: Asked, one: dict[str, Any]) -> dict[str, Any]:
    found = bool(one["rows"] or one["mentions"])
    word = words.WILL.get(one["will"], one["will"])
    return one | {
        "href": asked.asset(one["asset"]),
        "word": word if found or one["will"] not in ERASED else words.NOTHING_TO_TAKE,
        "why": words.code(one["why"]) if one["why"] in words.CODES else one["why"] or "",
        "searched": one["will"] != "nothing to search",
        "touched": found and one["will"] in TAKEN,
    }


def history(ledger: Ledger, request_id: str) -> tuple[list[steps.Step], list[tuple[str, str]]]:
    """Return a request's timeline, and the batches it was in: what each was for, and its id."""
    with ledger.read() as tx:
        erased_in = evidence.erase_batches_of(tx, request_id)
        searched_in = evidence.latest_prepare(tx, request_id)
        entries = [json.loads(text) for text in log.entries_of(tx, request_id, erased_in)]
    numbers = ["", *(f" {number}" for number in range(2, len(erased_in) + 1))]
    batches = [(f"the erasure{number}", one) for number, one in zip(numbers, erased_in, strict=False)]
    return steps.steps(entries), [*([("the first search", searched_in)] if searched_in else []), *batches]


def holds(ledger: Ledger, request_id: str) -> list[str]:
    """Return the open holds of a request as sentences."""
    with ledger.read() as tx:
        found = hold_store.of_request(tx, request_id)
    return [
        f"{hold.asset or 'The whole request'} is held: {words.code(str(hold.reason))}"
        f"{f', until {words.day(hold.until)}' if hold.until else ', until it is released'}."
        for hold in found
        if hold.open_on(ledger.clock().date())
    ]


def failures(row: Row[Any]) -> list[str]:
    """Return why a request stopped, as sentences."""
    return [words.sentence(item.sentence) for item in requests.failures_of(row)]


def facts(asked: Asked, row: Row[Any]) -> list[tuple[str, list[str]]]:
    """Return the times of a request that are not deadlines, each with its zone, and how many identifiers.

    Each fact is a name and its lines.
    """
    times = (
        ("Received", row.received_at),
        ("Approved", row.approved_at),
        ("Ended", row.closed_at),
        ("Identifiers destroyed", row.key_destroyed_at),
    )
    by = {"Approved": [f"by {row.approved_by}"]}
    told = [(name, [asked.local(moment(text)), *by.get(name, [])]) for name, text in times if text]
    who = reading.meant(asked.desk.ledger, row.id)
    return [*told, *([("Identifiers", who)] if who else [])]
