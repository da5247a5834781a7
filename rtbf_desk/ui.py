"""`rtbf ui`: the Dagster UI with the desk in it, and the Dagster daemon, as two processes on one workspace.

The webserver runs in this process and listens on a loopback address. The token that opens it is made at the
start and printed once. Whatever ends one of the two ends the other: without the daemon nothing is erased.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import dagster as dg

from rtbf_desk.gate_request import App
from rtbf_desk.home import dagster_environ
from rtbf_desk.place import Place, gated, listening, server_of, stoppable, tell
from rtbf_desk.webserver import create_app, opened
from rtbf_ledger.settings import Settings

DAEMON_SECONDS = 30
POLL_SECONDS = 0.5


def run(  # noqa: PLR0913 - what an entry point reads, each by its name
    settings: Settings,
    place: Place,
    workspace: Path,
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
    place.refuse()
    environ.update(dagster_environ(workspace, environ))
    try:
        with (
            stoppable(),
            closing(listening(place)) as listener,
            _daemon(workspace, environ) as daemon,
            dg.DagsterInstance.get() as instance,
            opened(workspace, instance) as context,
        ):
            port = listener.getsockname()[1]
            served = create_app(context, desk=desk)
            app, token = gated(served, place, port, clock=clock, randomness=randomness)
            what = f"Dagster, and in it the privacy desk of {settings.controller} at /rtbf/requests"
            tell(what, f"{place.address(port)}/", token)
            return _serve(app, listener, daemon)
    except KeyboardInterrupt:
        return 0


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
    """Serve until a signal, or until the daemon ends."""
    server = server_of(app)
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
