"""`rtbf ui` as a person runs it: a process of its own with the real webserver and the real daemon.

Run with a folder as its argument it serves the folder's workspace, with a desk that says what it was asked.
"""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120
PROJECT = "import dagster as dg\n\n\n@dg.asset\ndef numbers() -> int:\n    return 1\n"
WORKSPACE = "load_from:\n  - python_file:\n      relative_path: project.py\n      working_directory: .\n"


@dataclass
class Ui:
    """The running process; what it prints goes to two files in `folder`."""

    folder: Path
    process: "subprocess.Popen[bytes]"
    token: str = ""
    base: str = ""
    cookie: str = ""

    @property
    def host(self):
        """The Host value of its address."""
        return urlsplit(self.base).netloc

    def printed(self, stream):
        """Return what it printed to `out` or `err`."""
        return (self.folder / stream).read_text(encoding="utf-8", errors="replace")

    def daemon(self):
        """Return the daemon's process, once it runs."""
        for _ in moments():
            for child in psutil.Process(self.process.pid).children():
                if any("dagster-daemon" in word for word in child.cmdline()):
                    return child
        raise AssertionError("no daemon was started")

    def opened(self):
        """Wait until it serves, and sign in; returns itself."""
        for _ in moments():
            found = re.search(r"(http://[^/\s]+)/\S*\?token=(\S+)", self.printed("out"))
            if found:
                break
            assert self.process.poll() is None, self.printed("err")
        self.base, self.token = found.groups()
        _, headers, _ = self.ask("GET", f"/?token={self.token}", [])
        self.cookie = headers["set-cookie"].partition(";")[0]
        return self

    def ask(self, method, path, headers=None, body=None, *, host=True):
        """Send one request, as our own page does unless headers are given; returns status, headers, text."""
        ours = [("Cookie", self.cookie), ("Origin", self.base), ("Content-Type", "application/json")]
        line = http.client.HTTPConnection(self.host, timeout=PATIENCE_SECONDS)
        line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        length = [] if body is None else [("Content-Length", str(len(body)))]
        first = [("Host", self.host)] if host else []
        for name, value in [*first, *(ours if headers is None else headers), *length]:
            line.putheader(name, value)
        line.endheaders(body)
        answer = line.getresponse()
        text = answer.read().decode("utf-8", errors="replace")
        line.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

    def stop(self, number=signal.SIGINT):
        """Send a signal; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE_SECONDS)


def moments():
    """Yield until the patience is over."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        yield
        time.sleep(0.1)


def start(folder, workspace=WORKSPACE):
    """Start it on a new small workspace in a folder."""
    (folder / "project.py").write_text(PROJECT)
    (folder / "workspace.yaml").write_text(workspace)
    environ = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, __file__, str(folder)],
            env=environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    return Ui(folder=folder, process=process)


async def desk(scope, _receive, send):
    """Say what was asked; /rtbf/broken raises an error that names a person."""
    if scope["path"] == "/rtbf/broken":
        raise ValueError("canary@example.com")
    said = f"desk: {scope['method']} {scope['path']} below {scope['root_path']!r}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": said})


def main(folder):
    """Serve; returns the exit code."""
    from rtbf_desk.place import Place
    from rtbf_desk.ui import run
    from rtbf_ledger.settings import Settings

    settings = Settings(
        code_location="test", controller="Test Ltd", ledger_url="", keys=folder, roots={}, namespaces={}
    )
    now = lambda: datetime.now(UTC)
    workspace = folder / "workspace.yaml"
    return run(
        settings, Place(port=0), workspace, desk=desk, environ=os.environ, clock=now, randomness=os.urandom
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
