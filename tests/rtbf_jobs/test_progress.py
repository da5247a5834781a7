"""How far an erasure is inside an asset: at a modest rate, in numbers only."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from erasure_project import project
from small_lakes import table, write

from rtbf_jobs import progress
from rtbf_jobs.erasers import FileReceipt
from rtbf_jobs.progress import Progress


def receipt(size: int) -> FileReceipt:
    """Return a file's receipt; only its size matters here."""
    counts = dict.fromkeys(
        ("rows_before", "rows_matched", "rows_after", "mentions_matched", "cells_changed", "bytes_after"), 0
    )
    return FileReceipt(file="f", before="b", after="a", bytes_before=size, **counts)


def test_files_bytes_rate_and_time_left_are_told_every_half_minute() -> None:
    """200 MB in 40 s are 5 MB/s; of 1,000 MB 800 are left."""
    now, said = [datetime(2026, 11, 22, tzinfo=UTC)], []
    far = Progress("events", said.append, lambda: now[0], lambda: 1_000_000_000)
    for _ in range(4):
        now[0] += timedelta(seconds=20)
        far.count(receipt(100_000_000))
    assert [
        "asset events: 2 files made anew, 200 MB of at most 1,000, 5.0 MB/s, at most 0:02:40 left",
        "asset events: 4 files made anew, 400 MB of at most 1,000, 5.0 MB/s, at most 0:02:00 left",
    ] == said


def test_a_run_in_dagster_logs_it_without_person_or_path(tmp_path: Path, monkeypatch) -> None:
    """In the log of the run that erases, while it erases."""
    monkeypatch.setattr(progress, "EVERY", timedelta())
    made = project(tmp_path, [table("events", {"user": "account"})])
    for name in "ab":
        write(made.lake, "events", {"user": [551199331, 2]}, file=f"{name}.parquet")
    request_id = made.erase("account=551199331")
    assert "closed" == made.state(request_id), made.failures(request_id)
    logs = [
        entry.user_message
        for run in made.instance.get_runs()
        for entry in made.instance.all_logs(run.run_id)
        if "files made anew" in entry.user_message
    ]
    assert ["1", "2"] == [re.search(r"asset events: (\d) files", each)[1] for each in logs]
    assert not [each for each in logs if "551199331" in each or str(tmp_path) in each]
