"""The walk end to end on small lakes, with real files, a real ledger and real Dagster runs."""

from pathlib import Path

import dagster as dg
import polars as pl
from erasure_project import project

from lineage_assets import Erasure, no_subject_data, subject_data


def test_one_request_closes(tmp_path: Path) -> None:
    """A filed and approved request goes from a table and what is built from it, and is certified."""
    lake = tmp_path / "lake"
    (lake / "events").mkdir(parents=True)
    pl.DataFrame({"user": [1, 2, None, 42, 420, 42], "n": range(6)}).write_parquet(lake / "events/a.parquet")
    events = dg.AssetSpec(
        "events",
        owners=["team:a"],
        metadata=subject_data(
            "{lake}/events/",
            keys={"user": "account"},
            purposes={"x"},
            erasure=Erasure.DELETE_ROWS,
            retention_days=9,
        ),
    )

    @dg.asset(
        deps=[events],
        owners=["team:a"],
        metadata=subject_data(
            "{lake}/sums/",
            keys={"user": "account"},
            purposes={"x"},
            erasure=Erasure.REBUILD,
            retention_days=9,
        ),
    )
    def sums() -> None:
        (lake / "sums").mkdir(exist_ok=True)
        frame = (
            pl.read_parquet(lake / "events/*.parquet").drop_nulls().group_by("user").agg(pl.col("n").sum())
        )
        frame.sort("user").write_parquet(lake / "sums/a.parquet")

    @dg.asset(deps=[sums], metadata=no_subject_data(because="one number"))
    def total() -> None: ...

    dg.materialize([events, sums, total])
    made = project(tmp_path, [events, sums, total])
    request_id = made.erase("account=42")
    assert [] == made.failures(request_id)
    assert "closed" == made.state(request_id)
    assert {"events": "erased", "sums": "rebuilt", "total": "not_affected"} == made.verdicts(request_id)
    left = pl.read_parquet(lake / "events/*.parquet")
    assert [(1, 0), (2, 1), (None, 2), (420, 4)] == left.rows()
    assert [1, 2, 420] == pl.read_parquet(lake / "sums/*.parquet")["user"].to_list()


def test_the_phases_can_be_called_directly(tmp_path: Path) -> None:
    """Without Dagster runs of ours the same request closes just so."""
    lake = tmp_path / "lake"
    (lake / "events").mkdir(parents=True)
    pl.DataFrame({"user": [1, 42]}).write_parquet(lake / "events/a.parquet")
    declared = subject_data(
        "{lake}/events/",
        keys={"user": "account"},
        purposes={"x"},
        erasure=Erasure.DELETE_ROWS,
        retention_days=9,
    )
    made = project(tmp_path, [dg.AssetSpec("events", owners=["team:a"], metadata=declared)])
    request_id = made.file("account=42")
    made.settle_directly()
    made.approve(request_id)
    made.settle_directly()
    assert "closed" == made.state(request_id)
    assert [1] == pl.read_parquet(lake / "events/*.parquet")["user"].to_list()
