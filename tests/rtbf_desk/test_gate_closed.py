"""The gate is closed: to other hosts, and to whatever comes without a session."""

import pytest
from gate_asks import HOST, ORIGIN, PAGE, TOKEN, Behind, ask, gate_before, session_of, told, websocket
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def behind():
    """What is protected."""
    return Behind()


@pytest.fixture
def gate(behind):
    """A gate before it."""
    return gate_before(behind)


OTHERS = [None, "", "evil.com", "evil.com:3000", "127.0.0.1", "127.0.0.1:3001", "127.0.0.1:3000:80", "ü"]
SPELT = ["0.0.0.0:3000", "[::1]:3000", "2130706433:3000", "127.1:3000", "127.0.0.1:03000", "localhost:3000"]
TRICKS = [
    "127.0.0.1.evil.com:3000",
    f"{HOST}.",
    f"{HOST}, {HOST}",
    f"{HOST} a",
    f"a@{HOST}",
    f"http://{HOST}",
]


@pytest.mark.parametrize("host", [*OTHERS, *SPELT, *TRICKS])
def test_another_host_gets_no_answer(gate, behind, host):
    """With a session and with the token too: a name that was rebound to us learns nothing."""
    assert 421 == ask(gate, headers=[session_of(gate), PAGE], host=host)[0]
    status, headers, text = ask(gate, query=f"token={TOKEN}", headers=[PAGE], host=host)
    assert (421, False, False) == (status, "set-cookie" in headers, "form" in text)
    assert [] == behind.reached


def test_a_session_for_another_host_opens_nothing_either(gate, behind):
    """One that is signed for the very name that is asked for: the list of hosts alone decides."""
    cookie = session_of(gate_before(Behind(), hosts=("evil.com",)), host="evil.com")
    sent = [cookie, ("origin", "http://evil.com")]
    assert 421 == ask(gate, headers=sent, host="evil.com")[0]
    assert 1008 == websocket(gate, headers=sent, host="evil.com")[0]["code"]
    assert [] == behind.reached


def test_a_second_host_header_is_refused_and_a_forwarded_one_ignored(gate):
    """Of two nobody knows which is meant, even of two that are equal."""
    cookie = session_of(gate)
    for more in (("host", HOST), ("Host", "evil.com"), ("HOST", "")):
        assert 421 == ask(gate, headers=[cookie, more])[0]
    forwarded = [("x-forwarded-host", HOST), ("forwarded", f"host={HOST}")]
    assert 421 == ask(gate, headers=[cookie, *forwarded], host="evil.com")[0]
    assert 200 == ask(gate, headers=[cookie, ("x-forwarded-host", "evil.com")])[0]


def test_our_host_may_be_written_in_capitals(behind):
    """Names of hosts are the same in any case."""
    assert (
        303 == ask(gate_before(behind, hosts=("Desk.test:1",)), query=f"token={TOKEN}", host="dESK.test:1")[0]
    )


NAMES = ["cookie", "origin", "authorization", "accept", "x-original-url", "x-http-method-override", "host"]
VALUES = ["rtbf_gate_3000=1795348653.00", "rtbf_gate_3000=", f"Bearer {TOKEN}", f"token={TOKEN}", "text/html"]
SENT = st.tuples(
    st.sampled_from(NAMES),
    st.text(st.characters(max_codepoint=255), max_size=40) | st.sampled_from([*VALUES, ORIGIN]),
)
METHODS = ["GET", "HEAD", "POST", "OPTIONS", "TRACE", "PATCH", "graphql"]
PATHS = ["/graphql", "/rtbf/gate", "/rtbf", "/server_info"]
ASKED = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["http", "websocket"]),
        "method": st.sampled_from(METHODS) | st.text(max_size=8),
        "path": st.sampled_from(PATHS) | st.text(max_size=30).map("/{}".format),
        "query_string": st.binary(max_size=30) | st.just(b"token=" + TOKEN[:-1].encode()),
    }
)


@given(ASKED, st.lists(SENT, max_size=4), st.binary(max_size=60), st.sampled_from([HOST, HOST, "evil.com"]))
def test_without_a_session_nothing_is_reached(asked, headers, body, host):
    """Whatever is asked however: the answer is a refusal, sets no cookie, and what is behind never knows."""
    behind = Behind()
    sent = [(name.encode(), value.encode("latin-1")) for name, value in [("host", host), *headers]]
    plain = asked["type"] == "http"
    scope = asked | {"scheme": "http" if plain else "ws", "headers": sent}
    first = {"type": "http.request", "body": body} if plain else {"type": "websocket.connect"}
    messages = told(gate_before(behind), scope, first)
    assert [] == behind.reached
    if plain:
        assert messages[0]["status"] in {401, 403, 413, 421}
        assert b"set-cookie" not in dict(messages[0]["headers"])
    else:
        assert [{"type": "websocket.close", "code": 1008, "reason": "closed"}] == messages


def test_other_kinds_of_connection_are_not_answered(gate, behind):
    """Only the server's own start and end go through."""
    assert [] == told(gate, {"type": "webtransport", "path": "/", "headers": []})
    assert [] == behind.reached
    told(gate, {"type": "lifespan"})
    assert ["lifespan"] == behind.reached
