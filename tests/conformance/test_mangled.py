"""Damaged files: nothing in them ends the process, is counted clean, or lets an eraser touch others' rows.

Each is scanned, swept, profiled, looked for ids in and erased in, in forked processes with limits on memory
and time, and read by pyarrow, DuckDB and polars (tests/support/looks.py). The long run takes as many seeds as
you like: `RTBF_MANGLED=0:5000 python -m pytest tests/conformance/test_mangled.py -m slow -k many`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mangled import taken_apart
from whole_files import nested

from rtbf_jobs.erasers.parquet_file.thrift import I32, I64

RUN = Path(__file__).parents[1] / "support" / "mangled_run.py"
ROOT = Path(__file__).parents[2]
INT32 = 1  # of Parquet's physical types
ONE, SOME = 115, "0:24"


def wrong(*given: object) -> dict[str, list[str]]:
    """Return what was wrong with each seed or file, where something was."""
    paths = os.pathsep.join([str(ROOT), str(RUN.parent)])
    done = subprocess.run(
        [sys.executable, RUN, *map(str, given)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    cases = [json.loads(line) for line in done.stdout.splitlines()]
    assert (0, len(given)) == (done.returncode, len(cases)), done.stderr
    return {f"{one['case']}, {one['file']}, {one['how']}": one["wrong"] for one in cases if one["wrong"]}


def test_one_damaged_file():
    """One at which the engine ended the process."""
    assert {} == wrong(ONE)


@pytest.mark.slow
def test_many_damaged_files():
    first, last = map(int, os.environ.get("RTBF_MANGLED", SOME).split(":"))
    assert {} == wrong(*range(first, last))


ODD = {
    "histogram": lambda meta: meta.get(16).get(3).items.append(1),
    "text of numbers": lambda meta: meta.get(16).put(1, I64, 7),
    "codec": lambda meta: meta.put(4, I32, 2**31 - 1),
}


@pytest.mark.slow
def test_what_the_engine_ends_the_process_over(tmp_path):
    """Asked for a chunk whose sizes or codec are odd, pyarrow aborts; so nobody asks it."""
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table(nested()), whole, row_group_size=40)
    for name, change in ODD.items():
        parts = taken_apart(whole.read_bytes())
        metas = [chunk.get(3) for chunk in parts.footer.get(4).items[0].get(1).items]
        change(next(one for one in metas if one.get(1) == INT32 and one.get(16).get(3)))
        (tmp_path / f"{name}.parquet").write_bytes(parts.closed(parts.footer.write()))

    assert {} == wrong(*(tmp_path / f"{name}.parquet" for name in ODD))
