"""`rtbf approve`, `retry`, `cancel`, `refuse`: what a person decides about requests."""

from typing import TYPE_CHECKING, Annotated

import typer

from rtbf_desk.cli_base import CONFIG, Config, RequestId, Staff, act

if TYPE_CHECKING:
    from rtbf_ledger.settings import Settings


def approve(
    request_ids: Annotated[list[str], typer.Argument(help="Ids of planned requests.")],
    *,
    accept_share: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="<share>",
            help="Largest share of an asset's rows it may erase, above `share_limit`: 0 to 1.",
        ),
    ] = None,
    confirm_nothing_found: Annotated[
        bool,
        typer.Option(
            "--confirm-nothing-found", help="You have checked that an identifier is really found nowhere."
        ),
    ] = False,
    by: Staff = "cli",
    config: Config = CONFIG,
) -> None:
    """Approve planned requests, all or none; the daemon then erases. Nothing is erased before."""
    from rtbf_ledger import requests

    act(
        config,
        lambda ledger: requests.approve(
            ledger, *request_ids, staff=by, share=accept_share, confirm_nothing=confirm_nothing_found
        ),
        _approved,
    )


def _approved(settings: "Settings") -> str:
    if settings.batch is None:
        return "approved; it is erased at the daemon's next tick"
    hours = settings.batch.total_seconds() / 3600
    every = f"`batch` in the settings: every {hours:g} hours"
    return f"approved; it is suppressed at the daemon's next tick, and erased with the next batch ({every})"


def retry(request_id: RequestId, *, by: Staff = "cli", config: Config = CONFIG) -> None:
    """Take a failed or partly closed request up again, with the identifiers it has; it is approved anew."""
    from rtbf_ledger import requests

    act(
        config,
        lambda ledger: requests.retry(ledger, request_id, staff=by),
        lambda _settings: (
            "taken up again; it is planned at the daemon's next tick, and then waits for approval"
        ),
    )


def cancel(request_id: RequestId, *, by: Staff = "cli", config: Config = CONFIG) -> None:
    """Cancel a request that is not being erased; its identifiers are destroyed."""
    from rtbf_ledger import requests
    from rtbf_ledger.states import State

    act(
        config,
        lambda ledger: requests.end(ledger, request_id, State.CANCELLED, staff=by),
        lambda _settings: "cancelled; its identifiers are destroyed",
    )


def refuse(request_id: RequestId, *, by: Staff = "cli", config: Config = CONFIG) -> None:
    """Refuse a request; its identifiers are destroyed."""
    from rtbf_ledger import requests
    from rtbf_ledger.states import State

    act(
        config,
        lambda ledger: requests.end(ledger, request_id, State.REFUSED, staff=by),
        lambda _settings: "refused; its identifiers are destroyed",
    )
