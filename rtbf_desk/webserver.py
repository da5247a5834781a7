"""Mounts the desk into the Dagster webserver.

The only module that imports Dagster's private code: there is no public way to add a page to its webserver.
That is why the extra `[ui]` pins dagster-webserver, and importing this module refuses any other version.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from rtbf_desk.gate_request import App, Receive, Scope, Send
from rtbf_desk.webserver_pin import refuse_installed

refuse_installed()

from dagster._core.workspace.context import (  # noqa: E402, TID251 - what the webserver serves; not public
    IWorkspaceProcessContext,
    WorkspaceProcessContext,
    WorkspaceRequestContext,
)
from dagster._core.workspace.load_target import (  # noqa: E402, TID251 - reads the workspace file; not public
    WorkspaceFileTarget,
)
from dagster_webserver.cli import (  # noqa: E402 - only after the check above, and so the two below
    DEFAULT_DB_STATEMENT_TIMEOUT,
    DEFAULT_POOL_MAX_OVERFLOW,
    DEFAULT_POOL_RECYCLE,
)
from dagster_webserver.version import __version__  # noqa: E402
from dagster_webserver.webserver import DagsterWebserver  # noqa: E402
from starlette.routing import BaseRoute, Route  # noqa: E402

POLL_MILLISECONDS = 2000  # how often the UI asks for live data; the stock webserver's default
_STARLETTE_KEYS = {"app", "endpoint", "path_params", "router"}


class _Unchanged:
    """The desk as it is alone: it sees the whole path, and nothing that the outer routing left behind."""

    def __init__(self, desk: App) -> None:
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = {name: value for name, value in scope.items() if name not in _STARLETTE_KEYS}
        await self._desk(own, receive, send)


class _Webserver(
    DagsterWebserver[IWorkspaceProcessContext[WorkspaceRequestContext], WorkspaceRequestContext]
):
    """The stock webserver, in which `/rtbf` and all below it is the desk's."""

    def __init__(self, context: IWorkspaceProcessContext[WorkspaceRequestContext], desk: App) -> None:
        self._desk = _Unchanged(desk)
        super().__init__(context, live_data_poll_rate=POLL_MILLISECONDS)

    def build_routes(self) -> list[BaseRoute]:
        """Return the desk's routes, before the UI's, which end with one that takes every path."""
        ours = [Route("/rtbf", self._desk), Route("/rtbf/{rest:path}", self._desk)]
        theirs: list[BaseRoute] = super().build_routes()  # type: ignore[no-untyped-call]
        return [*ours, *theirs]


@contextmanager
def opened(workspace: Path, instance: dg.DagsterInstance) -> Iterator[WorkspaceProcessContext]:
    """Load the workspace as the stock webserver does: its code locations run in processes of their own."""
    instance.optimize_for_webserver(
        DEFAULT_DB_STATEMENT_TIMEOUT, DEFAULT_POOL_RECYCLE, DEFAULT_POOL_MAX_OVERFLOW
    )
    target = WorkspaceFileTarget(paths=[str(workspace)])
    with WorkspaceProcessContext(
        instance, target, version=__version__, code_server_log_level="warning"
    ) as context:
        yield context


def create_app(context: IWorkspaceProcessContext[WorkspaceRequestContext], *, desk: App) -> App:
    """Return the Dagster UI with the desk under `/rtbf`; nobody is to reach it but through the gate."""
    served: App = _Webserver(context, desk).create_asgi_app()
    return served
