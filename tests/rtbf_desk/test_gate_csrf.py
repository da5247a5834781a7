"""The gate with a session: what another site's page makes a browser send is refused all the same."""

import pytest
from gate_asks import HOST, ORIGIN, Behind, ask, gate_before, session_of, told, websocket

from rtbf_desk.gate import DeskError

JSON = ("content-type", "application/json")
OURS = ("origin", ORIGIN)
MUTATION = "query=mutation%20%7B%20shutdown%20%7D"
FOREIGN = [
    [],
    [("origin", "null")],
    [("origin", "http://evil.com")],
    [("origin", f"http://evil.com:3000/{HOST}")],
    [("origin", "http://127.0.0.1:3001")],
    [("origin", "http://127.0.0.1")],
    [("origin", "http://localhost:3000")],
    [("origin", f"https://{HOST}")],
    [("origin", f"{ORIGIN}/")],
    [("origin", f"{ORIGIN}.evil.com")],
    [("origin", f"{ORIGIN} http://evil.com")],
    [OURS, OURS],
    [OURS, ("origin", "http://evil.com")],
    [("referer", f"{ORIGIN}/")],
    [OURS, ("sec-fetch-site", "cross-site")],
    [OURS, ("sec-fetch-site", "same-site")],
    [OURS, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
]


@pytest.fixture
def behind():
    """What is protected."""
    return Behind()


@pytest.fixture
def gate(behind):
    """A gate before it."""
    return gate_before(behind)


@pytest.fixture
def session(gate):
    """The header of a page that is signed in."""
    return session_of(gate)


@pytest.mark.parametrize("sent", FOREIGN)
@pytest.mark.parametrize("path", ["/graphql", "/rtbf/new", "/report_asset_check/x"])
def test_what_changes_something_comes_from_our_own_page(gate, behind, session, path, sent):
    """Each method but the reading ones, one that nobody knows included."""
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "post", "ANYTHING"):
        assert 403 == ask(gate, method, path, headers=[session, JSON, *sent])[0]
    assert [] == behind.reached


def test_our_own_page_may(gate, session):
    """With what a browser says of it, and without where it says nothing."""
    assert 200 == ask(gate, "POST", "/rtbf/new", headers=[session, OURS])[0]
    said = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")]
    assert 200 == ask(gate, "POST", "/graphql", headers=[session, OURS, JSON, *said])[0]


@pytest.mark.parametrize("sent", FOREIGN)
def test_a_websocket_comes_from_our_own_page(gate, behind, session, sent):
    """Browsers send cookies with any page's websocket, and read its answers."""
    expected = [{"type": "websocket.close", "code": 1008, "reason": "closed"}]
    assert expected == websocket(gate, headers=[session, *sent])
    assert expected == websocket(gate, headers=[session, OURS], host="evil.com")
    assert expected == websocket(gate, headers=[OURS, ("origin", ORIGIN)])
    assert [] == behind.reached


def test_our_own_page_may_open_a_websocket(gate, behind, session):
    """With the session and from this address; with TLS its page is an https one."""
    assert [] == websocket(gate, headers=[session, OURS])
    assert [] == websocket(gate, headers=[session, ("origin", f"https://{HOST}")], scheme="wss")
    assert ["websocket", "websocket"] == behind.reached


@pytest.mark.parametrize("path", ["/graphql", "/graphql/", "//graphql", "/graphql//"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_graphql_takes_no_get(gate, behind, session, method, path):
    """Dagster would run the mutation in the address; saying it means a POST changes nothing."""
    for sent in (
        [],
        [("x-http-method-override", "POST"), ("x-http-method", "POST"), ("x-method-override", "POST")],
    ):
        status, headers, _ = ask(gate, method, path, query=MUTATION, headers=[session, OURS, JSON, *sent])
        assert (405, "POST") == (status, headers["allow"])
    assert [] == behind.reached


@pytest.mark.parametrize(
    "kinds",
    [
        [],
        [""],
        ["text/plain"],
        ["text/plain; application/json"],
        ["application/x-www-form-urlencoded"],
        ["multipart/form-data; boundary=application/json"],
        ["application/graphql"],
        ["application/json-patch+json"],
        ["application/jsonp"],
        ["text/plain, application/json"],
        ["application/json", "text/plain"],
        ["application/json", "application/json"],
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/graphql/"])
def test_graphql_takes_json_only(gate, behind, session, kinds, path):
    """What a form of another page can send is not JSON; Dagster itself only looks for the word."""
    sent = [("content-type", kind) for kind in kinds]
    assert 415 == ask(gate, "POST", path, query=MUTATION, headers=[session, OURS, *sent])[0]
    assert [] == behind.reached


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", " application/json ;"]
)
def test_json_may_be_written_in_any_way(gate, session, kind):
    """In capitals, and with parameters."""
    assert 200 == ask(gate, "POST", "/graphql", headers=[session, OURS, ("content-type", kind)])[0]


@pytest.mark.parametrize(
    ("site", "mode", "dest", "status"),
    [
        ("cross-site", "no-cors", "script", 403),
        ("same-site", "no-cors", "image", 403),
        ("same-site", "cors", "empty", 403),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "navigate", "document", 200),
        ("same-origin", "cors", "empty", 200),
        ("none", "navigate", "document", 200),
    ],
)
def test_other_sites_may_link_and_not_embed(gate, session, site, mode, dest, status):
    """Another port of this machine is another site, and browsers send it our cookie."""
    said = [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)]
    assert status == ask(gate, path="/logs/x", headers=[session, *said])[0]


def answering(*headers):
    """Return what answers with these headers."""

    async def behind(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b""})

    return gate_before(behind)


def test_the_dagster_ui_keeps_its_policy_and_ours_is_strict():
    """The desk's pages load nothing from elsewhere; what they or the UI say themselves stays."""
    theirs = answering((b"Content-Security-Policy", b"script-src 'nonce-1'"))
    _, headers, _ = ask(theirs, headers=[session_of(theirs)])
    expected = ("script-src 'nonce-1'", "SAMEORIGIN", "nosniff")
    names = ("content-security-policy", "x-frame-options", "x-content-type-options")
    assert expected == tuple(headers[name] for name in names)
    gate = answering()
    assert "content-security-policy" not in ask(gate, headers=[session_of(gate)])[1]
    for path in ("/rtbf", "/rtbf/requests"):
        _, headers, _ = ask(gate, path=path, headers=[session_of(gate)])
        assert "default-src 'none'; " in headers["content-security-policy"]
        assert "no-store" == headers["cache-control"]


def test_our_forms_are_sent_with_their_origin():
    """With `no-referrer` a browser would send null as the origin of our own forms, which is refused."""
    gate = answering((b"referrer-policy", b"no-referrer"))
    assert "same-origin" == ask(gate, path="/rtbf/new", headers=[session_of(gate)])[1]["referrer-policy"]


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_text_of_an_error_stays_inside(kind):
    """The server prints what reaches it, and an error's text may hold what a person typed."""

    async def broken(_scope, _receive, _send):
        raise ValueError("canary@example.com")

    gate = gate_before(broken)
    asking = {"http": ask, "websocket": websocket}[kind]
    sent = [session_of(gate), OURS]
    with pytest.raises(DeskError, match=r"^ValueError \(its text is withheld, .*test_gate_csrf") as caught:
        asking(gate, headers=sent)
    assert (None, True) == (caught.value.__cause__, caught.value.__suppress_context__)
    assert "canary" not in str(caught.value)


def test_a_websocket_that_is_gone_is_not_answered(gate, behind):
    """Nothing is sent to a browser that left before it was refused."""
    scope = {"type": "websocket", "scheme": "ws", "path": "/graphql", "headers": []}
    assert [] == told(gate, scope)
    assert [] == behind.reached
