"""The desk on a real server: uvicorn on 127.0.0.1 in a thread, and a browser that only keeps cookies."""

import http.client
import os
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from erasure_project import settings_in

from lineage_assets.graph import LineageGraph
from rtbf_desk.app import desk_app
from rtbf_ledger import requests
from rtbf_ledger.settings import Settings
from rtbf_ledger.store import Ledger, open_ledger

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, its white space joined, so that a sentence is found however it is broken."""
        return " ".join(self.body.decode().split())


@dataclass
class Site:
    """A visitor of a desk."""

    port: int
    ledger: Ledger
    settings: Settings
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent | ({"Cookie": cookie} if cookie else {}))
        response = connection.getresponse()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        connection.close()
        if found := re.match(r"(\w+)=([^;]+)", answer.headers.get("set-cookie", "")):
            self.cookies[found[1]] = found[2]
        return answer

    def get(self, path: str) -> Answer:
        """Open a page."""
        return self.ask("GET", path)

    def post(self, path: str, fields: Sequence[tuple[str, str]] = (), *, page: str = "/rtbf/new") -> Answer:
        """Open a page, take its token, and send a form with it."""
        token = re.search(r'name="token" value="([^"]+)"', self.get(page).text)
        pairs = [*fields, *([("token", token[1])] if token else [])]
        return self.send(path, pairs)

    def send(self, path: str, fields: Sequence[tuple[str, str]]) -> Answer:
        """Send a form as it is, without a token of ours."""
        return self.ask("POST", path, urlencode(fields).encode(), **FORM)

    def file(self, *identifiers: tuple[str, str], received: datetime = NOW, law: str = "gdpr") -> str:
        """File a request beside the pages; returns its id."""
        filing = requests.Filing(
            law=law,
            identifiers=identifiers or [("account", "42")],
            received_at=received,
            zone="Europe/Berlin",
            country="DE",
            filed_by="test",
        )
        return requests.file(self.ledger, filing)


@contextmanager
def site(
    ledger: Ledger,
    settings: Settings,
    graph: LineageGraph,
    now: datetime = NOW,
    *,
    root_path: str = "",
    dagster: str | None = None,
) -> Iterator[Site]:
    """Serve the desk until the block ends; `root_path` is what a webserver below a path says."""
    app: Any = desk_app(settings=settings, ledger=ledger, graph=graph, clock=lambda: now, dagster=dagster)
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", root_path=root_path)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield Site(port=listening.getsockname()[1], ledger=ledger, settings=settings)
        finally:
            server.should_exit = True
            thread.join(timeout=20)


@contextmanager
def empty_site(folder: Path, now: datetime = NOW, *, root_path: str = "", **changes: Any) -> Iterator[Site]:
    """Serve the desk of a deployment without assets, whose ledger is empty."""
    settings = settings_in(folder, zone="Europe/Berlin", **changes)
    ledger = open_ledger(
        settings.ledger_url,
        settings.keys,
        code_location=settings.code_location,
        clock=lambda: now,
        randomness=os.urandom,
    )
    graph = LineageGraph(nodes={}, edges=frozenset(), code_location="test", namespaces=settings.namespaces)
    with site(ledger, settings, graph, now, root_path=root_path) as made:
        yield made
    ledger.engine.dispose()
