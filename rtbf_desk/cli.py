"""The command line `rtbf`. Every command reads one settings file; `--json` prints for machines.

Exit codes: 0 done, 1 it did not hold or could not be done (one sentence says why), 2 wrong usage.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from rtbf_desk.cli_base import (
    CONFIG,
    Config,
    Json,
    RequestId,
    Staff,
    act,
    ledger_of,
    lines_of,
    out,
    print_rows,
    settings_of,
    stop,
    told,
    write,
)
from rtbf_desk.cli_files import files_app
from rtbf_desk.cli_hold import hold_app
from rtbf_desk.cli_seal import seal
from rtbf_desk.cli_self_scan import self_scan
from rtbf_desk.cli_ui import desk, ui
from rtbf_desk.cli_usage import run_command_line

if TYPE_CHECKING:
    from rtbf_ledger.settings import Settings

app = typer.Typer(
    name="rtbf",
    help="Erase a person from everything their data flowed to, and prove it.\n\n"
    "First `rtbf inventory --check`, then `rtbf file`, `rtbf preview`, `rtbf approve`; the Dagster daemon "
    "does the work. At the end `rtbf certificate` writes the record and `rtbf verify` checks it offline.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(hold_app, name="hold")
app.add_typer(files_app, name="files")
app.command()(ui)
app.command()(desk)
app.command("self-scan")(self_scan)
app.command()(seal)


@app.command()
def inventory(
    *,
    check: Annotated[
        bool,
        typer.Option("--check", help="Exit 1 where an asset is not declared well; looks at no data."),
    ] = False,
    as_json: Json = False,
    config: Config = CONFIG,
) -> None:
    """List every asset: what it holds about whom, for what purpose, and how it is erased."""
    from rtbf_desk.loading import load_graph
    from rtbf_desk.reading import inventory as rows_of

    with told():
        graph = load_graph(settings_of(config))
        problems = graph.problems()
    rows = rows_of(graph)
    if not as_json:
        rows = [{name: row[name] for name in row if name not in {"keys", "retention_days"}} for row in rows]
    print_rows(rows, f"Inventory {graph.digest[:12]}", as_json=as_json)
    for problem in problems:
        print(f"rtbf: {problem.sentence}", file=sys.stderr)  # noqa: T201
    if check and problems:
        raise typer.Exit(1)


@app.command()
def file(  # noqa: PLR0913 - the options of the command
    *,
    identifiers_from: Annotated[
        Path, typer.Option(help="A file with one namespace=value a line; - reads standard input.")
    ],
    law: Annotated[str, typer.Option(help="The law it is filed under: gdpr, uk_gdpr, ccpa.")] = "gdpr",
    received: Annotated[
        datetime | None, typer.Option(help="When it was received, in UTC; now when left out.")
    ] = None,
    identity: Annotated[str, typer.Option(help="How identity was verified; kept sealed.")] = "",
    note: Annotated[str, typer.Option(help="A note; kept sealed.")] = "",
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
            received_at=received.replace(tzinfo=UTC) if received else datetime.now(UTC),
            zone=settings.zone,
            country=settings.country,
            filed_by=by,
            evidence=identity,
            note=note,
        )
        request_id = requests.file(ledger, filing)
    out(tables.as_json({"request": request_id}) if as_json else request_id)


@app.command("requests")
def list_requests(*, as_json: Json = False, config: Config = CONFIG) -> None:
    """List the requests with their states and dates."""
    from rtbf_desk.reading import request_list

    with told():
        rows = request_list(ledger_of(settings_of(config)))
    print_rows(rows, "Requests", as_json=as_json)


@app.command()
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


@app.command()
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


@app.command()
def approve(
    request_ids: Annotated[list[str], typer.Argument(help="Ids of planned requests.")],
    *,
    accept_share: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Largest share of an asset's rows it may erase, above `share_limit`: 0.2."
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
    return f"approved; it is erased with the next batch (`batch` in the settings: every {hours:g} hours)"


@app.command()
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


@app.command()
def cancel(request_id: RequestId, *, by: Staff = "cli", config: Config = CONFIG) -> None:
    """Cancel a request that is not being erased; its identifiers are destroyed."""
    from rtbf_ledger import requests
    from rtbf_ledger.states import State

    act(
        config,
        lambda ledger: requests.end(ledger, request_id, State.CANCELLED, staff=by),
        lambda _settings: "cancelled; its identifiers are destroyed",
    )


@app.command()
def refuse(request_id: RequestId, *, by: Staff = "cli", config: Config = CONFIG) -> None:
    """Refuse a request; its identifiers are destroyed."""
    from rtbf_ledger import requests
    from rtbf_ledger.states import State

    act(
        config,
        lambda ledger: requests.end(ledger, request_id, State.REFUSED, staff=by),
        lambda _settings: "refused; its identifiers are destroyed",
    )


@app.command()
def certificate(
    request_id: RequestId,
    *,
    out: Annotated[Path, typer.Option(help="Where to write the certificate.")],
    key_out: Annotated[Path | None, typer.Option(help="Where to write the public key, too.")] = None,
    config: Config = CONFIG,
) -> None:
    """Write a request's newest certificate, and the public key to verify it with."""
    from rtbf_ledger import certificates

    with told():
        ledger = ledger_of(settings_of(config))
        with ledger.read() as tx:
            data = certificates.newest(tx, request_id)
        write(out, data)
        if key_out is not None:
            write(key_out, certificates.verifier_key_file(ledger).read_bytes())


@app.command()
def picture(
    request_id: RequestId,
    *,
    out: Annotated[Path, typer.Option(help="Where to write the picture, an SVG file.")],
    config: Config = CONFIG,
) -> None:
    """Draw the lineage with the verdicts of a request's newest certificate."""
    import json

    from rtbf_desk.picture import picture as drawn
    from rtbf_ledger import certificates, versions

    with told():
        with ledger_of(settings_of(config)).read() as tx:
            body = json.loads(certificates.newest(tx, request_id))["body"]
            graph = versions.graph_of(tx, body["graph"])
        write(out, drawn(graph, body).encode())


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The certificate file.")],
    *,
    key: Annotated[Path | None, typer.Option(help="The controller's public key file.")] = None,
    as_json: Json = False,
) -> None:
    """Check a certificate offline, without a database. Exit 0 valid, 1 not valid, 2 no key."""
    from rtbf_desk.verify import run

    code, text = run(file, key, as_json)
    (sys.stdout if code == 0 else sys.stderr).write(text)
    raise typer.Exit(code)


def main() -> None:
    """Run the command line."""
    sys.exit(run_command_line(app))


if __name__ == "__main__":
    main()
