"""Erases inside CSV files: every record that is nobody's here keeps its bytes."""

from collections.abc import Callable
from pathlib import Path

from lineage_assets.declarations import Erasure
from rtbf_jobs.erasers.atomic import StillMine, check_unchanged, discard, dress, replace, temporary_beside
from rtbf_jobs.erasers.csv_check import check_rewrite
from rtbf_jobs.erasers.csv_records import Found, Look, Record, look, records, spans, survey
from rtbf_jobs.erasers.errors import storage_words
from rtbf_jobs.erasers.matching import Wanted, wanted
from rtbf_jobs.erasers.order import EraseOrder, FileReceipt, Receipt, Tally, receipt_of

EMPTY_LINE = '""'


def erase_csv(order: EraseOrder, still_mine: StillMine, progress: Callable[[FileReceipt], None]) -> Receipt:
    """Erase the subjects from every CSV file of the asset.

    Raises:
        EraseRefused: the asset cannot be erased faithfully.
        FileChanged: a file was changed by somebody else meanwhile.
        TripleBroken: a new file does not prove itself.
        StorageFailed: the file system refused.
    """
    wants = wanted(order)
    scanned, found = survey(order, wants)
    tally, receipts = Tally(), []
    for item in found:
        eraser = _Eraser(order, wants, item)
        receipts.append(eraser.rewrite(still_mine, progress))
        tally.add(item.tally)
    return receipt_of(order, scanned, receipts, tally)


class _Eraser:
    """Rewrites one file."""

    def __init__(self, order: EraseOrder, wants: tuple[Wanted, ...], found: Found) -> None:
        self.order, self.wants, self.found, self.layout = order, wants, found, found.layout
        self.deletes = order.declaration.erasure is Erasure.DELETE_ROWS

    def rewrite(self, still_mine: StillMine, progress: Callable[[FileReceipt], None]) -> FileReceipt:
        target, asset = self.found.file.path, self.order.asset
        with storage_words(asset):
            temporary = temporary_beside(target, self.found.file.seen)
        try:
            with storage_words(asset):
                check_unchanged(asset, target, self.found.file.seen)
                self._write(temporary)
                check_rewrite(self.order, self.wants, self.found, temporary)
                dress(asset, temporary, target)
                receipt = self._receipt(temporary)
            progress(receipt)
            replace(asset, temporary, target, self.found.file.seen, still_mine)
        finally:
            discard(temporary)
        return receipt

    def _write(self, temporary: Path) -> None:
        with temporary.open("wb") as out:
            for number, record in enumerate(records(self.order.asset, self.found.file, self.layout)):
                out.write(record.raw if number == 0 else self._new(record))

    def _new(self, record: Record) -> bytes:
        seen = look(self.layout, self.wants, record)
        if seen.owners:
            return b"" if self.deletes else self._edited(record, self._redactions())
        return self._edited(record, self._unmentioned(record, seen)) if seen.mentions else record.raw

    def _redactions(self) -> dict[int, str]:
        return {self.layout.index(name): "" for name in self.order.declaration.redact}

    def _unmentioned(self, record: Record, seen: Look) -> dict[int, str]:
        edits: dict[int, str] = {}
        for index, want, _ in seen.mentions:
            text = edits.get(index, record.fields[index])
            edits[index] = (want.without(text) or "") if text else ""
        return edits

    def _edited(self, record: Record, edits: dict[int, str]) -> bytes:
        written, end = spans(self.layout, record)
        for index, text in edits.items():
            written[index] = '"' + text.replace('"', '""') + '"' if text else ""
        return (self.layout.delimiter.join(written) or EMPTY_LINE).encode() + end.encode()

    def _receipt(self, temporary: Path) -> FileReceipt:
        tally, file, size = self.found.tally, self.found.file, temporary.stat().st_size
        return FileReceipt(
            file=file.digest,
            before=self.order.content_digest(file.path),
            after=self.order.content_digest(temporary),
            rows_before=tally.rows,
            rows_matched=tally.rows_matched,
            rows_after=tally.rows - (tally.rows_matched if self.deletes else 0),
            mentions_matched=tally.mentions_matched,
            cells_changed=tally.cells_changed,
            bytes_before=file.seen.size,
            bytes_after=size,
            bytes_encoded=size,
            owners=dict(tally.owners),
            mentions=dict(tally.mentions),
        )
