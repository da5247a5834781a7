"""`rtbf ui`: where it listens, what it needs, and that neither of its processes outlives the other."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime

import psutil
import pytest
from ui_process import ROOT, start

from rtbf_desk.gate import DeskError
from rtbf_desk.place import Place
from rtbf_desk.ui import run
from rtbf_desk.webserver_pin import refuse_installed, refuse_other_versions
from rtbf_ledger.settings import Settings

NO_CODE = "load_from: []\n"


@pytest.fixture
def workspace(tmp_path):
    """A workspace file."""
    path = tmp_path / "workspace.yaml"
    path.write_text(NO_CODE)
    return path


def ended(process):
    """Tell whether a process is gone; one that only waits for its parent to look is."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_it_ends_when_the_daemon_does(tmp_path):
    """Without the daemon nothing is erased, so a page that looks well would lie: it says so, exit code 1."""
    ui = start(tmp_path, NO_CODE)
    daemon = ui.daemon()
    daemon.kill()
    assert 1 == ui.process.wait(timeout=120)
    assert "rtbf: ui: the Dagster daemon ended with code -9; stopped" in ui.printed("err")
    assert "Traceback" not in ui.printed("err")


def test_a_stop_while_it_starts_leaves_nothing_behind(tmp_path):
    """SIGTERM before it serves: the daemon ends too, and the address was never printed."""
    ui = start(tmp_path, NO_CODE)
    daemon = ui.daemon()
    ui.process.terminate()
    assert (0, True, "") == (ui.process.wait(timeout=120), ended(daemon), ui.printed("out"))


def asked(place, workspace, environ):
    """Run it with a desk that nobody sees."""
    settings = Settings(
        code_location="test", controller="x", ledger_url="", keys=ROOT, roots={}, namespaces={}
    )
    now = datetime(2026, 11, 21, tzinfo=UTC)
    return run(
        settings, place, workspace, desk=None, environ=environ, clock=lambda: now, randomness=os.urandom
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "desk.example", "127.0.0.1.evil.com", ""])
def test_other_machines_do_not_reach_it_unasked(workspace, host):
    """It is refused before anything is made or started."""
    environ = {}
    with pytest.raises(DeskError, match=r"^other machines would reach"):
        asked(Place(host=host), workspace, environ)
    assert ({}, ["workspace.yaml"]) == (environ, [each.name for each in workspace.parent.iterdir()])


def test_behind_tls_it_has_a_name(workspace):
    """The proxy passes on the Host that browsers sent, and that is no loopback address."""
    with pytest.raises(DeskError, match=r"^behind TLS browsers know it by another name; .* --name$"):
        asked(Place(behind_tls=True), workspace, {})
    place = Place(behind_tls=True, names=("desk.example",))
    assert "https://desk.example" == place.address(3000)
    assert {"desk.example", "127.0.0.1:3000"} <= place.hosts(3000)
    assert "desk.example" not in Place(names=("desk.example",)).hosts(3000)
    assert "http://[::1]:3000" == Place(host="::1").address(3000)


def test_a_port_that_is_taken_is_refused(workspace, tmp_path):
    """With the port and the way out in the sentence."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(DeskError, match=rf"^cannot listen on 127\.0\.0\.1 port {port}: .* --port$"):
            asked(Place(port=port), workspace, {"DAGSTER_HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("place", "port", "expected"),
    [
        ({}, 3000, {"127.0.0.1:3000", "localhost:3000"}),
        ({"host": "localhost"}, 80, {"localhost", "localhost:80"}),
        ({"host": "::1"}, 3000, {"[::1]:3000", "localhost:3000"}),
        ({"host": "10.0.0.2", "exposed": True}, 3000, {"10.0.0.2:3000"}),
        ({"host": "0.0.0.0", "names": ("desk.example",)}, 80, {"0.0.0.0", "desk.example"}),
    ],
)
def test_the_hosts_that_are_ours(place, port, expected):
    """The address, on a loopback one the usual name, and the names that were given."""
    hosts = Place(**place).hosts(port)
    assert expected == {host for host in hosts if host in expected}
    assert expected | {f"{host}:{port}" for host in expected if ":" not in host} == set(hosts)


PINNED = ("dagster>=1", "dagster-webserver==1.13.27; extra == 'ui'")


@pytest.mark.parametrize(
    ("requirements", "installed", "sentence"),
    [
        (PINNED, "1.13.28", "is 1.13.28, and the desk is made for ==1.13.27: pip install 'dagster-rtbf"),
        (PINNED, "1.13.27rc1", "is 1.13.27rc1, and"),
        (PINNED, None, "is not installed, and the desk is made for ==1.13.27"),
        (("dagster>=1",), "1.13.27", "is made for no version we know"),
    ],
)
def test_another_webserver_is_refused(requirements, installed, sentence):
    """The desk is mounted through private code, which changes from one version to the next."""
    with pytest.raises(DeskError, match=r"^ui: dagster-webserver ") as caught:
        refuse_other_versions(requirements, installed)
    assert sentence in str(caught.value)


def test_the_pinned_webserver_is_taken():
    """And it is the one that is installed here."""
    refuse_other_versions(PINNED, "1.13.27")
    refuse_installed()


def test_importing_the_desk_beside_another_webserver_says_so(tmp_path):
    """Before any private code is imported, which might not be there."""
    other = tmp_path / "dagster_webserver-1.13.28.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: dagster-webserver\nVersion: 1.13.28\n")
    child = subprocess.run(
        [sys.executable, "-c", "import rtbf_desk.webserver"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    last = child.stderr.strip().rpartition("\n")[2]
    assert (1, True) == (child.returncode, "dagster-webserver is 1.13.28, and the desk is made for" in last)
