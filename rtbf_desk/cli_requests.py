"""`rtbf file`, `requests`, `show`, `preview`: what is asked, where it stands, and what would happen."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from rtbf_desk.cli_base import (
    CONFIG,
    Config,
    IdentifiersFrom,
    Identity,
    Json,
    Note,
    Received,
    RequestId,
    Staff,
    ledger_of,
    lines_of,
    out,
    print_rows,
    received_at,
    settings_of,
    stop,
    told,
)

if TYPE_CHECKING:
    from rtbf_ledger.states import State


def file(  # noqa: PLR0913 - the options of the command
    *,
    identifiers_from: IdentifiersFrom,
    law: Annotated[str, typer.Option(help="The law it is filed under: gdpr, uk_gdpr, ccpa.")] = "gdpr",
    received: Received = None,
    identity: Identity = "",
    note: Note = "",
    by: Staff = "cli",
    as_json: Json = False,
    config: Config = CONFIG,
) -> None:
    """File an erasure request. Identifiers go straight into the vault and nowhere else.

    Example: echo "account=1234" | rtbf file --law gdpr --identifiers-from -
    """
    from rtbf_desk import tables
    from rtbf_jobs.intake import read_identifiers
    from rtbf_ledger import requests

    with told():
        settings = settings_of(config)
        identifiers = read_identifiers(lines_of(identifiers_from), settings.namespaces)
        ledger = ledger_of(settings)
        filing = requests.Filing(
            law=law,
            identifiers=identifiers,
            received_at=received_at(received),
            zone=settings.zone,
            country=settings.country,
            filed_by=by,
            evidence=identity,
            note=note,
        )
        request_id = requests.file(ledger, filing)
    out(tables.as_json({"request": request_id}) if as_json else request_id)


def list_requests(*, as_json: Json = False, config: Config = CONFIG) -> None:
    """List the requests: where each stands, what it waits for, and until when an answer is due."""
    from rtbf_desk.reading import request_list
    from rtbf_desk.waiting import waits

    with told():
        settings = settings_of(config)
        ledger = ledger_of(settings)
        rows = request_list(ledger)
        waits_for = waits(ledger, settings.batch, settings.zone)
    if not as_json:
        rows = [
            {name: row[name] for name in ("request", "state", "due")}
            | {"waits_for": waits_for(row["state"], row["waits_for"]) or "nothing"}
            for row in rows
        ]
    print_rows(rows, "Requests", as_json=as_json)


def show(request_id: RequestId, *, as_json: Json = False, config: Config = CONFIG) -> None:
    """Show one request: its state, what failed and why, and its timeline."""
    from rtbf_desk import tables
    from rtbf_desk.reading import request_detail
    from rtbf_desk.waiting import waits
    from rtbf_desk.web import words
    from rtbf_desk.web.steps import steps

    with told():
        settings = settings_of(config)
        ledger = ledger_of(settings)
        detail = request_detail(ledger, request_id)
        waits_for = waits(ledger, settings.batch, settings.zone)
    if as_json:
        out(tables.as_json(detail))
        return
    told_of = detail | {"waits_for": waits_for(detail["state"], detail["waits_for"])}
    for name in ("request", "law", "state", "waits_for", "due", "erase_by"):
        out(f"{name.replace('_', ' '):10} {told_of[name] or '-'}")
    for failure in detail["failures"]:
        out(f"failed     {failure['why']}")
    if detail["state"] == "failed":
        out(f"           mend that, then `rtbf retry {request_id}`")
    timeline = [
        {
            "at": words.time(step.at, settings.zone),
            "what": step.sentence,
            "assets": ", ".join(step.assets),
        }
        for step in steps(detail["log"])
    ]
    tables.show(Console(), "Timeline", timeline)


def preview(request_id: RequestId, *, as_json: Json = False, config: Config = CONFIG) -> None:
    """Show what would happen at each asset, before anything is erased; afterwards, what was to happen."""
    from rtbf_desk.reading import AHEAD, meant, request_detail
    from rtbf_desk.reading import preview as rows_of
    from rtbf_ledger.readmissions import came_back_lawfully
    from rtbf_ledger.states import State

    with told():
        ledger = ledger_of(settings_of(config))
        detail = request_detail(ledger, request_id)
        rows = rows_of(ledger, request_id)
        who = meant(ledger, request_id)
        with ledger.read() as tx:
            lawful = came_back_lawfully(tx, request_id)
    for failure in detail["failures"]:
        print(f"rtbf: {failure['why']}", file=sys.stderr)  # noqa: T201
    state = State(detail["state"])
    if state is State.FILED:
        stop(f"request {request_id} is filed; the Dagster daemon plans it at its next tick")
    if not rows:
        stop(f"request {request_id} is {state}; it has no plan")
    if as_json:
        print_rows(rows, "", as_json=True)
    else:
        _print_preview(rows, request_id, state, ahead=state in AHEAD)
        if who:
            out(f"identifiers  {'; '.join(who)}")
    for sentence in _in_the_way(detail, lawful=lawful):
        print(f"rtbf: {sentence}", file=sys.stderr)  # noqa: T201


def _in_the_way(detail: dict[str, Any], *, lawful: bool) -> Iterator[str]:
    """Say what an approval needs, or why there can be none."""
    if detail["waits_for"] == "nothing_found":
        found = ", ".join(detail["nothing_found"])
        yield f"found nowhere: {found}; approving needs --confirm-nothing-found"
    if detail["waits_for"] == "over_limit":
        yield "above the share limit; approving needs --accept-share"
    if lawful and detail["state"] == "planned":
        hint = f"it cannot be approved; `rtbf cancel {detail['request']}`"
        yield f"somebody it is about was readmitted since their erasure; {hint}"


def _print_preview(rows: list[dict[str, Any]], request_id: str, state: "State", *, ahead: bool) -> None:
    """Print a plan: in the past tense once it is not ahead any more."""
    left_out = {"of_bytes", "why"}
    heading, title = ("will", "Preview") if ahead else ("was_to", "Past plan")
    named = [
        {heading if name == "will" else name: row[name] for name in row if name not in left_out}
        for row in rows
    ]
    print_rows(named, f"{title} of {request_id} ({state})", as_json=False)
    for row in rows:
        if row["why"]:
            out(f"{row['asset']}: {row['why']}")
    if str(state) in {"closed", "partly_closed"}:
        out(f"what was done: rtbf certificate {request_id} --out record.json")
