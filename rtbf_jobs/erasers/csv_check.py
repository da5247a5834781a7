"""The proof that a new CSV file is the old one without the subjects: both read again, side by side."""

from pathlib import Path

from lineage_assets.declarations import Erasure
from rtbf_jobs.erasers.csv_records import Found, Record, records
from rtbf_jobs.erasers.errors import TripleBroken
from rtbf_jobs.erasers.files import DataFile
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.order import EraseOrder


def check_rewrite(order: EraseOrder, wants: tuple[Wanted, ...], found: Found, temporary: Path) -> None:
    """Prove a new file against the old one.

    Raises:
        TripleBroken: the counts do not add up, a match is left, or bytes of somebody else's record differ.
    """
    check = _Check(order, wants, found)
    new_file = DataFile(path=temporary, seen=found.file.seen, digest="", name="the new file")
    left = records(order.asset, new_file, found.layout)
    if next(left, None) != next(old := records(order.asset, found.file, found.layout), None):
        raise check.broken("the header differs")
    for record in old:
        if check.stays(record):
            check.compare(record, next(left, None))
    if next(left, None) is not None or (check.rows, check.matched) != (
        found.tally.rows,
        found.tally.rows_matched,
    ):
        raise check.broken("the counts of records differ")


class _Check:
    """Looks at each record by itself and counts anew."""

    def __init__(self, order: EraseOrder, wants: tuple[Wanted, ...], found: Found) -> None:
        self.asset, self.wants, self.columns = (
            order.asset,
            [w for w in wants if w.values],
            found.layout.columns,
        )
        self.deletes = order.declaration.erasure is Erasure.DELETE_ROWS
        self.redact = set(order.declaration.redact)
        self.rows = self.matched = 0

    def stays(self, record: Record) -> bool:
        owned = self._held(record, owner=True)
        self.rows += bool(record.fields)
        self.matched += bool(owned)
        return not (owned and self.deletes)

    def compare(self, old: Record, new: Record | None) -> None:
        if new is None or len(new.fields) != len(old.fields):
            raise self.broken("a record is missing")
        if self._held(new, owner=True) or self._held(new, owner=False):
            raise self.broken("a match is left")
        touched = self.redact if self._held(old, owner=True) else self._held(old, owner=False)
        if not touched and new.raw != old.raw:
            raise self.broken("a record of somebody else differs")
        for name, before, after in zip(self.columns, old.fields, new.fields, strict=bool(old.fields)):
            if name not in touched and before != after:
                raise self.broken(f"column {name!r} differs in a record of somebody else")
            if touched is self.redact and name in touched and after:
                raise self.broken("a redacted cell is not empty")

    def _held(self, record: Record, *, owner: bool) -> set[str]:
        """Return the columns of a record that hold a sought value."""
        cells = dict(zip(self.columns, record.fields, strict=False))
        held = (
            w.path.column
            for w in self.wants
            if w.owner is owner and w.requests_in(cells.get(w.path.column, ""))
        )
        return set(held)

    def broken(self, what: str) -> TripleBroken:
        return TripleBroken(
            self.asset, f"the new file does not prove itself: {what}", "the old file is intact"
        )
