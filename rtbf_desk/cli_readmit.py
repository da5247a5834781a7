"""`rtbf readmit`: somebody who was erased came back lawfully."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from rtbf_desk.cli_base import (
    CONFIG,
    Config,
    IdentifiersFrom,
    Staff,
    ledger_of,
    lines_of,
    out,
    settings_of,
    stop,
    told,
)


def readmit(
    *,
    identifiers_from: IdentifiersFrom,
    reason: Annotated[str, typer.Option(help="Why, as a code: new_contract, new_account, consent.")],
    begins: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
            metavar="<time>",
            help="From when their data is lawful again, in UTC, such as 2026-03-31. All of it when left out.",
        ),
    ] = None,
    by: Staff = "cli",
    config: Config = CONFIG,
) -> None:
    """Say that somebody who was erased came back lawfully: they are on the suppression list no more.

    With --from, rows about an earlier time are still found by `rtbf scan`, where an asset declares its event
    time. Give every identifier of the person. Nothing is erased and nothing restored.

    Exit 0 done, 1 none of them is on the list, 2 wrong usage.

    Example: echo "account=1234" | rtbf readmit --identifiers-from - --reason new_contract --from 2026-03-31
    """
    from rtbf_jobs.intake import read_identifiers
    from rtbf_ledger import readmissions

    if reason not in list(readmissions.Return):
        stop(f"--reason is one of: {', '.join(readmissions.Return)}", 2)
    lawful_from = begins.replace(tzinfo=UTC) if begins else None
    with told():
        settings = settings_of(config)
        identifiers = read_identifiers(lines_of(identifiers_from), settings.namespaces)
        ledger = ledger_of(settings)
        answered = [
            readmissions.readmit(ledger, namespace, value, reason=reason, staff=by, begins=lawful_from)
            for namespace, value in identifiers
        ]
    if not any(answered):
        stop("readmit: none of these identifiers is on the suppression list")
    out(f"{sum(map(bool, answered))} of {len(answered)} identifiers are readmitted")
