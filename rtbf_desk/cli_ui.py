"""`rtbf ui`: the Dagster UI with the desk in it, and the daemon beside it."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtbf_desk.cli_base import CONFIG, Config, ledger_of, settings_of, stop, told

if TYPE_CHECKING:
    from rtbf_ledger.settings import Settings


def ui(  # noqa: PLR0913 - a command has as many options as it has
    *,
    workspace: Annotated[Path, typer.Option(help="The Dagster workspace file.")] = Path(
        "dagster_workspace.yaml"
    ),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 3000,
    exposed: Annotated[
        bool, typer.Option("--exposed", help="Other machines may reach it; put TLS in front.")
    ] = False,
    name: Annotated[list[str] | None, typer.Option(help="A further name browsers know the host by.")] = None,
    behind_tls: Annotated[
        bool, typer.Option("--behind-tls", help="A proxy with TLS is in front, and passes on the Host.")
    ] = False,
    config: Config = CONFIG,
) -> None:
    """Open the Dagster UI with the desk in it, and run the daemon; the address it prints holds the token."""
    from rtbf_desk.gate import DeskError

    with told():
        settings = settings_of(config)
        try:
            place = {"workspace": workspace, "host": host, "port": port, "exposed": exposed}
            code = _run(settings, place | {"names": tuple(name or ()), "behind_tls": behind_tls})
        except DeskError as error:
            stop(str(error))
    raise typer.Exit(code)


def _run(settings: "Settings", place: dict[str, Any]) -> int:
    from rtbf_desk.webserver_pin import refuse_installed

    refuse_installed()
    from rtbf_desk.app import desk_app
    from rtbf_desk.loading import load_graph
    from rtbf_desk.ui import Place, run

    def clock() -> datetime:
        return datetime.now(UTC)

    desk = desk_app(settings=settings, ledger=ledger_of(settings), graph=load_graph(settings), clock=clock)
    return run(settings, Place(**place), desk=desk, environ=os.environ, clock=clock, randomness=os.urandom)
