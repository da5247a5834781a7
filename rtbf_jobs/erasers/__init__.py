"""Erasers: one per store and strategy, found by one table. They do not know each other.

    receipt = erase(order, still_mine=lease.check, progress=ledger.record)

All checks of all files come before the first byte is written. Each file is its own commit point: a new file
is written beside, proven against the old one, and renamed over it. Erasing twice is erasing once.

`progress` gets a file's receipt right BEFORE that file's commit (write-ahead): a process killed between the
two leaves a record without an effect, never an effect without a record. The next run repeats it with the
same `file` and `before`: keep one receipt per (asset, file, before).
"""

from collections.abc import Callable

from lineage_assets.declarations import Erasure, Format
from rtbf_jobs.erasers.atomic import sweep_temporary
from rtbf_jobs.erasers.csv import erase_csv
from rtbf_jobs.erasers.delete_file import erase_file
from rtbf_jobs.erasers.errors import (
    EraseError,
    EraseRefused,
    FileChanged,
    Reason,
    StorageFailed,
    TripleBroken,
)
from rtbf_jobs.erasers.order import EraseOrder, FileReceipt, Receipt
from rtbf_jobs.erasers.parquet import erase_parquet

__all__ = [
    "ERASERS",
    "EraseError",
    "EraseOrder",
    "EraseRefused",
    "FileChanged",
    "FileReceipt",
    "Reason",
    "Receipt",
    "StorageFailed",
    "TripleBroken",
    "erase",
    "sweep_temporary",
]

Eraser = Callable[[EraseOrder, Callable[[], None], Callable[[FileReceipt], None]], Receipt]

ERASERS: dict[tuple[Format, Erasure], Eraser] = {
    (Format.PARQUET, Erasure.DELETE_ROWS): erase_parquet,
    (Format.PARQUET, Erasure.REDACT_COLUMNS): erase_parquet,
    (Format.PARQUET, Erasure.DELETE_FILE): erase_file,
    (Format.CSV, Erasure.DELETE_ROWS): erase_csv,
    (Format.CSV, Erasure.REDACT_COLUMNS): erase_csv,
    (Format.CSV, Erasure.DELETE_FILE): erase_file,
}


def erase(
    order: EraseOrder,
    *,
    still_mine: Callable[[], None],
    progress: Callable[[FileReceipt], None],
) -> Receipt:
    """Erase the subjects of an order from one asset.

    Args:
        order: what, where, whom.
        still_mine: raises if the fenced lease was lost; called right before each rename and unlink.
        progress: gets each changed file's receipt right before its commit.

    Returns:
        The asset's receipt; a second run finds nothing and writes nothing.

    Raises:
        EraseRefused: no eraser for this store, or the asset cannot be erased faithfully; nothing was written.
        FileChanged: somebody else changed a file meanwhile; it was left alone.
        TripleBroken: a new file does not prove itself; the old one is intact.
        StorageFailed: the file system refused.
    """
    declared = order.declaration
    eraser = ERASERS.get((declared.format, declared.erasure))
    if eraser is None:
        raise EraseRefused(order.asset, Reason.UNSUPPORTED, f"{declared.format} with {declared.erasure}")
    return eraser(order, still_mine, progress)
