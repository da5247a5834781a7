"""What the sweeps looked at: when each asset was last swept, and which files held nobody on which list."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from rtbf_ledger import schema
from rtbf_ledger.store import Ledger

SOME = 500
"""How many values one statement takes."""


class SweepState(StrEnum):
    """How a sweep ended. Could not look is never clean."""

    CLEAN = "clean"
    FOUND = "found"
    COULD_NOT = "could_not"


@dataclass(frozen=True, kw_only=True)
class LastSweep:
    """The last sweep of one asset.

    Attributes:
        at: when.
        state: how it ended; `reason` says why it could not look.
        listed: entries of the suppression list it was compared with.
        files, skipped: all files, and those skipped since nothing about them had changed.
        clean_at: when it was last clean.
    """

    asset: str
    at: str
    state: SweepState
    reason: str | None
    listed: int
    files: int
    skipped: int
    clean_at: str | None


def known(tx: Connection, asset: str, *, rules: str, number: int) -> frozenset[str]:
    """Return the digests of files that held nobody on a list of this number or a later one.

    Args:
        tx: a transaction.
        asset: whose files.
        rules: digest of what decides how they were read: declared keys, namespaces, the list's key.
        number: the list's largest number.
    """
    table = schema.swept_file
    mine = (table.c.asset == asset, table.c.rules == rules, table.c.list_number >= number)
    return frozenset(tx.execute(select(table.c.file).where(*mine)).scalars())


def keep(ledger: Ledger, asset: str, digests: Iterable[str], *, rules: str, number: int) -> None:
    """Remember files that hold nobody on the list of this number."""
    table = schema.swept_file
    files = sorted(set(digests))
    with ledger.write() as tx:
        for some in _parts(files):
            tx.execute(delete(table).where(table.c.asset == asset, table.c.file.in_(some)))
            shared = {"asset": asset, "rules": rules, "list_number": number}
            tx.execute(insert(table), [shared | {"file": file} for file in some])


def forget_others(tx: Connection, asset: str, present: frozenset[str]) -> None:
    """Forget the files of an asset that are not there any more."""
    table = schema.swept_file
    mine = tx.execute(select(table.c.file).where(table.c.asset == asset)).scalars()
    for some in _parts(sorted(set(mine) - present)):
        tx.execute(delete(table).where(table.c.asset == asset, table.c.file.in_(some)))


def record(tx: Connection, swept: LastSweep) -> None:
    """Keep how the sweep of an asset ended; its last clean time stays where this one is not clean."""
    table = schema.sweep
    before = tx.execute(select(table.c.clean_at).where(table.c.asset == swept.asset)).scalar()
    tx.execute(delete(table).where(table.c.asset == swept.asset))
    row = {name: getattr(swept, name) for name in swept.__dataclass_fields__}
    row["clean_at"] = swept.at if swept.state is SweepState.CLEAN else before
    tx.execute(insert(table).values(row | {"state": str(swept.state)}))


def last(tx: Connection) -> dict[str, LastSweep]:
    """Return the last sweep of every asset that was ever swept."""
    found = tx.execute(select(schema.sweep).order_by(schema.sweep.c.asset))
    return {
        row.asset: LastSweep(**{**row._mapping, "state": SweepState(row.state)})  # noqa: SLF001 - its public name
        for row in found
    }


def _parts(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), SOME):
        yield values[start : start + SOME]
