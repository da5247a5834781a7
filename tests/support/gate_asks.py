"""Requests to a gate without a server: what it answers, and whether what is behind it was reached."""

import asyncio
from datetime import UTC, datetime
from urllib.parse import urlencode

from rtbf_desk.gate import Gate

TOKEN = "0123456789abcdef" * 3
SECRET = b"signs the session cookies" * 2
HOST = "127.0.0.1:3000"
ORIGIN = f"http://{HOST}"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PAGE = ("accept", "text/html")


class Behind:
    """What the gate protects; knows whether it was reached."""

    def __init__(self):
        self.reached = []

    async def __call__(self, scope, _receive, send):
        """Answer anything."""
        self.reached.append(scope["type"])
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"behind"})


def gate_before(behind, *, at=NOW, token=TOKEN, secret=SECRET, hosts=(HOST,), **more):
    """Return a gate at a time."""
    return Gate(behind, token=token, hosts=frozenset(hosts), secret=secret, clock=lambda: at, **more)


def told(gate, scope, *incoming):
    """Return what the gate sends for a connection."""
    messages, left = [], list(incoming)

    async def receive():
        return left.pop(0) if left else {"type": "http.disconnect"}

    async def send(message):
        messages.append(message)

    asyncio.run(gate(scope, receive, send))
    return messages


def ask(gate, method="GET", path="/", *, query="", headers=(), body=b"", host=HOST):
    """Send one request; returns status, headers and text."""
    sent = [("host", host)] if host is not None else []
    scope = {
        "type": "http",
        "scheme": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in [*sent, *headers]],
    }
    start, end = told(gate, scope, {"type": "http.request", "body": body, "more_body": False})
    known = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], known, end["body"].decode()


def session_of(gate, host=HOST):
    """Open the gate with the token; returns the cookie as a header."""
    _, headers, _ = ask(gate, query=f"token={TOKEN}", host=host)
    return ("cookie", headers["set-cookie"].partition(";")[0])


def sign_in(gate, token, after="/", origin=ORIGIN):
    """Post the login form."""
    body = urlencode({"token": token, "next": after}).encode()
    return ask(gate, "POST", "/rtbf/gate", headers=[("origin", origin)] if origin else [], body=body)


def websocket(gate, path="/graphql", *, headers=(), host=HOST, scheme="ws"):
    """Ask for a websocket; returns what the gate sends."""
    sent = [("host", host)] if host is not None else []
    scope = {
        "type": "websocket",
        "scheme": scheme,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in [*sent, *headers]],
    }
    return told(gate, scope, {"type": "websocket.connect"})
