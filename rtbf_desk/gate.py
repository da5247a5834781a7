"""The gate in front of everything we serve: closed unless a request brings what only a signed-in page has.

Plain ASGI and nothing else: no web framework, no Dagster. What a request must pass, in this order:

1. its Host is one of ours, else 421: a name that was rebound to this address gets no answer;
2. it carries a session cookie, else 401. The token printed at start buys one: as `?token=` of any GET, or
   in the login form. A websocket is refused before it is accepted, and ends with its session;
3. it was sent by a page of ours, else 403: what changes something, and every websocket, needs an Origin equal
   to the address it was sent to; what another site embeds is not answered either;
4. at /graphql it is a POST (else 405) of application/json (else 415): Dagster itself runs mutations over GET.

Host and Origin are compared as sent; no `X-Forwarded-*` header is read: behind a proxy with TLS the gate is
told so when it is made. DeskError is what the desk raises.
"""

import hmac
import traceback
from collections.abc import Callable
from datetime import datetime

from rtbf_desk.gate_answers import ASKED, EVERYWHERE, OURS, OUT, WRONG, Answer, login_page, with_headers
from rtbf_desk.gate_request import GATED, LOGIN, SIGN_OUT, App, Ask, Receive, Scope, Send, form_of, local
from rtbf_desk.gate_sessions import LENGTH, Session, Sessions

FEWEST_TOKEN_CHARACTERS = 24
FEWEST_SECRET_BYTES = 32
POLICY_VIOLATION = 1008
CLOSED = {"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "closed"}


class DeskError(Exception):
    """The desk cannot be opened, or something in it broke; the message never holds what a person typed."""


class Gate:
    """Lets a request through to `app` or answers it. Everything not named here is refused.

    `hosts` are the Host values that are ours, such as "127.0.0.1:3000"; `secret` signs the session cookies
    and is new with every start, so a session ends with the server, after 12 hours, and by signing out.
    `behind_tls` says that browsers reach us by https, through a proxy that ends it.

    Raises:
        DeskError: a token, secret or list of hosts that would leave the gate open.
    """

    def __init__(
        self,
        app: App,
        *,
        token: str,
        hosts: frozenset[str],
        secret: bytes,
        clock: Callable[[], datetime],
        behind_tls: bool = False,
    ) -> None:
        if len(token) < FEWEST_TOKEN_CHARACTERS or len(secret) < FEWEST_SECRET_BYTES or "" in (hosts or {""}):
            raise DeskError(
                f"gate: it needs a token of {FEWEST_TOKEN_CHARACTERS} characters or more, a secret of "
                f"{FEWEST_SECRET_BYTES} bytes or more, and the hosts it answers to"
            )
        self._app = app
        self._token = token
        self._hosts = frozenset(host.lower() for host in hosts)
        self._sessions = Sessions(token=token, secret=secret, clock=clock)
        self._scheme = "https" if behind_tls else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        ask = Ask(scope, scheme=self._scheme)
        session = self._sessions.of(ask) if ask.host in self._hosts and ask.from_ours else None
        if session is not None:
            await self._follow(session, scope, receive, send)
        elif (await receive())["type"] == "websocket.connect":
            await send(CLOSED)

    async def _follow(self, session: Session, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a websocket on, and close it when its session ends."""
        with self._sessions.following(session) as limit:
            try:
                async with limit:
                    await self._pass(scope, receive, send)
            except TimeoutError:
                await send(CLOSED)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        ask = Ask(scope, scheme=self._scheme)
        session = None
        if ask.host not in self._hosts:
            answer: Answer | None = Answer(status=421, text="This is not an address of this server.\n")
        elif ask.path == LOGIN and ask.method == "POST":
            answer = await self._login(ask, receive)
        else:
            session = self._sessions.of(ask)
            answer = self._token_in_address(ask) or self._refused(ask, session)
        if answer is None and session is not None and ask.path == SIGN_OUT:
            answer = self._signed_out(ask, session)
        if answer is not None:
            await answer.send(ask.method, send)
            return
        scope[GATED], scope["scheme"] = True, ask.scheme
        ours = ask.path == "/rtbf" or ask.path.startswith("/rtbf/")
        await self._pass(scope, receive, with_headers(send, OURS if ours else EVERYWHERE))

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - any error's text may name a person
            frames = traceback.extract_tb(error.__traceback__)[-3:]
            places = ", ".join(f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
            kind = type(error).__name__
            raise DeskError(f"{kind} (its text is withheld, it may name a person) at {places}") from None

    def _token_in_address(self, ask: Ask) -> Answer | None:
        if ask.method == "GET" and len(ask.tokens) == 1 and self._is_token(ask.tokens[0]):
            return self._opened(ask, ask.here)
        return None

    async def _login(self, ask: Ask, receive: Receive) -> Answer:
        if not ask.from_ours:
            return Answer(status=403, text="Sign in on this server's own page.\n")
        form = await form_of(receive)
        if form is None:
            return Answer(status=413, text="A token is shorter.\n")
        after = local(form.get("next", "/"))
        return self._opened(ask, after) if self._is_token(form.get("token", "")) else login_page(WRONG, after)

    def _refused(self, ask: Ask, session: Session | None) -> Answer | None:
        if session is None:
            return (
                login_page(ASKED, ask.here) if ask.wants_page else Answer(status=401, text="Sign in first.\n")
            )
        if ask.method not in {"GET", "HEAD", "OPTIONS"} and not ask.from_ours:
            return Answer(status=403, text="Not sent by a page of this server.\n")
        if ask.embedded:
            return Answer(status=403, text="Not for another site's page.\n")
        return _graphql(ask) if ask.path.strip("/") == "graphql" else None

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())

    def _opened(self, ask: Ask, after: str) -> Answer:
        cookie = _cookie(ask, self._sessions.opened(ask), int(LENGTH.total_seconds()))
        return Answer(status=303, text="", headers=(("location", after), cookie))

    def _signed_out(self, ask: Ask, session: Session) -> Answer:
        if ask.method != "POST":
            return Answer(status=405, text="Sign out by the button.\n", headers=(("allow", "POST"),))
        self._sessions.end(session)
        return login_page(OUT, "/rtbf/requests", status=200, headers=(_cookie(ask, "", 0),))


def _cookie(ask: Ask, value: str, seconds: int) -> tuple[str, str]:
    secure = "; Secure" if ask.scheme == "https" else ""
    flags = f"Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    return ("set-cookie", f"{ask.cookie}={value}; {flags}")


def _graphql(ask: Ask) -> Answer | None:
    if ask.method != "POST":
        text = "GraphQL takes POST only: a GET could change something.\n"
        return Answer(status=405, text=text, headers=(("allow", "POST"),))
    kind = (ask.only(b"content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return Answer(status=415, text="GraphQL takes application/json only.\n")
    return None
