"""How a session ends before its twelve hours, what ends with it, and what https in front of us changes."""

import asyncio
from datetime import timedelta

import pytest
from gate_asks import HOST, NOW, ORIGIN, PAGE, TOKEN, Behind, ask, gate_before, session_of, sign_in, websocket

from rtbf_desk.gate_sessions import LENGTH

OURS = ("origin", ORIGIN)
OUT = "/rtbf/gate/out"
CLOSED = {"type": "websocket.close", "code": 1008, "reason": "closed"}


@pytest.fixture
def behind():
    """What is protected."""
    return Behind()


@pytest.fixture
def gate(behind):
    """A gate before it."""
    return gate_before(behind)


def test_signing_out_ends_the_session_at_the_server(gate, behind):
    """Also for who has copied the cookie; other browsers stay signed in, and the token opens anew."""
    mine, other = session_of(gate), session_of(gate)
    assert mine != other
    status, headers, text = ask(gate, "POST", OUT, headers=[mine, OURS])
    assert (200, True) == (status, "You are signed out." in text)
    assert "rtbf_gate_3000=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict" == headers["set-cookie"]
    assert [] == behind.reached
    assert 401 == ask(gate, headers=[mine])[0]
    assert [CLOSED] == websocket(gate, headers=[mine, OURS])
    assert (200, 200) == (ask(gate, headers=[other])[0], ask(gate, headers=[session_of(gate)])[0])


@pytest.mark.parametrize(
    ("method", "sent", "status"),
    [
        ("POST", [], 403),
        ("POST", [("origin", "http://evil.com")], 403),
        ("POST", [OURS, ("sec-fetch-site", "cross-site")], 403),
        ("GET", [OURS], 405),
        ("HEAD", [OURS], 405),
        ("PUT", [OURS], 405),
    ],
)
def test_only_our_own_page_signs_out(gate, behind, method, sent, status):
    """Another site's page cannot, nor can an address; the session holds."""
    mine = session_of(gate)
    assert status == ask(gate, method, OUT, headers=[mine, *sent])[0]
    assert (200, ["http"]) == (ask(gate, headers=[mine])[0], behind.reached)


def test_without_a_session_there_is_nothing_to_sign_out_of(gate):
    """And signing in never leads to signing out."""
    assert 401 == ask(gate, "POST", OUT, headers=[OURS])[0]
    assert 'name="next" value="/"' in ask(gate, path=OUT, headers=[PAGE])[2]
    assert "/" == sign_in(gate, TOKEN, OUT)[1]["location"]


class Waiting:
    """A websocket behind the gate that stays open until somebody ends it."""

    def __init__(self):
        self.ended = False

    async def __call__(self, _scope, _receive, send):
        """Accept, then wait."""
        await send({"type": "websocket.accept"})
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True


async def followed(gate, sent, *, then=None):
    """Open a websocket, do something meanwhile, and return what the gate sends until it is over."""
    messages, accepted = [], asyncio.Event()

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        messages.append(message)
        accepted.set()

    headers = [(name.encode(), value.encode()) for name, value in [("host", HOST), *sent]]
    scope = {"type": "websocket", "scheme": "ws", "path": "/graphql", "headers": headers}
    running = asyncio.ensure_future(gate(scope, receive, send))
    await accepted.wait()
    if then is not None:
        await then()
    await asyncio.wait_for(running, timeout=30)
    return messages


def test_an_open_websocket_ends_with_the_twelve_hours():
    """Here half a second before they are over; what is behind is stopped."""
    behind = Waiting()
    mine = session_of(gate_before(behind))
    late = gate_before(behind, at=NOW + LENGTH - timedelta(milliseconds=500))
    assert [{"type": "websocket.accept"}, CLOSED] == asyncio.run(followed(late, [mine, OURS]))
    assert behind.ended


def test_an_open_websocket_ends_with_signing_out():
    """It would go on telling what happens otherwise."""
    behind = Waiting()
    gate = gate_before(behind)
    mine = session_of(gate)
    sent = [(name.encode(), value.encode()) for name, value in [("host", HOST), mine, OURS]]
    scope = {"type": "http", "scheme": "http", "method": "POST", "path": OUT, "headers": sent}

    async def sign_out():
        async def nothing(*_):
            return {"type": "http.request", "body": b""}

        await gate(scope, nothing, nothing)

    said = asyncio.run(followed(gate, [mine, OURS], then=sign_out))
    assert [{"type": "websocket.accept"}, CLOSED] == said
    assert behind.ended


def test_behind_tls_our_pages_are_https_ones(behind):
    """Told so, not by a header: the cookie is for https only, and an http page's request is refused."""
    gate = gate_before(behind, hosts=("desk.example",), behind_tls=True)
    secure = ("origin", "https://desk.example")
    _, headers, _ = ask(gate, query=f"token={TOKEN}", host="desk.example")
    assert headers["set-cookie"].endswith("; Secure")
    mine = ("cookie", headers["set-cookie"].partition(";")[0])
    for origin, status in ((secure, 200), (("origin", "http://desk.example"), 403)):
        assert status == ask(gate, "POST", "/rtbf/new", headers=[mine, origin], host="desk.example")[0]
    assert [] == websocket(gate, headers=[mine, secure], host="desk.example")
    forwarded = [("x-forwarded-proto", "https"), secure]
    plain = gate_before(behind, hosts=("desk.example",))
    mine = session_of(plain, "desk.example")
    assert 403 == ask(plain, "POST", "/rtbf/new", headers=[mine, *forwarded], host="desk.example")[0]
