"""`rtbf ui`: the Dagster UI with the desk in it, and the daemon beside it. `rtbf desk`: the desk alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtbf_desk.cli_base import CONFIG, Config, ledger_of, settings_of, stop, told

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from rtbf_ledger.settings import Settings

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="A number up to 65535; 0 takes a free one.")]
Exposed = Annotated[bool, typer.Option("--exposed", help="Other machines may reach it; put TLS in front.")]
Names = Annotated[list[str] | None, typer.Option("--name", help="A further name browsers know the host by.")]
BehindTls = Annotated[
    bool, typer.Option("--behind-tls", help="A proxy with TLS is in front, and passes on the Host.")
]
Workspace = Annotated[Path, typer.Option(help="The Dagster workspace file.")]


def ui(  # noqa: PLR0913 - a command has as many options as it has
    *,
    workspace: Workspace = Path("dagster_workspace.yaml"),
    host: Host = "127.0.0.1",
    port: Port = 3000,
    exposed: Exposed = False,
    name: Names = None,
    behind_tls: BehindTls = False,
    config: Config = CONFIG,
) -> None:
    """Open the Dagster UI with the desk in it, and run the daemon; the address it prints holds the token."""
    with _desk_told():
        settings = settings_of(config)
        place = {"host": host, "port": port, "exposed": exposed, "behind_tls": behind_tls}
        code = _run(settings, workspace, place | {"names": tuple(name or ())})
    raise typer.Exit(code)


def desk(  # noqa: PLR0913 - a command has as many options as it has
    *,
    dagster: Annotated[str, typer.Option(help="Where Dagster's UI is, for links: https://dagster.example.")],
    host: Host = "127.0.0.1",
    port: Port = 3000,
    exposed: Exposed = False,
    name: Names = None,
    behind_tls: BehindTls = False,
    config: Config = CONFIG,
) -> None:
    """Open the desk alone, beside a Dagster that others run; its daemon does the work.

    The address it prints holds the token.
    """
    with _desk_told():
        settings = settings_of(config)
        place = {"host": host, "port": port, "exposed": exposed, "behind_tls": behind_tls}
        _serve_alone(settings, _address(dagster), place | {"names": tuple(name or ())})


@contextmanager
def _desk_told() -> Iterator[None]:
    from rtbf_desk.gate import DeskError

    with told():
        try:
            yield
        except DeskError as error:
            stop(str(error))


def _address(dagster: str) -> str:
    """Return where links into Dagster begin."""
    from urllib.parse import urlsplit

    from rtbf_desk.gate import DeskError

    parts = urlsplit(dagster)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise DeskError("desk: --dagster is an address such as https://dagster.example")
    return dagster.rstrip("/")


def _now() -> datetime:
    return datetime.now(UTC)


def _app(settings: "Settings", dagster: str | None) -> "Starlette":
    from rtbf_desk.app import desk_app
    from rtbf_desk.loading import load_graph

    graph = load_graph(settings)
    return desk_app(settings=settings, ledger=ledger_of(settings), graph=graph, clock=_now, dagster=dagster)


def _run(settings: "Settings", workspace: Path, place: dict[str, Any]) -> int:
    from rtbf_desk.webserver_pin import refuse_installed

    refuse_installed()
    from rtbf_desk.place import Place
    from rtbf_desk.ui import run

    app = _app(settings, None)
    return run(
        settings, Place(**place), workspace, desk=app, environ=os.environ, clock=_now, randomness=os.urandom
    )


def _serve_alone(settings: "Settings", dagster: str, place: dict[str, Any]) -> None:
    from rtbf_desk.gate import DeskError

    try:
        from rtbf_desk.alone import serve
        from rtbf_desk.place import Place

        app = _app(settings, dagster)
    except ModuleNotFoundError as error:
        if error.name not in {"jinja2", "starlette", "uvicorn"}:
            raise
        raise DeskError(f"desk: {error.name} is not installed: pip install 'dagster-rtbf[ui]'") from None
    serve(settings.controller, Place(**place), desk=app, clock=_now, randomness=os.urandom)
