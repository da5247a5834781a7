"""`rtbf hold`: data that must stay for now."""

from datetime import date, datetime
from typing import Annotated

import typer

from rtbf_desk.cli_base import CONFIG, Config, RequestId, Staff, ledger_of, out, settings_of, stop, told
from rtbf_desk.cli_help import CommandLine

hold_app = CommandLine(help="Hold data that must stay for now, and release it.", no_args_is_help=True)


@hold_app.command("place")
def hold_place(
    request_id: RequestId,
    *,
    reason: Annotated[str, typer.Option(help="legal_claims, authority_order or fraud_investigation.")],
    asset: Annotated[str | None, typer.Option(help="One asset; the whole request when left out.")] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="<day>", help="Last day of the hold, such as 2026-03-31."),
    ] = None,
    by: Staff = "cli",
    config: Config = CONFIG,
) -> None:
    """Place a legal hold on a request, whole or at one asset; prints the hold's id."""
    from rtbf_ledger import hold_store
    from rtbf_ledger.holds import HoldReason

    if reason not in list(HoldReason):
        stop(f"--reason is one of: {', '.join(HoldReason)}", 2)
    last: date | None = until.date() if until else None
    with told():
        ledger = ledger_of(settings_of(config))
        out(hold_store.place(ledger, request_id, HoldReason(reason), staff=by, asset=asset, until=last))


@hold_app.command("release")
def hold_release(
    hold_id: Annotated[str, typer.Argument(help="The hold's id.")],
    *,
    by: Staff = "cli",
    config: Config = CONFIG,
) -> None:
    """Release a hold; prints the request, which `rtbf retry` then takes up again."""
    from rtbf_ledger import hold_store

    with told():
        out(hold_store.release(ledger_of(settings_of(config)), hold_id, staff=by))
