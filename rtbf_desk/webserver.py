"""Mounts the desk into the Dagster webserver.

The only module that imports Dagster's private code: there is no public way to add a page to its webserver.
That is why the extra `[ui]` pins dagster-webserver, and importing this module refuses any other version.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg

from rtbf_desk.gate_request import App, Receive, Scope, Send
from rtbf_desk.launch_guard import StoredRun, Webserver, guard
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
from dagster_graphql.schema.errors import GraphenePythonError  # noqa: E402
from dagster_graphql.schema.runs import parse_run_config_input  # noqa: E402
from dagster_shared.error import SerializableErrorInfo  # noqa: E402 - how its schema tells an error
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

    def build_graphql_schema(self) -> Any:
        """Return the stock schema with the guard at its mutations."""
        schema = super().build_graphql_schema()
        guard(schema.graphql_schema, Webserver(read=_read, stored_run=_stored_run, error=_error))
        return schema

    def build_routes(self) -> list[BaseRoute]:
        """Return the desk's routes, before the UI's, which end with one that takes every path."""
        ours = [Route("/rtbf", self._desk), Route("/rtbf/{rest:path}", self._desk)]
        theirs: list[BaseRoute] = super().build_routes()  # type: ignore[no-untyped-call]
        return [*ours, *theirs]


def _read(run_config: str | Mapping[str, object]) -> object:
    """Parse a run config, YAML or an object, as a launch does."""
    return parse_run_config_input(run_config, raise_on_error=False)


def _stored_run(context: WorkspaceRequestContext, run_id: str) -> StoredRun | None:
    """Return what is stored of an earlier run."""
    run = context.instance.get_run_by_id(run_id)
    return None if run is None else StoredRun(job=run.job_name, run_config=run.run_config, tags=run.tags)


def _error(sentence: str) -> GraphenePythonError:
    """Return an error that the UI shows with its sentence, and without a stack."""
    told = SerializableErrorInfo(message=sentence, stack=[], cls_name="LaunchRefused")
    return GraphenePythonError(told)  # type: ignore[no-untyped-call]


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
