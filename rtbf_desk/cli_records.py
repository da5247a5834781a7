"""`rtbf certificate`, `picture`, `verify`: the record of a request, drawn and checked."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from rtbf_desk.cli_base import CONFIG, Config, Json, RequestId, ledger_of, settings_of, told, write


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
