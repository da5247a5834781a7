"""A deployment to look for the undeclared in: declared assets, a lake of real files, a real ledger."""

import contextlib
import os
import shutil
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from erasure_project import NAMESPACES
from sqlalchemy import text

from lineage_assets.from_dagster import lineage_graph
from rtbf_ledger.store import open_ledger
from scanners.residual import connect
from scanners.undeclared.detectors import core_detectors
from scanners.undeclared.order import Looking
from scanners.undeclared.scan import scan_undeclared


class Clock:
    """A clock that a test moves by hand; it begins two hours from now, so that no file is young."""

    def __init__(self):
        """Begin."""
        self.now = datetime.now(UTC) + timedelta(hours=2)

    def __call__(self):
        """Return the time."""
        return self.now


class Deployment:
    """What a test looks into; `look` scans and returns target -> what it came to."""

    def __init__(self, folder, ledger, connection):
        """Make an empty lake."""
        self.folder, self.ledger, self.connection = folder, ledger, connection
        self.clock = ledger.clock
        self.lake = folder / "lake"
        self.lake.mkdir()
        self.assets = []

    def declare(self, *assets):
        """Add assets."""
        self.assets += assets

    @property
    def graph(self):
        """The declared graph."""
        defs = dg.Definitions(assets=self.assets)
        return lineage_graph(defs, code_location="test", namespaces=NAMESPACES)

    def look(self, asset=None, *, roots=None, detectors=None, told=lambda *_: None):
        """Scan; returns target -> Told."""
        roots = {"lake": self.lake} if roots is None else roots

        def place(location):
            for name, path in roots.items():
                location = location.replace(f"{{{name}}}", str(path))
            return type(self.lake)(location)

        looking = Looking(
            ledger=self.ledger,
            graph=self.graph,
            place=place,
            roots=roots,
            connection=self.connection,
            detectors=core_detectors("DE") if detectors is None else detectors,
        )
        return {one.target: one for one in scan_undeclared(looking, asset, progress=told)}

    def codes(self, target, **how):
        """Scan; returns the (code, place) of what is open of a target."""
        return sorted((one.code, one.place) for one in self.look(**how)[target].open)

    def everything_kept(self):
        """Return all that the ledger's file holds as text."""
        with self.ledger.read() as tx:
            tx.execute(text("SELECT 1"))
        return b"".join(path.read_bytes() for path in self.folder.glob("ledger.db*"))


@pytest.fixture(scope="session")
def looking_connection(tmp_path_factory):
    """Open DuckDB once."""
    opened = connect(tmp_path_factory.mktemp("spill"), threads=2, memory="1GB")
    with contextlib.closing(opened):
        yield opened


def opened_in(folder):
    """Open the ledger of a folder."""
    url = f"sqlite:///{folder}/ledger.db"
    return open_ledger(url, folder / "keys", code_location="test", clock=Clock(), randomness=os.urandom)


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory):
    """A folder with an empty ledger, for copying: its migrations run once."""
    folder = tmp_path_factory.mktemp("empty") / "deployment"
    folder.mkdir()
    opened_in(folder).engine.dispose()
    return folder


@pytest.fixture
def made(tmp_path, empty_ledger, looking_connection):
    """Make a deployment of no assets."""
    folder = tmp_path / "deployment"
    shutil.copytree(empty_ledger, folder)
    ledger = opened_in(folder)
    yield Deployment(folder, ledger, looking_connection)
    ledger.engine.dispose()
