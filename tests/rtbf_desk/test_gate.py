"""What opens the gate, for how long, and where it leads."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from gate_asks import HOST, NOW, ORIGIN, PAGE, SECRET, TOKEN, Behind, ask, gate_before, session_of, sign_in

from rtbf_desk.gate import DeskError
from rtbf_desk.gate_request import MOST_FORM_BYTES
from rtbf_desk.gate_sessions import LENGTH


@pytest.fixture
def behind():
    """What is protected."""
    return Behind()


@pytest.fixture
def gate(behind):
    """A gate before it."""
    return gate_before(behind)


def test_the_token_in_the_address_opens_and_leaves_it(gate, behind):
    """The cookie is for this site's requests only and out of scripts' reach; no token is in what is sent."""
    status, headers, text = ask(gate, path="/rtbf/requests", query=f"state=filed&token={TOKEN}&page=")
    assert (303, "/rtbf/requests?state=filed&page=", "") == (status, headers["location"], text)
    value, flags = headers["set-cookie"].split("; ", 1)
    assert "Path=/; Max-Age=43200; HttpOnly; SameSite=Strict" == flags
    assert re.fullmatch(r"rtbf_gate_3000=[0-9]{10}\.1\.[0-9a-f]{64}", value)
    assert TOKEN not in str(headers)
    assert [] == behind.reached
    assert (200, "behind") == ask(gate, headers=[("cookie", value)])[::2]


def test_the_login_form_opens_too(gate, behind):
    """It leads to where the person wanted to go."""
    status, page, text = ask(gate, path="/rtbf/requests", query="a=1&token=old", headers=[PAGE])
    assert (401, True) == (status, 'value="/rtbf/requests?a=1"' in text)
    assert "default-src 'none'" in page["content-security-policy"]
    status, headers, _ = sign_in(gate, TOKEN, "/rtbf/requests?a=1")
    assert (303, "/rtbf/requests?a=1") == (status, headers["location"])
    assert 200 == ask(gate, headers=[("cookie", headers["set-cookie"].partition(";")[0])])[0]


@pytest.mark.parametrize(
    "given", ["", "x", TOKEN[:-1], TOKEN + "0", TOKEN.upper(), f" {TOKEN}", "ü", "\udcff"]
)
def test_a_guessed_token_opens_nothing(gate, behind, given):
    """Neither in the address nor in the form, whatever its letters."""
    written = quote(given, errors="surrogatepass")
    expected = (401, False)
    for status, headers, _ in (
        ask(gate, query=f"token={written}"),
        ask(gate, query=f"token={written}&token={TOKEN}"),
        ask(gate, query=f"token={TOKEN}&token={written}"),
        ask(gate, "POST", "/rtbf/gate", headers=[("origin", ORIGIN)], body=f"token={written}".encode()),
    ):
        assert expected == (status, "set-cookie" in headers)
    assert [] == behind.reached


@pytest.mark.parametrize(
    ("asked", "origin", "body", "status"),
    [
        ("POST /rtbf/gate", "http://evil.com", f"token={TOKEN}", 403),
        ("POST /rtbf/gate", "null", f"token={TOKEN}", 403),
        ("POST /rtbf/gate", "", f"token={TOKEN}", 403),
        ("POST /rtbf/gate", ORIGIN, f"token={TOKEN}&token={TOKEN}", 401),
        ("POST /rtbf/gate", ORIGIN, f"token={TOKEN}&x=" + "x" * MOST_FORM_BYTES, 413),
        ("POST /", ORIGIN, f"token={TOKEN}", 401),
        ("POST /graphql", ORIGIN, f'{{"token": "{TOKEN}"}}', 401),
        ("PUT /rtbf/gate", ORIGIN, f"token={TOKEN}", 401),
    ],
)
def test_the_token_opens_from_our_own_page_only(gate, behind, asked, origin, body, status):
    """A form of another site, a token twice, one in any other body: no session comes of it."""
    got, headers, _ = ask(gate, *asked.split(), headers=[("origin", origin)], body=body.encode())
    assert (status, False, []) == (got, "set-cookie" in headers, behind.reached)


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_the_token_in_an_address_opens_for_get_only(gate, behind, method):
    """Anything else that carries it is refused."""
    status, headers, _ = ask(gate, method, query=f"token={TOKEN}", headers=[("origin", ORIGIN)])
    assert (401, False, []) == (status, "set-cookie" in headers, behind.reached)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("//evil.com/a", "/"),
        ("https://evil.com", "/"),
        ("javascript:alert(1)", "/"),
        ("/\\evil.com", "/%5Cevil.com"),
        ("///evil.com", "/evil.com"),
        ("http://[bad", "/"),
        ("evil.com", "/evil.com"),
        ("/a\r\nset-cookie: x=1", "/aset-cookie:%20x=1"),
        ("/rtbf/gate", "/"),
        ("/runs?q[]=tag:a&n=ä", "/runs?q%5B%5D=tag:a&n=%C3%A4"),
    ],
)
def test_signing_in_never_leads_elsewhere(gate, address, expected):
    """Whatever the form says, the answer is a path of this server, and one header."""
    assert expected == sign_in(gate, TOKEN, address)[1]["location"]


@pytest.mark.parametrize(
    ("path", "expected"), [("//evil.com", "/"), ("/a\\b\r\n", "/a%5Cb%0D%0A"), ("/ä", "/%C3%A4")]
)
def test_the_address_with_the_token_never_leads_elsewhere(gate, path, expected):
    """A link with the token in it neither."""
    assert expected == ask(gate, path=path, query=f"token={TOKEN}")[1]["location"]


def test_a_session_ends_after_twelve_hours(behind):
    """One second before it is open, from then on closed."""
    cookie = session_of(gate_before(behind))
    for span, status in ((LENGTH - timedelta(seconds=1), 200), (LENGTH, 401), (LENGTH * 9, 401)):
        assert status == ask(gate_before(behind, at=NOW + span), headers=[cookie])[0]


def test_a_session_is_of_one_server_only(behind):
    """Of this secret, this token and this address: after a restart, one signs in anew."""
    cookie = session_of(gate_before(behind))
    other = "localhost:3000"
    assert 401 == ask(gate_before(behind, secret=SECRET[::-1]), headers=[cookie])[0]
    assert 401 == ask(gate_before(behind, token=TOKEN[::-1]), headers=[cookie])[0]
    assert 401 == ask(gate_before(behind, hosts=(HOST, other)), headers=[cookie], host=other)[0]
    moved = ("cookie", cookie[1].replace("3000", "4000"))
    assert (
        401
        == ask(gate_before(behind, hosts=(HOST, "127.0.0.1:4000")), headers=[moved], host="127.0.0.1:4000")[0]
    )
    assert [] == behind.reached


def test_no_byte_of_a_session_may_change(gate, behind):
    """Every character is flipped, dropped and doubled: of the time and of the signature."""
    name, _, value = session_of(gate)[1].partition("=")
    for at, letter in enumerate(value):
        other = "1" if letter != "1" else "2"
        for changed in (other, "", letter * 2):
            forged = value[:at] + changed + value[at + 1 :]
            assert 401 == ask(gate, headers=[("cookie", f"{name}={forged}")])[0]
    assert [] == behind.reached


def test_a_session_is_found_among_other_cookies(gate):
    """Of other ports, of the desk's forms, in a second header; a forged one beside it is nothing."""
    name, value = session_of(gate)
    assert 200 == ask(gate, headers=[(name, f"a=1;  {value} ; b=2")])[0]
    assert 200 == ask(gate, headers=[(name, "rtbf_gate_3000=forged"), (name, value)])[0]


@pytest.mark.parametrize(
    "changes", [{"token": ""}, {"token": "short"}, {"secret": b"x" * 31}, {"hosts": ()}, {"hosts": ("",)}]
)
def test_no_gate_is_built_that_would_be_open(behind, changes):
    """An empty token would be guessed, an empty list of hosts would be none."""
    with pytest.raises(DeskError, match="gate: it needs a token of 24 characters"):
        gate_before(behind, **changes)
