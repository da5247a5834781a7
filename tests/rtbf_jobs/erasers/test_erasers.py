"""The whole eraser: lost leases, kills at every step, and the table of erasers."""

import subprocess

import polars as pl
import pytest

from lineage_assets.declarations import Erasure, Format
from rtbf_jobs.erasers import ERASERS, sweep_temporary
from tests.rtbf_jobs.erasers.lake import CHILD, PYTHON, REPO, order_for, run, snapshot, sought, write

STEPS = {
    "creates_temporary": "event == 'open' and '.rtbf-' in str(args[0])",
    "sets_mode": "event == 'os.chmod'",
    "exchanges_first": "event == 'os.rename' and str(args[1]).endswith(('.parquet', '.csv'))",
    "exchanges_second": (
        "event == 'os.rename' and str(args[1]).endswith(('.parquet', '.csv'))"
        " and seen.append(1) is None and len(seen) == 2"
    ),
    "unlinks_the_old_one": "event == 'os.remove' and str(args[0]).endswith('.tmp')",
}
KILLED = """
import os, sys
seen = []
def watch(event, args):
    if {step}:
        os.kill(os.getpid(), 9)
order = lake.order_for({root!r}, {{"user_id": "account"}}, lake.sought("account", "42"), format={format!r})
sys.addaudithook(watch)
lake.run(order)
"""


class LeaseLost(Exception):
    """The test's own."""


@pytest.fixture(params=["parquet", "csv"])
def order(request, tmp_path):
    """Two files with a match, one without."""
    for name, users in {"a": [42, 1], "b": [2, 42], "c": [3]}.items():
        if request.param == "parquet":
            write(tmp_path / f"{name}.parquet", {"user_id": users})
        else:
            (tmp_path / f"{name}.csv").write_text("user_id\n" + "".join(f"{u}\n" for u in users))
    return order_for(tmp_path, {"user_id": "account"}, sought("account", "42"), format=request.param)


def left(order):
    """Return the users that are left, read with polars."""
    read = pl.read_parquet if order.declaration.format is Format.PARQUET else pl.read_csv
    return [read(path)["user_id"].to_list() for path in sorted(order.root.iterdir())]


def test_lease_lost_right_before_the_rename(order):
    """The late one writes nothing: old files, same inodes, no temporary."""
    before = snapshot(order.root)

    def lost():
        raise LeaseLost

    with pytest.raises(LeaseLost):
        run(order, lost)
    assert before == snapshot(order.root)


def test_lease_lost_at_the_second_file(order):
    """Each file is its own commit point: the first is done, the second is old; a rerun finishes."""
    calls = []

    def lost():
        calls.append(1)
        if len(calls) == 2:
            raise LeaseLost

    with pytest.raises(LeaseLost):
        run(order, lost)
    assert [[1], [2, 42], [3]] == left(order)
    assert 1 == run(order)[0].rows_matched
    assert [[1], [2], [3]] == left(order)


def test_progress_that_fails_stops_before_the_commit(order):
    """What the ledger did not record does not happen."""
    from rtbf_jobs.erasers import erase

    before = snapshot(order.root)

    def full(receipt):
        raise LeaseLost

    with pytest.raises(LeaseLost):
        erase(order, still_mine=lambda: None, progress=full)
    assert before == snapshot(order.root)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_then_swept_and_run_again(order, step):
    """Kill -9: no file is ever half written, and sweep plus rerun end where an undisturbed run ends."""
    code = KILLED.format(step=STEPS[step], root=str(order.root), format=str(order.declaration.format))
    done = subprocess.run([PYTHON, "-c", CHILD, code], capture_output=True, check=False)
    assert -9 == done.returncode, done.stderr.decode()
    files = [path.name for path in order.root.iterdir() if not path.name.startswith(".")]
    assert 3 == len(files)
    expected = 0 if step == "creates_temporary" else 1
    assert expected == sweep_temporary(order.root)
    run(order)
    assert [[1], [2], [3]] == left(order)


def test_receipt_after_a_kill_repeats_what_was_recorded(order):
    """A file that was not renamed gives the same `file` and `before` again: one receipt a pair is enough."""
    told = []

    def recorded_then_lost(receipt):
        told.append(receipt)
        raise LeaseLost

    from rtbf_jobs.erasers import erase

    with pytest.raises(LeaseLost):
        erase(order, still_mine=lambda: None, progress=recorded_then_lost)
    again = run(order)[1][0]
    assert (told[0].file, told[0].before, told[0].rows_matched) == (
        again.file,
        again.before,
        again.rows_matched,
    )


def test_every_store_and_strategy_has_at_most_one_eraser():
    """The table is the only place that knows them all."""
    stores = {Format.PARQUET, Format.CSV}
    strategies = {Erasure.DELETE_ROWS, Erasure.REDACT_COLUMNS, Erasure.DELETE_FILE}
    assert {(store, strategy) for store in stores for strategy in strategies} == set(ERASERS)


def test_erasers_do_not_know_each_other():
    """Held here by their sources' own imports; the import contract holds it too."""
    from pathlib import Path

    folder = Path(REPO, "rtbf_jobs", "erasers")
    names = ["parquet", "csv", "delete_file"]
    for name in names:
        text = (folder / f"{name}.py").read_text()
        others = [other for other in names if other != name]
        assert [] == [other for other in others if f"rtbf_jobs.erasers.{other} import" in text]
