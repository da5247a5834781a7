"""Where the desk listens, who opens it, and how it stops: the same with Dagster's UI around it and alone."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

import uvicorn

from rtbf_desk.gate import DeskError, Gate
from rtbf_desk.gate_request import App

TOKEN_BYTES = 24
SECRET_BYTES = 32
PAGES_SECONDS = 5
HTTP_PORT = 80


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where it runs. `port` 0 takes any free one. `names` are further names that browsers know `host` by.

    `exposed` says that somebody wants it reachable from other machines: the token then goes over the network
    in clear, so a proxy with TLS belongs in front. `behind_tls` says that one is there: browsers then come by
    https only, and the proxy passes on the Host that they sent.
    """

    host: str = "127.0.0.1"
    port: int = 3000
    exposed: bool = False
    names: tuple[str, ...] = ()
    behind_tls: bool = False

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def hosts(self, port: int) -> frozenset[str]:
        """Return the Host values that are ours."""
        own = f"[{self.host}]" if ":" in self.host else self.host
        names = {own, *self.names, *({"localhost"} if self.loopback else ())}
        bare = names if port == HTTP_PORT or self.behind_tls else frozenset()
        return frozenset(f"{name}:{port}" for name in names) | bare

    def address(self, port: int) -> str:
        """Return where a browser finds it."""
        if self.behind_tls:
            return f"https://{self.names[0]}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{port}"

    def refuse(self) -> None:
        """Refuse a place that would be open to others without anybody having said so.

        Raises:
            DeskError: the address is not a loopback one, or behind TLS has no name.
        """
        if not self.loopback and not self.exposed:
            raise DeskError(
                f"other machines would reach {self.host}; 127.0.0.1 is for this one only, or say --exposed"
            )
        if self.behind_tls and not self.names:
            raise DeskError("behind TLS browsers know it by another name; say it with --name")


def listening(place: Place) -> socket.socket:
    """Return a socket that listens there.

    Raises:
        DeskError: the address is taken, or not ours.
    """
    host = "127.0.0.1" if place.host == "localhost" else place.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, place.port), family=family)
    except OSError as error:
        raise DeskError(
            f"cannot listen on {host} port {place.port}: {error.strerror}; name another with --port"
        ) from None


def tell(what: str, address: str, token: str) -> None:
    """Print what is served, and the address that opens it."""
    lines = (f"{what}; Ctrl-C stops it.", f"    {address}?token={token}")
    print("\n".join(lines), flush=True)  # noqa: T201 - the terminal is where the token is handed over


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn the first of the signals that stop us into KeyboardInterrupt; more of them change nothing."""
    asked = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise KeyboardInterrupt

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(each, stop) for each in signals]
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)


def gated(
    app: App, place: Place, port: int, *, clock: Callable[[], datetime], randomness: Callable[[int], bytes]
) -> tuple[App, str]:
    """Return an app behind a new gate, and the token that opens it."""
    token, secret = randomness(TOKEN_BYTES).hex(), randomness(SECRET_BYTES)
    gate = Gate(
        app, token=token, hosts=place.hosts(port), secret=secret, clock=clock, behind_tls=place.behind_tls
    )
    return gate, token


def server_of(app: App) -> uvicorn.Server:
    """Return the server of an app.

    No line is written about a request: its address could hold the token. No forwarded header is believed.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=PAGES_SECONDS,
    )
    return uvicorn.Server(config)
