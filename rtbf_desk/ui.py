"""`rtbf ui`: the Dagster UI with the desk in it, and the Dagster daemon, as two processes on one workspace.

The webserver runs in this process and listens on a loopback address. The token that opens it is made at the
start and printed once. Whatever ends one of the two ends the other: without the daemon nothing is erased.
"""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import dagster as dg
import uvicorn

from rtbf_desk.gate import DeskError, Gate
from rtbf_desk.gate_request import App
from rtbf_desk.home import dagster_environ
from rtbf_desk.webserver import create_app, opened
from rtbf_ledger.settings import Settings

TOKEN_BYTES = 24
SECRET_BYTES = 32
DAEMON_SECONDS = 30
PAGES_SECONDS = 5
POLL_SECONDS = 0.5
HTTP_PORT = 80


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where it runs. `port` 0 takes any free one. `names` are further names that browsers know `host` by.

    `exposed` says that somebody wants it reachable from other machines: the token then goes over the network
    in clear, so a proxy with TLS belongs in front. `behind_tls` says that one is there: browsers then come by
    https only, and the proxy passes on the Host that they sent.
    """

    workspace: Path
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


def run(
    settings: Settings,
    place: Place,
    *,
    desk: App,
    environ: MutableMapping[str, str],
    clock: Callable[[], datetime],
    randomness: Callable[[int], bytes],
) -> int:
    """Serve until Ctrl-C or SIGTERM; returns 0, or 1 where the daemon ended by itself.

    Sets in `environ` what Dagster's processes need (`home.dagster_environ`). To be called in the main thread,
    which alone can take signals.

    Raises:
        DeskError: the address is not a loopback one, or taken, or behind TLS has no name; the workspace file
            or DAGSTER_HOME is missing; Dagster's storage is not the one that DAGSTER_HOME was made for, or
            does not let us in.
    """
    if not place.loopback and not place.exposed:
        raise DeskError(
            f"ui: other machines would reach {place.host}; 127.0.0.1 is for this one only, or say --exposed"
        )
    if place.behind_tls and not place.names:
        raise DeskError("ui: behind TLS browsers know it by another name; say it with --name")
    environ.update(dagster_environ(place.workspace, environ))
    token, secret = randomness(TOKEN_BYTES).hex(), randomness(SECRET_BYTES)
    try:
        with (
            _stoppable(),
            closing(_listening(place)) as listener,
            _daemon(place.workspace, environ) as daemon,
            dg.DagsterInstance.get() as instance,
            opened(place.workspace, instance) as context,
        ):
            hosts = place.hosts(listener.getsockname()[1])
            served = create_app(context, desk=desk)
            app = Gate(
                served, token=token, hosts=hosts, secret=secret, clock=clock, behind_tls=place.behind_tls
            )
            _tell(settings.controller, place.address(listener.getsockname()[1]), token)
            return _serve(app, listener, daemon)
    except KeyboardInterrupt:
        return 0


def _listening(place: Place) -> socket.socket:
    host = "127.0.0.1" if place.host == "localhost" else place.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, place.port), family=family)
    except OSError as error:
        raise DeskError(
            f"ui: cannot listen on {host} port {place.port}: {error.strerror}; name another with --port"
        ) from None


def _tell(controller: str, address: str, token: str) -> None:
    lines = (
        f"Dagster, and in it the privacy desk of {controller} at /rtbf/requests; Ctrl-C stops it.",
        f"    {address}/?token={token}",
    )
    print("\n".join(lines), flush=True)  # noqa: T201 - the terminal is where the token is handed over


@contextmanager
def _stoppable() -> Iterator[None]:
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


@contextmanager
def _daemon(workspace: Path, environ: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    command = [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", str(workspace)]
    process = subprocess.Popen(command, env=dict(environ), stdin=subprocess.DEVNULL)  # noqa: S603 - our own
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=DAEMON_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _serve(app: App, listener: socket.socket, daemon: "subprocess.Popen[bytes]") -> int:
    """Serve until a signal, or until the daemon ends.

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
    server = uvicorn.Server(config)
    served = threading.Event()

    def watch() -> None:
        while not served.wait(POLL_SECONDS):
            if daemon.poll() is not None:
                server.should_exit = True
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        server.run(sockets=[listener])
    finally:
        served.set()
        watcher.join()
    print(f"rtbf: ui: the Dagster daemon ended with code {daemon.returncode}; stopped", file=sys.stderr)  # noqa: T201
    return 1
