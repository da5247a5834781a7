"""`rtbf seal`: identifiers into the vault, to be filed from Dagster's launchpad by a handle."""

import json

from rtbf_desk.cli_base import (
    CONFIG,
    Config,
    IdentifiersFrom,
    Identity,
    Json,
    Note,
    Received,
    Staff,
    ledger_of,
    lines_of,
    out,
    received_at,
    settings_of,
    told,
)


def seal(  # noqa: PLR0913 - the options of the command
    *,
    identifiers_from: IdentifiersFrom,
    received: Received = None,
    identity: Identity = "",
    note: Note = "",
    by: Staff = "cli",
    as_json: Json = False,
    config: Config = CONFIG,
) -> None:
    """Seal identifiers for Dagster's launchpad: they go into the vault, unfiled, for 24 hours.

    Prints a handle and the run config around it. Open the job file_erasure_request in the Dagster UI that
    `rtbf ui` runs, paste the config into its launchpad, and launch. The handle can be filed once; unused, it
    and what it holds are destroyed after 24 hours. Never type an identifier into the launchpad.

    Example: echo "account=1234" | rtbf seal --identifiers-from -
    """
    from rtbf_desk import tables
    from rtbf_jobs.filing_config import FilingConfig, as_run_config
    from rtbf_jobs.intake import read_identifiers
    from rtbf_ledger.handles import Sealing, seal_handle
    from rtbf_ledger.store import stamp

    with told():
        settings = settings_of(config)
        sealing = Sealing(
            identifiers=read_identifiers(lines_of(identifiers_from), settings.namespaces),
            received_at=received_at(received),
            filed_by=by,
            evidence=identity,
            note=note,
        )
        made = seal_handle(ledger_of(settings), sealing)
    run_config = as_run_config(FilingConfig("gdpr", made.id))
    if as_json:
        valid_until = stamp(made.expires_at)
        out(tables.as_json({"handle": made.id, "valid_until": valid_until, "run_config": run_config}))
        return
    out(f"{made.id}  valid until {made.expires_at:%Y-%m-%d %H:%M} UTC, for one filing")
    out("The config for the launchpad of the job file_erasure_request; change the law where it is another:")
    out(json.dumps(run_config))
