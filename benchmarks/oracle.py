"""Who stays: worked out from the table as it was, and compared with what a contender left behind.

Every row is one hash over all its columns. What a contender leaves is compared hash by hash, in the order of
the rows where it has to keep that, else sorted. A row too many, a row too few, a changed cell, a changed type
or a row without a key that went along: each is a wrong result.
"""

import filecmp
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.table import Ids, Table, parquet_files


class WrongResult(AssertionError):
    """A contender's output is not the oracle's: its time does not count."""


class Oracle:
    """The rows of a table before anything was erased."""

    def __init__(self, table: Table) -> None:
        self.table = table

    @cached_property
    def _hashes(self) -> dict[str, np.ndarray]:
        return {file.name: _row_hashes(file) for file in self.table.files}

    @cached_property
    def _keys(self) -> dict[str, pa.ChunkedArray]:
        return {file.name: _keys_of(file, self.table.key) for file in self.table.files}

    def _goes(self, name: str, ids: Ids) -> np.ndarray:
        """Return of every row of a file whether it goes; one without a key stays."""
        keys = self._keys[name]
        return pc.is_in(keys, value_set=pa.array(ids, keys.type)).to_numpy()

    def touched(self, ids: Ids) -> dict[str, list[int]]:
        """Return the row groups that hold one of these ids, by the names of the files that do."""
        found = {}
        for name, counts in self.table.groups.items():
            bounds = np.cumsum([0, *counts])
            rows = np.flatnonzero(self._goes(name, ids))
            groups = np.unique(np.searchsorted(bounds, rows, side="right") - 1)
            if len(groups):
                found[name] = groups.tolist()
        return found

    def check(self, folder: Path, ids: Ids, *, ordered: bool) -> None:
        """Compare what is in a folder with what has to be there when these ids are gone.

        Raises:
            WrongResult: it is not that.
        """
        expected = [hashes[~self._goes(name, ids)] for name, hashes in self._hashes.items()]
        left = [self._left(file) for file in parquet_files(folder)]
        if not np.array_equal(_joined(left, ordered=ordered), _joined(expected, ordered=ordered)):
            raise WrongResult("the rows are not those that stay")

    def _left(self, file: Path) -> np.ndarray:
        """Return the hashes of a file; one that still has the bytes it had needs no second look."""
        old = self.table.folder / file.name
        if old.exists() and filecmp.cmp(old, file, shallow=False):
            return self._hashes[file.name]
        return _row_hashes(file)


def _joined(parts: list[np.ndarray], *, ordered: bool) -> np.ndarray:
    rows = np.concatenate([np.empty(0, np.uint64), *parts])
    return rows if ordered else np.sort(rows)


def _row_hashes(file: Path) -> np.ndarray:
    with duckdb.connect() as connection:
        query = "select hash(t) as h from read_parquet(?) t"
        return connection.execute(query, [str(file)]).fetchnumpy()["h"]


def _keys_of(file: Path, key: str) -> pa.ChunkedArray:
    with duckdb.connect() as connection:
        query = f'select "{key}" from read_parquet(?)'
        return connection.sql(query, params=[str(file)]).to_arrow_table()[key]
