"""Sweeps of the folder of a test, and short ways to write into it."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from on_list import KEY

from scanners.sweep import SweepOrder, sweep


@pytest.fixture
def swept(order, connection):
    """Sweep the folder of the test: swept(keys, listed, ...) returns what was seen and what was kept."""
    (held := {})["order"] = None

    def run(keys, on_list, *, known=(), progress=lambda *_: None, keep=None, **declared):
        held["order"] = held["order"] or order((), keys, **declared)
        kept = []
        asked = SweepOrder(
            place=held["order"],
            mac_key=KEY,
            listed=on_list,
            digest_key=b"digests",
            known=frozenset(known),
            keep=keep or kept.extend,
        )
        return sweep(asked, connection=connection, progress=progress), kept

    return run


@pytest.fixture
def write(tmp_path):
    """Write a table into the asset's folder; returns its path."""

    def one(table, name="a.parquet"):
        path = tmp_path / "lake" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(table), path)
        return path

    return one
