"""`rtbf file`, `requests`, `show`, `preview`: what is asked, where it stands, and what would happen."""

import sys
from typing import Annotated

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
    """List the requests with their states and dates."""
    from rtbf_desk.reading import request_list

    with told():
        rows = request_list(ledger_of(settings_of(config)))
    print_rows(rows, "Requests", as_json=as_json)


def show(request_id: RequestId, *, as_json: Json = False, config: Config = CONFIG) -> None:
    """Show one request: its state, what failed and why, and its timeline."""
    from rtbf_desk import tables
    from rtbf_desk.reading import request_detail

    with told():
        detail = request_detail(ledger_of(settings_of(config)), request_id)
    if as_json:
        out(tables.as_json(detail))
        return
    for name in ("request", "law", "state", "waits_for", "due", "erase_by"):
        out(f"{name.replace('_', ' '):10} {detail[name] or '-'}")
    for failure in detail["failures"]:
        out(f"failed     {failure['why']}")
    timeline = [
        {"at": entry["at"], "what": entry["kind"], "asset": entry.get("asset", "")} for entry in detail["log"]
    ]
    tables.show(Console(), "Timeline", timeline)


def preview(request_id: RequestId, *, as_json: Json = False, config: Config = CONFIG) -> None:
    """Show what would happen at each asset, before anything is erased."""
    from rtbf_desk.reading import meant, request_detail
    from rtbf_desk.reading import preview as rows_of

    with told():
        ledger = ledger_of(settings_of(config))
        detail = request_detail(ledger, request_id)
        rows = rows_of(ledger, request_id)
        who = meant(ledger, request_id)
    for failure in detail["failures"]:
        print(f"rtbf: {failure['why']}", file=sys.stderr)  # noqa: T201
    if not rows:
        stop(f"request {request_id} is {detail['state']}; the Dagster daemon plans it at its next tick")
    if as_json:
        print_rows(rows, "", as_json=True)
    else:
        narrow = [{name: row[name] for name in row if name not in {"of_bytes", "why"}} for row in rows]
        print_rows(narrow, f"Preview of {request_id} ({detail['state']})", as_json=False)
        out(f"identifiers  {'; '.join(who)}")
        for row in rows:
            if row["why"]:
                out(f"{row['asset']}: {row['why']}")
    if detail["waits_for"] == "nothing_found":
        found = ", ".join(detail["nothing_found"])
        print(f"rtbf: found nowhere: {found}; approving needs --confirm-nothing-found", file=sys.stderr)  # noqa: T201
    if detail["waits_for"] == "over_limit":
        print("rtbf: above the share limit; approving needs --accept-share", file=sys.stderr)  # noqa: T201
