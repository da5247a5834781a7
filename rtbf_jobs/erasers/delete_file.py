"""Deletes whole files that hold a match, for data whose rows make no sense alone (a case file)."""

from collections.abc import Callable, Iterable

from lineage_assets.declarations import Format
from rtbf_jobs.erasers.atomic import StillMine, unlink
from rtbf_jobs.erasers.csv_records import survey as csv_survey
from rtbf_jobs.erasers.errors import storage_words
from rtbf_jobs.erasers.files import DataFile
from rtbf_jobs.erasers.matching import Wanted, wanted
from rtbf_jobs.erasers.order import EraseOrder, FileReceipt, Receipt, Tally, receipt_of
from rtbf_jobs.erasers.parquet_file.find import survey as parquet_survey

Surveyed = tuple[int, Iterable[tuple[DataFile, Tally]]]


def erase_file(order: EraseOrder, still_mine: StillMine, progress: Callable[[FileReceipt], None]) -> Receipt:
    """Unlink every data file of the asset that holds an owner's row or a mention.

    Raises:
        EraseRefused: a file cannot be read for certain.
        FileChanged: a file was changed by somebody else meanwhile.
        StorageFailed: the file system refused.
    """
    scanned, found = SURVEYS[order.declaration.format](order, wanted(order))
    tally, receipts = Tally(), []
    for file, part in found:
        with storage_words(order.asset):
            receipt = _receipt(order, file, part)
        progress(receipt)
        unlink(order.asset, file.path, file.seen, still_mine)
        receipts.append(receipt)
        tally.add(part)
    return receipt_of(order, scanned, receipts, tally)


def _parquet(order: EraseOrder, wants: tuple[Wanted, ...]) -> Surveyed:
    scanned, found = parquet_survey(order, wants)
    return scanned, [(item.file, item.tally) for item in found]


def _csv(order: EraseOrder, wants: tuple[Wanted, ...]) -> Surveyed:
    scanned, found = csv_survey(order, wants)
    return scanned, [(item.file, item.tally) for item in found]


SURVEYS: dict[Format, Callable[[EraseOrder, tuple[Wanted, ...]], Surveyed]] = {
    Format.PARQUET: _parquet,
    Format.CSV: _csv,
}


def _receipt(order: EraseOrder, file: DataFile, tally: Tally) -> FileReceipt:
    return FileReceipt(
        file=file.digest,
        before=order.content_digest(file.path),
        after=None,
        rows_before=tally.rows,
        rows_matched=tally.rows_matched,
        rows_after=0,
        mentions_matched=tally.mentions_matched,
        cells_changed=0,
        bytes_before=file.seen.size,
        bytes_after=0,
        owners=dict(tally.owners),
        mentions=dict(tally.mentions),
    )
