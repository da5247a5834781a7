"""How a page is served: the form read within bounds, the token checked, errors told, headers set on all."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lineage_assets.errors import DeclarationError
from rtbf_desk.gate_request import GATED
from rtbf_desk.web import tokens, words
from rtbf_desk.web.desk import NOT_FOUND, Asked, Desk, Handler, Refusal
from rtbf_ledger.errors import LedgerError, StateError, UnknownRequestError

MOST_BYTES, MOST_FIELDS = 65_536, 300
FORM = "application/x-www-form-urlencoded"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
CHANGED = Refusal(
    409, "Not done", "The request has changed since the page was opened; look at it again, then decide."
)
_OTHER = {
    404: NOT_FOUND,
    405: Refusal(405, "Not possible here", "This page does not take that; go back and use its buttons."),
}
_LOG = logging.getLogger("rtbf_desk")


def route(desk: Desk, path: str, *, get: Handler | None = None, post: Handler | None = None) -> Route:
    """Return the route of a page. A handler runs in a thread, since ledgers block."""
    handlers = {name: handler for name, handler in (("GET", get), ("POST", post)) if handler is not None}

    async def endpoint(request: Request) -> Response:
        asked = _asked(desk, request)
        method = "GET" if request.method == "HEAD" else request.method
        try:
            asked = _asked(desk, request, await _form(request)) if method == "POST" else asked
        except Refusal as refusal:
            return asked.refused(refusal)
        return _with_cookie(request, await run_in_threadpool(_answer, handlers[method], asked), asked)

    return Route(path, endpoint, methods=list(handlers))


def must_hold_token(asked: Asked) -> None:
    """Refuse a form that does not carry the token of its page."""
    if not asked.token_held:
        raise Refusal(
            403, "Not done", "The page was open for too long, or in another session; open it again and retry."
        )


def _asked(desk: Desk, request: Request, form: tuple[tuple[str, str], ...] = ()) -> Asked:
    cookie = request.cookies.get(tokens.COOKIE, "")
    known = tokens.ours(desk.form_key, cookie)
    given = next((value for name, value in form if name == tokens.FIELD), "")
    return Asked(
        desk=desk,
        base=request.scope.get("root_path", ""),
        path=request.path_params,
        query=dict(request.query_params),
        form=form,
        token=cookie if known else desk.token(),
        token_held=known and tokens.same(cookie, given),
        gated=GATED in request.scope,
    )


async def _form(request: Request) -> tuple[tuple[str, str], ...]:
    """Return the fields of a posted form.

    Raises:
        Refusal: it is no form, or too large, or no UTF-8.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Refusal(415, "Not done", "Only the forms of these pages can be sent here.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refusal(413, "Not done", "What was sent is too long; shorten the note and try again.")
    try:
        fields = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise Refusal(400, "Not done", "What was sent is not a form that can be read.") from None
    return tuple(fields)


def _answer(handler: Handler, asked: Asked) -> Response:
    try:
        return handler(asked)
    except Refusal as refusal:
        return asked.refused(refusal)
    except UnknownRequestError:
        return asked.refused(NOT_FOUND)
    except StateError:
        return asked.refused(CHANGED)
    except (LedgerError, DeclarationError) as error:
        return asked.refused(Refusal(409, "Not done", words.sentence(str(error))))


def _with_cookie(request: Request, response: Response, asked: Asked) -> Response:
    if request.cookies.get(tokens.COOKIE) != asked.token:
        response.set_cookie(
            tokens.COOKIE,
            asked.token,
            path=f"{asked.base}/rtbf",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
    return response


def other_errors(desk: Desk) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Return how an unknown page and a wrong method are answered."""

    async def answer(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return _asked(desk, request).refused(_OTHER.get(status, NOT_FOUND))

    return answer


class Guarded:
    """Sets the headers of every answer, and answers what nobody foresaw without a word of its text.

    An exception's text may hold what was typed, so the log gets its type and place only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            await self.app(scope, receive, send_guarded)
        except Exception as error:  # noqa: BLE001 - whatever it is, its text stays here
            place = traceback.extract_tb(error.__traceback__)[-1]
            _LOG.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
            if not started:
                sentence = "Something went wrong here. The log of the server names the place.\n"
                await PlainTextResponse(sentence, status_code=500)(scope, receive, send_guarded)
