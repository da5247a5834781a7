"""The walk end to end on small lakes, with real files, a real ledger and real Dagster runs."""

from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pyarrow.parquet as pq
import pytest
from erasure_project import Project, project
from small_lakes import counts, read, table, write

from lineage_assets import Erasure, mention, no_subject_data, subject_data
from rtbf_ledger import hold_store
from rtbf_ledger.holds import HoldReason


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


def _seen(folder: Path, **changes: Any) -> Project:
    """Return a deployment with rows of 42 that mention 7, one of 1 that mentions both, one of 7's own."""
    keys = {"user": "account", "mail": "email", "seen": mention("account")}
    made = project(folder, [table("events", keys, **changes)])
    columns = {"user": [42, 42, 1, 7], "mail": [None, None, None, "eve@x.com"], "seen": [7, 42, 7, 7]}
    write(made.lake, "events", columns)
    return made


def _erased(made: Project, *asked: str) -> None:
    made.settle_directly()
    made.approve(*asked)
    made.settle_directly()


def test_a_mention_that_goes_with_the_row_of_another_is_on_the_record(tmp_path: Path) -> None:
    """Both in one batch: the row goes with its owner, and whom it mentions has it found and removed."""
    made = _seen(tmp_path)
    write(made.lake, "events", {"user": [42, 1], "mail": ["a@x.com", None], "seen": [7, 42]})
    owner, mentioned = made.file("account=42"), made.file("account=7")
    _erased(made, owner, mentioned)
    assert [("closed", [])] * 2 == [(made.state(one), made.failures(one)) for one in (owner, mentioned)]
    assert [{"events": "erased"}, {"events": "redacted"}] == [made.verdicts(owner), made.verdicts(mentioned)]
    assert [{"events": (2, 2)}, {"events": (1, 1)}] == [counts(made, owner), counts(made, mentioned)]
    (record,) = made.body(mentioned)["assets"]
    assert "The person was removed from rows that belong to somebody else." == record["reason"]
    assert [1] == read(made.lake, "events")["user"].to_list()


@pytest.mark.parametrize("erasure", [Erasure.DELETE_ROWS, Erasure.REDACT_COLUMNS, Erasure.DELETE_FILE])
def test_what_is_counted_about_one_person_is_the_same_whoever_is_in_the_batch(
    tmp_path: Path, erasure: Erasure
) -> None:
    """Rows of their own, and mentions in rows that are not: alone, and with the owner of those rows."""
    redact = ["user", "mail", "seen"] if erasure is Erasure.REDACT_COLUMNS else []
    seen = []
    for name, people in (("alone", [7]), ("together", [42, 7])):
        made = _seen(tmp_path / name, erasure=erasure, redact=redact)
        asked = [made.file(f"account={person}") for person in people]
        _erased(made, *asked)
        assert [] == made.failures(asked[-1])
        seen.append((counts(made, asked[-1]), made.verdicts(asked[-1])))
    assert {"events": (3, 3)} == seen[0][0]
    assert seen[0] == seen[1]


def test_a_mention_counts_although_a_third_is_refused(tmp_path: Path) -> None:
    """Whom the eraser refuses fails alone; the others are erased in one pass, and their counts agree."""
    made = _seen(tmp_path)
    path = made.lake / "events" / "a.parquet"
    noted = pq.read_table(path).replace_schema_metadata({"owner": "eve@x.com"})
    pq.write_table(noted, path)
    asked = [made.file("account=42"), made.file("email=eve@x.com"), made.file("account=7")]
    _erased(made, *asked)
    assert ["closed", "failed", "closed"] == [made.state(one) for one in asked]
    assert [("events", True)] == [(one.asset, "metadata" in one.sentence) for one in made.failures(asked[1])]
    assert [{"events": (2, 2)}, {"events": (3, 3)}] == [counts(made, asked[0]), counts(made, asked[2])]
    assert [1] == read(made.lake, "events")["user"].to_list()


def test_a_held_persons_mention_goes_with_the_row_of_another(tmp_path: Path) -> None:
    """The hold keeps the asset for one; the other's row goes all the same, and the counts of both stand."""
    made = _seen(tmp_path)
    owner, held = made.file("account=42"), made.file("account=7")
    hold_store.place(made.ledger, held, HoldReason.LEGAL_CLAIMS, staff="t", asset="events")
    _erased(made, owner, held)
    assert ["closed", "partly_closed"] == [made.state(owner), made.state(held)]
    assert [{"events": (2, 2)}, {"events": (3, None)}] == [counts(made, owner), counts(made, held)]
    assert [(1, 7), (7, 7)] == read(made.lake, "events").select("user", "seen").rows()
