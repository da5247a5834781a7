"""What stops an approved request again: a share above the limit, a plan that is not the approved one."""

from pathlib import Path

import pytest
from erasure_project import Project, project
from small_lakes import read, table, undeclared, write

from rtbf_desk.reading import request_detail
from rtbf_ledger import hold_store
from rtbf_ledger.errors import StateError
from rtbf_ledger.holds import HoldReason


def _codes(made: Project, request_id: str) -> list[str]:
    entries = request_detail(made.ledger, request_id)["log"]
    return [entry["code"] for entry in entries if entry["kind"] == "Stopped"]


def _planned(made: Project, rows: list[int]) -> str:
    write(made.lake, "events", {"user": rows})
    request_id = made.file("account=1")
    made.settle_directly()
    return request_id


def test_a_share_above_the_limit_stops_before_anything_is_erased(tmp_path: Path) -> None:
    """Data grew between preview and erasure: the request waits again, and only an accepted share goes on."""
    made = project(tmp_path, [table("events", {"user": "account"})], share_limit=0.25)
    request_id = _planned(made, [1, 2, 3, 4, 5])
    made.approve(request_id)
    write(made.lake, "events", {"user": [1, 1, 1]}, file="b.parquet")
    made.settle_directly()
    assert ("planned", "over_limit") == (made.state(request_id), made.attention(request_id))
    assert ["over_limit"] == _codes(made, request_id)
    assert [1, 2, 3, 4, 5, 1, 1, 1] == read(made.lake, "events")["user"].to_list()
    with pytest.raises(StateError, match="--accept-share"):
        made.approve(request_id)
    made.approve(request_id, share=0.4)
    made.settle_directly()
    assert ("planned", "over_limit") == (made.state(request_id), made.attention(request_id))
    made.approve(request_id, share=0.5)
    made.settle_directly()
    assert ("closed", []) == (made.state(request_id), made.failures(request_id))
    assert [2, 3, 4, 5] == read(made.lake, "events")["user"].to_list()


@pytest.mark.slow
def test_a_share_at_the_limit_goes_on(tmp_path: Path) -> None:
    """The limit itself is allowed, and other requests of the batch are not held up by one above it."""
    made = project(tmp_path, [table("events", {"user": "account"})], share_limit=0.25)
    write(made.lake, "events", {"user": [1, 2, 2, 3]})
    asked = [made.file(f"account={n}") for n in (1, 2)]
    made.settle_directly()
    made.approve(*asked)
    made.settle_directly()
    assert ["closed", "planned"] == [made.state(one) for one in asked]
    assert [2, 2, 3] == read(made.lake, "events")["user"].to_list()


def test_a_hold_placed_after_approval_sends_the_request_back(tmp_path: Path) -> None:
    """The plan is no longer the approved one: planned anew, and approved anew."""
    made = project(tmp_path, [table("events", {"user": "account"})])
    request_id = _planned(made, [1, 2])
    made.approve(request_id)
    hold_store.place(made.ledger, request_id, HoldReason.LEGAL_CLAIMS, staff="test", asset="events")
    made.settle_directly()
    assert ("planned", ["plan_changed"]) == (made.state(request_id), _codes(made, request_id))
    assert [1, 2] == read(made.lake, "events")["user"].to_list()


def test_an_inventory_changed_after_approval_sends_the_request_back(tmp_path: Path) -> None:
    """A new asset was declared between approval and erasure; an undeclared one downstream fails it."""
    events = table("events", {"user": "account"})
    made = project(tmp_path, [events])
    request_id = _planned(made, [1, 2])
    made.approve(request_id)
    more = project(tmp_path, [events, table("more", {"user": "account"})])
    write(made.lake, "more", {"user": [1]})
    more.settle_directly()
    assert ("planned", ["plan_changed"]) == (more.state(request_id), _codes(more, request_id))
    more.approve(request_id)
    theirs = [events, undeclared("copy", deps=[events])]
    worse = project(tmp_path, theirs, undeclared="refuse_request")
    worse.settle_directly()
    assert ["copy"] == [item.asset for item in worse.failures(request_id)]
    assert [1, 2] == read(made.lake, "events")["user"].to_list()
