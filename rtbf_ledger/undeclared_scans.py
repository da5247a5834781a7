"""What the scans for the undeclared looked at: when each asset and root was last looked at, and as it was."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select

from rtbf_ledger import schema
from rtbf_ledger.sweeps import SweepState


@dataclass(frozen=True, kw_only=True)
class LastScan:
    """The last scan of one asset or root.

    Attributes:
        target: the asset's name, or the root as "{name}".
        at: when.
        state: how it ended; `reason` says why it could not look.
        columns, files: how many there are.
        skipped: files that were not read again, since nothing about them had changed.
        content: keyed digest of all its files, where all of them were looked at.
        rules: digest of what decides how they are judged: declarations, detectors.
        compared_at: when its columns were last compared with the declared keys.
        clean_at: when it was last clean.
    """

    target: str
    at: str
    state: SweepState
    reason: str | None = None
    columns: int = 0
    files: int = 0
    skipped: int = 0
    content: str | None = field(default=None, repr=False)
    rules: str | None = field(default=None, repr=False)
    compared_at: str | None = None
    clean_at: str | None = None


def record(tx: Connection, scan: LastScan) -> None:
    """Keep how a scan ended; its last clean time stays where this one is not clean."""
    table = schema.undeclared_scan
    before = tx.execute(select(table.c.clean_at).where(table.c.target == scan.target)).scalar()
    tx.execute(delete(table).where(table.c.target == scan.target))
    row = {name: getattr(scan, name) for name in scan.__dataclass_fields__}
    row["clean_at"] = scan.at if scan.state is SweepState.CLEAN else before
    tx.execute(insert(table).values(row | {"state": str(scan.state)}))


def last(tx: Connection) -> dict[str, LastScan]:
    """Return the last scan of every asset and root that was ever looked at, by target."""
    found = tx.execute(select(schema.undeclared_scan).order_by(schema.undeclared_scan.c.target))
    return {
        row.target: LastScan(**{**row._mapping, "state": SweepState(row.state)})  # noqa: SLF001 - its public name
        for row in found
    }
