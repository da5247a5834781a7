"""A deployment full of canaries: what was searched, what has to be clean, and what a leak has to show."""

import base64
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from canary_lake import NAMESPACES, Person
from postgres import run_on
from ui_process import ROOT

SUPPORT = ROOT / "tests" / "support"
CLEAN, FOUND = 0, 1
DEFINITIONS = """
import os
import sys
from pathlib import Path
sys.path.insert(0, {support!r})
import dagster as dg
from canary_lake import definitions
from dagster_rtbf import erasure_definitions, read_settings

def whole() -> dg.Definitions:
    settings = read_settings(Path(__file__).with_name("rtbf.toml"), environ=os.environ)
    theirs = definitions(settings.roots["lake"])
    return dg.Definitions.merge(theirs, erasure_definitions(theirs, settings))

defs = whole()
"""
SETTINGS = """
[controller]
name = "Canary Ltd"
zone = "Europe/Berlin"
[ledger]
code_location = "canaries"
url = "sqlite:///state/ledger.db"
keys = "state/keys"
[roots]
lake = "lake"
[namespaces]
{namespaces}
[erasure]
tick_seconds = 1
share_limit = 1
batch = "now"
"""
WORKSPACE = "load_from:\n  - python_module:\n      module_name: definitions\n      working_directory: .\n"
QUIET = "telemetry: {enabled: false}\nnux: {enabled: false}\n"
EVERYWHERE = {
    "output of an op": ("Dagster's home", r"storage/[0-9a-f-]{36}/spread/result"),
    "compute log, stdout": ("Dagster's home", r"storage/[0-9a-f-]{36}/compute_logs/.*\.out"),
    "compute log, stderr": ("Dagster's home", r"storage/[0-9a-f-]{36}/compute_logs/.*\.err"),
    "key folder": ("keys", r"pseudonym/leaked"),
    "temporary file": ("temporary folder", r"rtbf-[^/]+/forms\.bin"),
    "spill of DuckDB": ("temporary folder", r"rtbf-[^/]+/kept/.*"),
    "server's stdout": ("also 1", r"out"),
    "server's stderr": ("also 2", r"err"),
}
ON_SQLITE = {
    "run config": ("Dagster's home", r"history/runs\.db: runs\.run_body"),
    "events": ("Dagster's home", r"history/runs/[0-9a-f-]{36}\.db: event_logs\.event"),
    "events of assets": ("Dagster's home", r"history/runs/index\.db: event_logs\.event"),
    "last materialisation": ("Dagster's home", r"history/runs/index\.db: asset_keys\.last_materialization"),
    "tags": ("Dagster's home", r"history/runs\.db: run_tags\.value"),
    "raw bytes": ("Dagster's home", r"history/runs\.db(-wal)?"),
    "raw bytes of events": ("Dagster's home", r"history/runs/[0-9a-f-]{36}\.db(-wal)?"),
    "ledger rows": ("ledger", r"ledger\.db: leaked\.words"),
    "ledger's raw bytes": ("ledger", r"ledger\.db(-wal)?"),
}
ON_POSTGRES = {
    "run config": ("Dagster's storage", r"public\.runs\.run_body"),
    "events": ("Dagster's storage", r"public\.event_logs\.event"),
    "last materialisation": ("Dagster's storage", r"public\.asset_keys\.last_materialization"),
    "tags": ("Dagster's storage", r"public\.run_tags\.value"),
    "WAL": ("Dagster's storage: server files", r"pg_wal/.*"),
    "tables' files": ("Dagster's storage: server files", r"base/.*"),
    "ledger rows": ("ledger", r"public\.leaked\.words"),
}


@dataclass
class Searched:
    """What one `rtbf self-scan` said."""

    code: int
    said: Mapping[str, Any] = field(repr=False)

    @property
    def spots(self) -> list[tuple[str, str, str, str]]:
        """Return (place, where, namespace, form) of everything found."""
        return [(one["place"], one["where"], one["namespace"], one["form"]) for one in self.said["found"]]

    def check_clean(self) -> None:
        """Ask for nothing found, and nothing left out."""
        assert [] == self.spots, f"leaked: {self.spots}"
        assert ([], CLEAN) == (self.said["not_looked_at"], self.code), self.said

    def check_whole(self, stores: Mapping[str, tuple[str, str]], namespaces: Iterable[str]) -> None:
        """Ask for a plain value of every kind in every store, or the search proves nothing."""
        assert FOUND == self.code
        for name, (place, where) in stores.items():
            here = {
                namespace
                for found, spot, namespace, form in self.spots
                if found == place and re.fullmatch(where, spot) and form.partition(" ")[0] == "plain"
            }
            assert set(namespaces) == here, f"void: of the leak into {name} only {sorted(here)} was found"


@dataclass
class Deployment:
    """A folder with everything in it; what every process says goes to files of it."""

    folder: Path
    databases: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write settings, definitions, workspace and Dagster's home."""
        for name in ("lake", "home", "tmp", "said"):
            (self.folder / name).mkdir(parents=True)
        support = str(SUPPORT)
        (self.folder / "definitions.py").write_text(DEFINITIONS.format(support=support))
        (self.folder / "rtbf.toml").write_text(SETTINGS.format(namespaces=textwrap.dedent(NAMESPACES)))
        (self.folder / "dagster_workspace.yaml").write_text(WORKSPACE)
        postgres = "storage:\n  postgres:\n    postgres_url:\n      env: DAGSTER_POSTGRES_URL\n"
        (self.home / "dagster.yaml").write_text(QUIET + (postgres if self.databases else ""))

    @property
    def home(self) -> Path:
        """DAGSTER_HOME."""
        return self.folder / "home"

    @property
    def environ(self) -> dict[str, str]:
        """The variables of every process."""
        return {"DAGSTER_HOME": str(self.home), "TMPDIR": str(self.folder / "tmp"), **self.databases}

    def rtbf(self, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        """Run `rtbf` as a person does; what it says is kept in `said/`."""
        dropped = ("RTBF_", "DAGSTER_", "PYTEST")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        done = subprocess.run(
            [sys.executable, "-m", "rtbf_desk.cli", *words],
            cwd=self.folder,
            env=kept | {"PYTHONPATH": str(ROOT)} | self.environ,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        number = len(list((self.folder / "said").iterdir()))
        (self.folder / "said" / f"{number}.txt").write_text(f"{done.stdout}\n{done.stderr}")
        return done

    def done(self, *words: str, typed: str = "") -> str:
        """Run what has to exit 0; returns what it printed."""
        ended = self.rtbf(*words, typed=typed)
        assert 0 == ended.returncode, ended.stderr
        return ended.stdout.strip()

    def searched(self, people: Iterable[Person]) -> Searched:
        """Search every store for people by their values; a server has written its pages before."""
        for url in self.databases.values():
            run_on(url, "CHECKPOINT")
        lines = "".join(one.lines() for one in people)
        also = [word for name in ("out", "err", "said", "tmp") for word in ("--also", name)]
        return _read(self.rtbf("self-scan", "--json", "--identifiers-from", "-", *also, typed=lines))

    def searched_by_tombstones(self) -> Searched:
        """Search every store for everybody on the suppression list."""
        also = [word for name in ("out", "err", "said", "tmp") for word in ("--also", name)]
        return _read(self.rtbf("self-scan", "--json", *also))


def _read(done: "subprocess.CompletedProcess[str]") -> Searched:
    assert done.stdout, done.stderr
    return Searched(done.returncode, json.loads(done.stdout))


TEXT_FORMS = {"plain", "url", "base64", "hex", "md5 hex", "sha1 hex", "sha256 hex"}
BINARY_FORMS = {"utf-16-le", "utf-16-be", "little-endian", "big-endian", "sha256 bytes", "md5 bytes"}


def words_of(person: Person) -> list[str]:
    """Return every identifier of a person in forms that are text."""
    return [form for value in asdict(person).values() for form in _forms(value)]


def _forms(value: str) -> Iterator[str]:
    plain = value.encode()
    yield from (value, value.upper(), value.lower(), quote(value, safe=""), plain.hex())
    yield base64.b64encode(b"x" + plain).decode()
    yield from (hashlib.new(name, plain).hexdigest() for name in ("md5", "sha1", "sha256"))


def bytes_of(person: Person) -> bytes:
    """Return every identifier of a person, as it is and in forms that are no text."""
    made = [form for value in asdict(person).values() for form in _binary(value)]
    made += [struct.pack("<q", int(person.account)), struct.pack(">q", int(person.account))]
    made += [uuid.UUID(person.device).bytes, uuid.UUID(person.device).bytes_le]
    return b"\xff\x00\xfe".join(made)


def _binary(value: str) -> Sequence[bytes]:
    plain = value.encode()
    digests = [hashlib.sha256(plain).digest(), hashlib.md5(plain).digest()]
    return [plain, value.encode("utf-16-le"), value.encode("utf-16-be"), *digests]
