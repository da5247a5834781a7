"""The proof that a new Parquet file is the old one without the subjects, from a second reading of both.

Row groups that were not touched have the same bytes; in the others nothing of the eraser's matching is used:
cells become Python values, and each is looked at by itself. What no footer refers to is zero.
"""

from bisect import bisect_left
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from rtbf_jobs.erasers.errors import EraseRefused, Reason
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.order import EraseOrder
from rtbf_jobs.erasers.parquet_file.cells import Marks, Reader
from rtbf_jobs.erasers.parquet_file.extents import FileMap, read_map
from rtbf_jobs.erasers.parquet_file.find import Found
from rtbf_jobs.erasers.parquet_file.reading import read_group
from rtbf_jobs.erasers.parquet_file.shape import group_shape, opened, schemas_agree
from rtbf_jobs.erasers.parquet_file.source import Source
from rtbf_jobs.erasers.parquet_file.traces import traced
from rtbf_jobs.erasers.parquet_file.untouched import NotTheSame, Untouched, check_dead, check_footer
from rtbf_jobs.erasers.processors import processors


def prove(order: EraseOrder, wants: tuple[Wanted, ...], found: Found, old: Source, new: Source) -> None:
    """Prove a new file against the old one.

    Raises:
        EraseRefused: schema, codecs, sorting, bloom filters or page index are not the same.
        TripleBroken: the counts do not add up, a match is left, or something of somebody else differs.
    """
    reader = Reader(order, wants)
    was = found.places or read_map(old)
    now = read_map(new, was)
    with opened(old) as before, opened(new) as after:
        if not schemas_agree(before, after):
            raise _unfaithful(order, found)
        try:
            _check(_Sides(found, old, new, was, now, before, after), reader)
        except NotTheSame as error:
            raise reader.broken(str(error)) from None


@dataclass(frozen=True)
class _Sides:
    """The old and the new file: bytes, maps, and as the engine reads them."""

    found: Found
    old: Source
    new: Source
    was: FileMap
    now: FileMap
    before: pq.ParquetFile
    after: pq.ParquetFile


def _check(sides: _Sides, reader: Reader) -> None:
    check_dead(sides.new, sides.now)
    untouched = Untouched(sides.old, sides.new, sides.was, sides.now)
    with ThreadPoolExecutor(processors()) as pool:
        touched = _Touched(sides, reader)
        counted = [pool.submit(touched.check, rank) for rank in range(len(touched.numbers))]
        for number in range(len(sides.was.groups)):
            if number not in sides.found.groups:
                untouched.check_group(number, touched.place(number))
        untouched.check_bytes()
        matched, gone = (sum(pair) for pair in zip(*[one.result() for one in counted], strict=True))
    to = touched.place(len(sides.was.groups))
    check_footer(sides.was, sides.now, to, sides.was.footer.num_rows - gone)
    if matched != sides.found.tally.rows_matched:
        raise NotTheSame("the counts of rows differ")


class _Touched:
    """Checks touched row groups side by side: which one each is now says how many before it are left."""

    def __init__(self, sides: _Sides, reader: Reader) -> None:
        self.sides, self.reader = sides, reader
        self.numbers = sorted(sides.found.groups)
        self.left: list[Future[int]] = [Future() for _ in range(len(self.numbers) + 1)]
        self.left[0].set_result(0)

    def place(self, number: int) -> int:
        """Return the number that a row group of the old file has, or would have, in the new one.

        Raises:
            NotTheSame: a row group before it does not prove itself; what `check` raises of it, too.
        """
        rank = bisect_left(self.numbers, number)
        return number - rank + self.left[rank].result()

    def check(self, rank: int) -> tuple[int, int]:
        """Check a touched row group; return how many rows were matched, and how many of them are gone.

        Raises:
            EraseRefused: it has another shape.
            TripleBroken, NotTheSame: it does not prove itself.
        """
        number, reader = self.numbers[rank], self.reader
        try:
            table = self._read(self.sides.old, self.sides.before, number)
            marks = reader.marks(table)
            gone, before = reader.gone(marks), self.left[rank].result()
        except BaseException as error:
            self.left[rank + 1].set_exception(error)
            raise
        self.left[rank + 1].set_result(before + (table.num_rows > gone))
        if table.num_rows > gone:
            self._compare(number, number - rank + before, table, marks)
        return marks.matched, gone

    def _compare(self, number: int, to: int, table: pa.Table, marks: Marks) -> None:
        sides, reader = self.sides, self.reader
        if to >= len(sides.now.groups):
            raise NotTheSame("a row group is missing")
        reader.compare(table, self._read(sides.new, sides.after, to), marks)
        if group_shape(sides.before, number) != group_shape(sides.after, to):
            raise _unfaithful(reader.order, sides.found)
        if traced(sides.after, sides.new, sides.now, to, reader.wants):
            raise NotTheSame("a dictionary or statistic still holds a match")

    def _read(self, source: Source, opened_as: pq.ParquetFile, number: int) -> pa.Table:
        """Return a row group, on several processors where there are not enough row groups for them."""
        with pq.ParquetFile(source.engine_input(), metadata=opened_as.metadata) as file:
            return read_group(file, number, use_threads=len(self.numbers) < processors())


def _unfaithful(order: EraseOrder, found: Found) -> EraseRefused:
    return EraseRefused(order.asset, Reason.UNFAITHFUL, f"{found.file.name}: its shape came out otherwise")
