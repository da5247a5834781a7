"""A whole deployment in a folder, driven without the daemon: real ledger, real files, real Dagster runs.

`settle` does what the daemon does: it asks our sensors' ticks for run requests and executes them in process,
until nothing is asked for any more. `settle_directly` calls the phases without Dagster runs of ours (but a
rebuild is a real run): much faster, for properties; an error in a phase comes through.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_rtbf.erasure import erasure_definitions
from lineage_assets.identifiers import Kind, Namespace
from rtbf_jobs.control import ATTEMPT_TAG, BATCH_TAG, Control, last_path_in
from rtbf_jobs.dagster_jobs import ERASE_PHASES, PREPARE_PHASES
from rtbf_jobs.intake import read_identifiers
from rtbf_jobs.work import Work
from rtbf_ledger import certificates, requests
from rtbf_ledger.requests import Failure
from rtbf_ledger.settings import Settings
from sensors import rebuilds, request_filed

NAMESPACES = {
    "account": Namespace(name="account", kind=Kind.INTEGER),
    "device": Namespace(name="device", kind=Kind.UUID),
    "email": Namespace(name="email", kind=Kind.EMAIL),
    "phone": Namespace(name="phone", kind=Kind.PHONE),
}
MOST_ROUNDS = 40


def settings_in(folder: Path, **changes: Any) -> Settings:
    """Return settings for a deployment that lives in a folder; its lake is `folder/lake`."""
    (folder / "lake").mkdir(parents=True, exist_ok=True)
    plain = Settings(
        code_location="test",
        controller="Test Ltd",
        ledger_url=f"sqlite:///{folder}/ledger.db",
        keys=folder / "keys",
        roots={"lake": folder / "lake"},
        namespaces=NAMESPACES,
        share_limit=1.0,
    )
    return replace(plain, **changes)


def ephemeral(folder: Path) -> dg.DagsterInstance:
    """Return an instance in memory; one in a folder of its own making warns when it is collected."""
    (folder / "dagster").mkdir(exist_ok=True)
    return dg.DagsterInstance.ephemeral(tempdir=str(folder / "dagster"))


@dataclass
class Told:
    """A report that keeps what it is told."""

    observed_: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    checked_: list[tuple[str, bool, dict[str, Any]]] = field(default_factory=list)
    said_: list[str] = field(default_factory=list)

    def observed(self, asset: str, numbers: Mapping[str, int | float]) -> None:
        """Keep numbers."""
        self.observed_.append((asset, dict(numbers)))

    def checked(self, asset: str, *, passed: bool, numbers: Mapping[str, int | float]) -> None:
        """Keep a verdict."""
        self.checked_.append((asset, passed, dict(numbers)))

    def said(self, sentence: str) -> None:
        """Keep a sentence."""
        self.said_.append(sentence)


@dataclass
class Project:
    """A deployment under test. `theirs` are the owner's definitions."""

    settings: Settings
    theirs: dg.Definitions
    instance: dg.DagsterInstance
    told: Told = field(default_factory=Told)

    def __post_init__(self) -> None:
        """Merge the erasure into the owner's definitions."""
        ours = erasure_definitions(self.theirs, self.settings)
        self.defs = dg.Definitions.merge(self.theirs, ours)
        resource = (self.defs.resources or {})["rtbf_control"]
        self.control: Control = resource.resource_fn(None)
        self.ledger = self.control.ledger

    @property
    def lake(self) -> Path:
        """The lake's folder."""
        return self.settings.roots["lake"]

    def file(self, *identifiers: str, law: str = "gdpr") -> str:
        """File a request for identifiers such as "account=42"; returns its id."""
        filing = requests.Filing(
            law=law,
            identifiers=read_identifiers(identifiers, self.settings.namespaces),
            received_at=datetime.now(UTC) - timedelta(seconds=5),
            zone="Europe/Berlin",
            country="DE",
            filed_by="test",
        )
        return requests.file(self.ledger, filing)

    def approve(self, *request_ids: str, **options: Any) -> None:
        """Approve requests."""
        for request_id in request_ids:
            requests.approve(self.ledger, request_id, staff="test", **options)

    def ticks(self) -> Iterator[dg.RunRequest]:
        """Yield what both sensors ask for now."""
        yield from request_filed.tick(self.control, self.instance)
        yield from rebuilds.tick(self.control, self.instance)

    def execute(self, asked: dg.RunRequest) -> dg.ExecuteInProcessResult:
        """Execute a run request in process; a failed run does not raise, as under the daemon."""
        assert asked.job_name is not None
        return self.defs.resolve_job_def(asked.job_name).execute_in_process(
            instance=self.instance,
            tags=dict(asked.tags),
            asset_selection=list(asked.asset_selection) if asked.asset_selection else None,
            raise_on_error=False,
        )

    def settle(self) -> None:
        """Run everything that is asked for, until nothing is."""
        for _ in range(MOST_ROUNDS):
            asked = list(self.ticks())
            for one in asked:
                self.execute(one)
            if not asked and not list(self.ticks()):
                return
        raise AssertionError(f"still busy after {MOST_ROUNDS} rounds")

    def settle_directly(self) -> None:
        """Run the phases of everything that is asked for, without Dagster runs of ours."""
        for _ in range(MOST_ROUNDS):
            asked = list(self.ticks())
            if not asked and not list(self.ticks()):  # the first of two may only have settled a rebuild
                return
            for one in asked:
                if one.job_name == rebuilds.REBUILD_JOB:
                    self.execute(one)
                else:
                    self.phases(one)
        raise AssertionError(f"still busy after {MOST_ROUNDS} rounds")

    def phases(self, asked: dg.RunRequest, *, until: str | None = None) -> None:
        """Call the phases of a run request one after the other; stop before the phase named `until`."""
        phases = PREPARE_PHASES if asked.job_name == "rtbf_prepare" else ERASE_PHASES
        for name, phase in phases.items():
            if name == until:
                return
            with self.work(asked) as work:
                phase(work)

    def work(self, asked: dg.RunRequest) -> AbstractContextManager[Work]:
        """Open the work of a run request."""
        return self.control.work(
            asked.tags[BATCH_TAG],
            int(asked.tags[ATTEMPT_TAG]),
            report=self.told,
            last_path=last_path_in(self.instance),
            started=datetime.now(UTC),
        )

    def erase(self, *identifiers: str) -> str:
        """File one request, approve it, and run until it has ended; returns its id."""
        request_id = self.file(*identifiers)
        self.settle()
        self.approve(request_id)
        self.settle()
        return request_id

    def state(self, request_id: str) -> str:
        """Return a request's state."""
        with self.ledger.read() as tx:
            return str(requests.get(tx, request_id).state)

    def attention(self, request_id: str) -> str | None:
        """Return what a request waits for."""
        with self.ledger.read() as tx:
            return requests.get(tx, request_id).attention

    def failures(self, request_id: str) -> list[Failure]:
        """Return why a request failed."""
        with self.ledger.read() as tx:
            return requests.failures_of(requests.get(tx, request_id))

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the body of a request's newest certificate."""
        with self.ledger.read() as tx:
            found: dict[str, Any] = json.loads(certificates.newest(tx, request_id))["body"]
        return found

    def verdicts(self, request_id: str) -> Mapping[str, str]:
        """Return asset -> verdict of a request's newest certificate."""
        return {item["asset"]: item["verdict"] for item in self.body(request_id)["assets"]}


def project(
    folder: Path, assets: Sequence[Any], *, resources: Mapping[str, Any] | None = None, **changes: Any
) -> Project:
    """Return a deployment of some assets in a folder."""
    theirs = dg.Definitions(assets=list(assets), resources=dict(resources or {}))
    settings = settings_in(folder, **changes)
    return Project(settings=settings, theirs=theirs, instance=ephemeral(folder))
