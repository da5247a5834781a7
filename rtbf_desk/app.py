"""The desk: pages to file, approve and follow erasure requests. A plain ASGI app that keeps no session.

It stands behind a gate that knows who may come in; every change is a POST that carries a token all the same.
"""

import re
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response

from lineage_assets.graph import LineageGraph
from rtbf_desk import picture_drawing
from rtbf_desk.web import decisions, page_list, page_mismatch, page_new, page_request, page_scans
from rtbf_desk.web.desk import Asked, Desk
from rtbf_desk.web.serving import Guarded, other_errors, route
from rtbf_ledger.settings import Settings
from rtbf_ledger.store import Clock, Ledger

FORM_KEY = "desk"
"""The key of the key folder that signs the tokens of forms."""
REQUEST = "/rtbf/requests/{id}"
MISMATCH = "/rtbf/scans/{id}"


def desk_app(
    *, settings: Settings, ledger: Ledger, graph: LineageGraph, clock: Clock, dagster: str | None = None
) -> Starlette:
    """Return the pages of one deployment, all of them under `/rtbf`.

    Args:
        settings: who the controller is, and which kinds of identifier there are.
        ledger: where requests are read and written.
        graph: the declared graph as it is now: assets outside it get no link into Dagster.
        clock: the time, for deadlines and for what is in the future.
        dagster: the address of Dagster's UI, where the desk is not mounted into it.
    """
    desk = Desk(
        settings=settings,
        ledger=ledger,
        graph=graph,
        clock=clock,
        dagster=dagster,
        form_key=ledger.keys.named(FORM_KEY),
    )
    routes = [
        route(desk, "/rtbf", get=_home),
        route(desk, "/rtbf/new", get=page_new.show, post=page_new.post),
        route(desk, "/rtbf/requests", get=page_list.show),
        route(desk, "/rtbf/batches/{id}", get=page_list.batch),
        route(desk, REQUEST, get=page_request.show),
        route(desk, f"{REQUEST}/approve", post=decisions.approve),
        route(desk, f"{REQUEST}/retry", post=decisions.retry),
        route(desk, f"{REQUEST}/cancel", post=decisions.cancel),
        route(desk, f"{REQUEST}/refuse", post=decisions.refuse),
        route(desk, f"{REQUEST}/certificate", get=page_request.certificate),
        route(desk, "/rtbf/scans", get=page_scans.show),
        route(desk, MISMATCH, get=page_mismatch.show),
        route(desk, f"{MISMATCH}/accept", post=page_mismatch.accept),
        route(desk, f"{MISMATCH}/withdraw", post=page_mismatch.withdraw),
        route(desk, "/rtbf/key", get=page_request.key),
        route(desk, "/rtbf/desk.css", get=_style),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guarded)],
        exception_handlers={HTTPException: other_errors(desk)},
    )
    app.router.redirect_slashes = False
    return app


def _home(asked: Asked) -> Response:
    return asked.to("/rtbf/requests")


def _style(_asked: Asked) -> Response:
    """Return the one style sheet: ours, and the picture's, whose own the pages' policy does not admit."""
    ours = (Path(__file__).with_name("static") / "desk.css").read_text(encoding="utf-8")
    drawn = re.sub(r"(^|\})([^{}]+)\{", r"\1.picture \2{", picture_drawing.STYLE)
    return Response(f"{ours}\n{drawn}\n", media_type="text/css")
