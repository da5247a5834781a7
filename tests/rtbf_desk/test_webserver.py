"""The real Dagster webserver with a desk in it, behind the gate, as `rtbf ui` serves it."""

import json
import re
import signal
import socket
from urllib.parse import quote

import psutil
import pytest
from ui_process import moments, start
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

VERSION = json.dumps({"query": "{ version }"}).encode()
LOCATION = 'repositoryLocationName: "project.py"'
MUTATION = quote(f"mutation {{ shutdownRepositoryLocation({LOCATION}) {{ __typename }} }}")
HANDSHAKE = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
]
PATHS = [
    "/",
    "/graphql",
    "/graphql/",
    "/graphql?query=%7Bversion%7D",
    f"/graphql?query={MUTATION}",
    "/server_info",
    "/dagit_info",
    "/rtbf",
    "/rtbf/requests",
    "/favicon.png",
    "/robots.txt",
    "/manifest.json",
    "/_next/static/",
    "/vendor/graphiql/graphiql.min.css",
    "/report_asset_check/x",
    "/report_asset_materialization/x",
    "/report_asset_observation/x",
    "/notebook?repoLocName=x&path=x.ipynb",
    "/dagit/notebook",
    "/download_debug/x",
    "/logs/x",
    "/nobody/knows/this",
    "//graphql",
    "/%67raphql",
    "/..%2f..%2fetc/passwd",
    "/?token=",
    "/?token=0123456789abcdef0123456789abcdef0123456789abcdef",
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]


@pytest.fixture(scope="module")
def ui(tmp_path_factory):
    """It runs, and is stopped at the end: Ctrl-C ends both processes, with exit code 0."""
    ui = start(tmp_path_factory.mktemp("ui"))
    try:
        ui.opened()
        daemon = ui.daemon()
        yield ui
    finally:
        code = ui.stop(signal.SIGINT) if ui.process.poll() is None else ui.process.returncode
    assert (0, False) == (code, daemon.is_running() and daemon.status() != psutil.STATUS_ZOMBIE)


def websocket(ui, path="/graphql", *, cookie, origin):
    """Open a websocket as a browser does."""
    sent = [("Cookie", cookie)] if cookie else []
    address = ui.base.replace("http", "ws") + path
    return connect(address, origin=origin, additional_headers=sent, subprotocols=["graphql-ws"], proxy=None)


@pytest.mark.parametrize("path", PATHS)
def test_without_a_session_every_path_and_method_is_refused(ui, path):
    """With the origin of our own page, and JSON: nothing but the login page, and no body to HEAD."""
    script = re.search(r'src="(/_next/static/[^"]+\.js)"', ui.ask("GET", "/")[2]).group(1)
    sent = [("Origin", ui.base), ("Content-Type", "application/json"), ("Accept", "text/html")]
    for method in METHODS:
        for asked in {path, script}:
            status, headers, text = ui.ask(method, asked, sent, b"" if method == "GET" else VERSION)
            assert (401, False) == (status, "set-cookie" in headers)
            assert ("HEAD" == method) == (text == "")
            assert "Sign in" in text or "HEAD" == method
            assert "x-dagster-call-counts" not in headers


@pytest.mark.parametrize("path", ["/graphql", "/", "/rtbf/requests", "/_next/static/x"])
def test_without_a_session_a_websocket_is_refused(ui, path):
    """Before it is accepted, with the right origin and with the token in its address."""
    forged = ui.cookie[:-1] + ("0" if ui.cookie[-1] != "0" else "1")
    for cookie, asked in ((None, path), (forged, path), (None, f"{path}?token={ui.token}")):
        with pytest.raises(InvalidStatus) as caught:
            websocket(ui, asked, cookie=cookie, origin=ui.base)
        assert 403 == caught.value.response.status_code


def test_with_a_session_the_dagster_ui_works(ui):
    """Its page with its own policy, its scripts, GraphQL, and what it says of itself."""
    status, headers, page = ui.ask("GET", "/locations")
    assert (200, True) == (status, "'nonce-" in headers["content-security-policy"])
    scripts = re.findall(r'src="(/_next/static/[^"]+\.js)"', page)
    assert {200} == {ui.ask("GET", script)[0] for script in scripts[:3]}
    assert (200, {"data": {"version": "1.13.27"}}) == graphql(ui, "{ version }")
    query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { location { name } } } } }"
    names = [{"location": {"name": "project.py"}}]
    assert names == graphql(ui, query)[1]["data"]["repositoriesOrError"]["nodes"]
    assert '"dagster_webserver_version":"1.13.27"' in ui.ask("GET", "/server_info")[2]


def graphql(ui, query):
    """Ask as the UI does; returns status and answer."""
    status, _, text = ui.ask("POST", "/graphql", body=json.dumps({"query": query}).encode())
    return status, json.loads(text)


def test_with_a_session_the_subscription_works(ui):
    """The UI follows runs by websocket, in the old protocol of Apollo."""
    with websocket(ui, cookie=ui.cookie, origin=ui.base) as line:
        assert "graphql-ws" == line.subprotocol
        line.send(json.dumps({"type": "connection_init"}))
        assert {"type": "connection_ack"} == json.loads(line.recv(timeout=30))
        query = 'subscription { pipelineRunLogs(runId: "none") { __typename } }'
        line.send(json.dumps({"type": "start", "id": "1", "payload": {"query": query}}))
        told = json.loads(line.recv(timeout=30))
        expected = {"pipelineRunLogs": {"__typename": "PipelineRunLogsSubscriptionFailure"}}
        assert expected == told["payload"]["data"]


def test_all_below_rtbf_is_the_desk(ui):
    """It sees its whole path and every method; its pages get a strict policy."""
    for method, path in (
        ("GET", "/rtbf"),
        ("GET", "/rtbf/"),
        ("POST", "/rtbf/requests/1"),
        ("PUT", "/rtbf/a/b"),
    ):
        status, headers, text = ui.ask(method, path, body=b"")
        assert (200, f"desk: {method} {path} below ''") == (status, text)
        assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "desk" not in ui.ask("GET", "/rtbfx")[2][:10]


def test_another_sites_page_changes_nothing(ui):
    """What a browser sends for it: the session is there, the origin is not ours."""
    json_kind, cookie = ("Content-Type", "application/json"), ("Cookie", ui.cookie)
    others = [[], [("Origin", "null")], [("Origin", "http://evil.com")], [("Origin", "http://127.0.0.1:1")]]
    for other in others:
        for path in ("/graphql", "/rtbf/new", "/report_asset_check/x"):
            assert 403 == ui.ask("POST", path, [cookie, json_kind, *other], VERSION)[0]
        with pytest.raises(InvalidStatus) as caught:
            websocket(ui, cookie=ui.cookie, origin=dict(other).get("Origin"))
        assert 403 == caught.value.response.status_code
    login = [("Origin", "http://evil.com"), ("Content-Type", "application/x-www-form-urlencoded")]
    assert 403 == ui.ask("POST", "/rtbf/gate", login, f"token={ui.token}".encode())[0]


def test_a_mutation_runs_by_a_json_post_only(ui):
    """By GET, by HEAD, by a form or by plain text it does not, whatever the override headers say."""
    cookie, ours = ("Cookie", ui.cookie), ("Origin", ui.base)
    override = ("X-HTTP-Method-Override", "POST")
    for method in ("GET", "HEAD", "OPTIONS"):
        assert 405 == ui.ask(method, f"/graphql?query={MUTATION}", [cookie, ours, override])[0]
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "text/plain; application/json",
        "application/graphql",
    ):
        sent = [cookie, ours, ("Content-Type", kind)]
        assert 415 == ui.ask("POST", f"/graphql?query={MUTATION}", sent, VERSION)[0]
    assert 200 == graphql(ui, "{ version }")[0]


def test_another_host_is_not_answered(ui):
    """A rebound name, another port, none, two: with a session too, and whatever a proxy may have said."""
    cookie, port = ("Cookie", ui.cookie), ui.host.partition(":")[2]
    for other in (
        "evil.com",
        f"evil.com:{port}",
        f"127.0.0.1.evil.com:{port}",
        f"{ui.host}:80",
        "127.0.0.1:1",
    ):
        sent = [("Host", other), cookie, ("X-Forwarded-Host", ui.host), ("Accept", "text/html")]
        status, _, text = ui.ask("GET", "/", sent, host=False)
        assert (421, "This is not an address of this server.\n") == (status, text)
        sent = [("Host", other), cookie, ("Origin", f"http://{other}"), *HANDSHAKE]
        assert 403 == ui.ask("GET", "/graphql", sent, host=False)[0]
    for hosts in ([], [("Host", ui.host)] * 2, [("Host", ui.host), ("Host", "evil.com")]):
        assert ui.ask("GET", "/", [*hosts, cookie], host=False)[0] in {400, 421}
    assert 200 == ui.ask("GET", "/", [cookie, ("X-Forwarded-Host", "evil.com")])[0]
    assert 200 == ui.ask("GET", "/", [cookie, ("X-Forwarded-Proto", "https")])[0]


def test_no_token_is_in_what_the_servers_print(ui):
    """Nor a path, nor an error's text: after a token in addresses, a broken page, a malformed request."""
    assert 303 == ui.ask("GET", f"/canary-path?token={ui.token}", [])[0]
    with pytest.raises(InvalidStatus):
        websocket(ui, f"/graphql?token={ui.token}", cookie=None, origin=ui.base)
    assert 500 == ui.ask("GET", "/rtbf/broken")[0]
    with socket.create_connection(ui.host.split(":"), timeout=30) as line:
        line.sendall(f"GET /?token={ui.token} canary HTTP/1.1\r\nno header\r\n\r\n".encode())
        assert b"HTTP/1.1 400 " in line.recv(4096)
    for _ in moments():
        printed = ui.printed("out") + ui.printed("err")
        if "ValueError (its text is withheld" in printed:
            break
    assert "ValueError (its text is withheld" in printed
    assert (1, 1) == (ui.printed("out").count(ui.token), printed.count(ui.token))
    for secret in ("canary", ui.cookie.partition(".")[2]):
        assert secret not in printed
