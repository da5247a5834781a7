"""What every phase of a batch works with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb
from sqlalchemy import Connection, select

from lineage_assets.declarations import Declaration
from lineage_assets.graph import LineageGraph
from lineage_assets.identifiers import Sought
from rtbf_jobs.plan import Plan
from rtbf_jobs.report import Report
from rtbf_ledger import batches, evidence, requests, schema, vault, versions
from rtbf_ledger.batches import Batch, Purpose
from rtbf_ledger.errors import VaultError
from rtbf_ledger.evidence import AssetStep, Evidence
from rtbf_ledger.requests import Failure
from rtbf_ledger.settings import Settings
from rtbf_ledger.states import TERMINAL, State
from rtbf_ledger.store import Ledger
from scanners.residual import Made

WORKED_ON = {
    Purpose.PREPARE: frozenset({State.FILED}),
    Purpose.ERASE: frozenset(
        {State.APPROVED, State.ERASING, State.REBUILDING, State.VERIFYING, State.PARTLY_CLOSED, State.CLOSED}
    ),
}
"""The states in which a batch has a request; withdrawn, retried or handed over, the request is not in it."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """One run's work on one batch.

    `last_path` tells where an asset's last materialisation says it wrote. `engine` opens the connection that
    `connection` returns when it is first asked for: most phases look at no file, and opening costs 30 ms.
    `made` keeps what scans made of the identifiers, which are the same for every asset.
    """

    ledger: Ledger
    settings: Settings
    graph: LineageGraph
    batch: Batch
    report: Report
    last_path: Callable[[str], str | None]
    engine: Callable[[], duckdb.DuckDBPyConnection]
    started: datetime
    made: Made = field(default_factory=Made, repr=False)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The run's one connection for scans."""
        return self.engine()

    @property
    def lease(self) -> timedelta:
        """How long a lease is given."""
        return timedelta(minutes=self.settings.lease_minutes)

    @property
    def time_up(self) -> bool:
        """Whether this run has had its hours; the next tick resumes the batch."""
        return self.ledger.clock() - self.started >= timedelta(hours=self.settings.run_hours)

    def members(self) -> dict[int, str]:
        """Return ordinal -> request id of the requests still in the batch; see `WORKED_ON`."""
        with self.ledger.read() as tx:
            return self._members(tx)

    def _members(self, tx: Connection) -> dict[int, str]:
        found, table = batches.members(tx, self.batch.id), schema.request
        states = [str(state) for state in WORKED_ON[self.batch.purpose]]
        ours = select(table.c.id).where(table.c.id.in_(found.values()), table.c.state.in_(states))
        here = set(tx.execute(ours).scalars())
        return {ordinal: request_id for ordinal, request_id in found.items() if request_id in here}

    def evidence(self) -> dict[str, Evidence]:
        """Return the batch's evidence by asset."""
        with self.ledger.read() as tx:
            return evidence.of_batch(tx, self.batch.id)

    def item(self, asset: str) -> Evidence:
        """Return the batch's evidence of one asset."""
        with self.ledger.read() as tx:
            found = evidence.of_batch(tx, self.batch.id, asset)
        return found.get(asset) or Evidence(asset=asset)

    def steps(self) -> dict[str, AssetStep | None]:
        """Return how far each asset of the batch is."""
        with self.ledger.read() as tx:
            return evidence.steps_of(tx, self.batch.id)

    def declared(self, asset: str) -> Declaration:
        """Return the declaration of a declared asset."""
        declaration = self.graph.nodes[asset].declaration
        if declaration is None:
            raise KeyError(asset)
        return declaration

    def plans(self) -> dict[int, Plan]:
        """Return ordinal -> saved plan of the requests still in the batch."""
        with self.ledger.read() as tx:
            members = self._members(tx)
            digests = {
                ordinal: requests.get(tx, request_id).plan_digest for ordinal, request_id in members.items()
            }
            read = {digest: Plan.from_json(versions.plan_of(tx, digest)) for digest in set(digests.values())}
        return {ordinal: read[digest] for ordinal, digest in digests.items()}

    def drop(self, request_id: str, failures: Sequence[Failure]) -> None:
        """Fail one request and take it out of the batch; the others go on."""
        with self.ledger.write() as tx:
            batches.check(tx, self.batch)
            requests.fail(self.ledger, tx, request_id, failures)
            batches.leave(tx, self.batch.id, request_id)
        for failure in failures:
            self.report.said(f"request {request_id} failed: {failure.sentence}")

    def subjects(self) -> tuple[Sought, ...]:
        """Return the identifiers of the requests still in the batch; one that does not open fails alone.

        A request that has ended has none any more: its key is destroyed, and only its certificate is to come.
        """
        found: list[Sought] = []
        for ordinal, request_id in self.members().items():
            if self._ended(request_id):
                continue
            try:
                found.extend(sealed_identifiers(self.ledger, request_id, ordinal))
            except VaultError as error:
                self.drop(request_id, [Failure(code="vault", asset="", sentence=str(error))])
        return tuple(found)

    def _ended(self, request_id: str) -> bool:
        with self.ledger.read() as tx:
            return State(requests.get(tx, request_id).state) in TERMINAL


def sealed_identifiers(ledger: Ledger, request_id: str, ordinal: int) -> list[Sought]:
    """Return the expanded identifiers of a request out of the vault, marked with its ordinal.

    Raises:
        VaultError: they do not open, or the request was never identified.
    """
    with ledger.read() as tx:
        part = vault.unseal(ledger, tx, request_id, "expanded")
    if part is None:
        raise VaultError(f"vault: request {request_id}: its identifiers were never expanded")
    return [
        Sought(
            namespace=one["namespace"],
            value=one["value"],
            request=ordinal,
            given=one["given"],
            shared=one["shared"],
        )
        for one in part["identifiers"]
    ]
