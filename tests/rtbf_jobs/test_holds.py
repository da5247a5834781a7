"""Holds and what is kept: they flow down, keep the request open, and released are caught up with."""

from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from erasure_project import Project, project
from small_lakes import LINKS, counts, holds, read, table, write

from lineage_assets import Erasure, Exempt, ExemptReason
from rtbf_ledger import hold_store, requests, vault
from rtbf_ledger.holds import HoldReason

DEVICE, OWN = "0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"
BILLS = Exempt(reason=ExemptReason.LEGAL_OBLIGATION, basis="HGB 257", until="2031-12-31")


def _below(lake: Path, source: dg.AssetSpec, name: str, *, filters: bool) -> dg.AssetsDefinition:
    """Return an asset that is rebuilt from a source, with or without the suppressed people."""

    @dg.asset(
        name=name,
        deps=[source],
        owners=["team:a"],
        metadata=holds(name, {"user": "account"}, erasure=Erasure.REBUILD, filters_suppressed=filters),
        required_resource_keys={"rtbf_suppression"},
    )
    def built(context: dg.AssetExecutionContext) -> None:
        frame = read(lake, str(source.key.to_user_string()))
        if filters:
            frame = context.resources.rtbf_suppression.filter_polars(frame, "user", "account")
        write(lake, name, {"user": frame["user"].to_list()})

    return built


def _made(folder: Path, *, exempt: bool) -> Project:
    lake = folder / "lake"
    kept: dict[str, Any] = {"erasure": Erasure.NO_ACTION, "exempt": BILLS} if exempt else {}
    bills = table("bills", {"user": "account"}, **kept)
    theirs = [
        bills,
        table("events", {"user": "account"}),
        _below(lake, bills, "copy", filters=False),
        _below(lake, bills, "clean", filters=True),
    ]
    made = project(folder, theirs)
    for name in ("bills", "events", "copy", "clean"):
        write(lake, name, {"user": [42, 420, None]})
    return made


def _run(made: Project, request_id: str) -> None:
    made.settle_directly()
    made.approve(request_id)
    made.settle_directly()


def _vault_entry(made: Project, request_id: str) -> bool:
    with made.ledger.read() as tx:
        return vault.unseal(made.ledger, tx, request_id, "expanded") is not None


def _users(made: Project) -> dict[str, list[int | None]]:
    return {name: read(made.lake, name)["user"].to_list() for name in ("bills", "events", "copy", "clean")}


def test_a_hold_at_one_asset_keeps_the_request_open_until_it_is_released(tmp_path: Path) -> None:
    """Held: exempt, an interim record, the vault kept. Released and retried: erased, a final record."""
    made = _made(tmp_path, exempt=False)
    request_id = made.file("account=42")
    hold_id = hold_store.place(made.ledger, request_id, HoldReason.LEGAL_CLAIMS, staff="t", asset="bills")
    _run(made, request_id)
    assert ("partly_closed", []) == (made.state(request_id), made.failures(request_id))
    body = made.body(request_id)
    assert ("Interim record", True) == (body["title"], _vault_entry(made, request_id))
    verdicts = {"bills": "exempt", "events": "erased", "copy": "exempt", "clean": "rebuilt"}
    assert verdicts == made.verdicts(request_id)
    reasons = {one["asset"]: one["reason"] for one in body["assets"]}
    assert "It is kept, because of a legal hold." == reasons["bills"]
    assert (
        "It is built from a source that is kept, and so still holds what that source holds."
        == reasons["copy"]
    )
    held = {
        "bills": [42, 420, None],
        "events": [420, None],
        "copy": [42, 420, None],
        "clean": [420, None],
    }
    assert held == _users(made)
    assert request_id == hold_store.release(made.ledger, hold_id, staff="t")
    requests.retry(made.ledger, request_id, staff="t")
    _run(made, request_id)
    assert ("closed", []) == (made.state(request_id), made.failures(request_id))
    assert "Final record" == made.body(request_id)["title"]
    done = {"bills": "erased", "events": "erased", "copy": "rebuilt", "clean": "rebuilt"}
    assert done == made.verdicts(request_id)
    assert dict.fromkeys(done, (1, 1)) == counts(made, request_id)
    assert {name: [420, None] for name in done} == _users(made)


def test_what_the_law_keeps_is_kept_with_what_is_built_from_it(tmp_path: Path) -> None:
    """An exempt parent: the copy inherits it with basis and date; what filters suppressed people does not."""
    made = _made(tmp_path, exempt=True)
    request_id = made.file("account=42")
    _run(made, request_id)
    assert ("closed", []) == (made.state(request_id), made.failures(request_id))
    body = made.body(request_id)
    assert "Partial record" == body["title"]
    kept = {one["asset"]: (one["verdict"], one["basis"], one["until"]) for one in body["assets"]}
    assert ("exempt", "HGB 257", "2031-12-31") == kept["bills"]
    assert ("exempt", "built from bills: HGB 257", "2031-12-31") == kept["copy"]
    assert {"bills": [42, 420, None], "copy": [42, 420, None]} == {
        name: users for name, users in _users(made).items() if name in {"bills", "copy"}
    }
    assert [420, None] == read(made.lake, "clean")["user"].to_list()


@pytest.mark.slow
def test_a_rebuild_that_says_it_filters_and_does_not_is_found_out(tmp_path: Path) -> None:
    """The broken twin: the declaration promises, the code does not, and the proof fails the request."""
    lake = tmp_path / "lake"
    bills = table("bills", {"user": "account"}, erasure=Erasure.NO_ACTION, exempt=BILLS)

    @dg.asset(
        deps=[bills],
        owners=["team:a"],
        metadata=holds("clean", {"user": "account"}, erasure=Erasure.REBUILD, filters_suppressed=True),
    )
    def clean() -> None:
        write(lake, "clean", {"user": read(lake, "bills")["user"].to_list()})

    made = project(tmp_path, [bills, clean])
    write(lake, "bills", {"user": [42, 1]})
    write(lake, "clean", {"user": [42, 1]})
    request_id = made.file("account=42")
    _run(made, request_id)
    assert [("residual", "clean")] == [(item.code, item.asset) for item in made.failures(request_id)]


@pytest.mark.slow
def test_a_hold_on_the_whole_request_erases_nothing(tmp_path: Path) -> None:
    """Everything is kept, the record is an interim one, and it says which hold."""
    made = project(tmp_path, [table("events", {"user": "account"})])
    write(made.lake, "events", {"user": [42, 1]})
    request_id = made.file("account=42")
    hold_store.place(made.ledger, request_id, HoldReason.AUTHORITY_ORDER, staff="t")
    _run(made, request_id)
    assert ("partly_closed", {"events": "exempt"}) == (made.state(request_id), made.verdicts(request_id))
    assert "authority_order" == made.body(request_id)["assets"][0]["basis"]
    assert [42, 1] == read(made.lake, "events")["user"].to_list()


def test_a_hold_of_one_request_does_not_hold_another(tmp_path: Path) -> None:
    """Two requests in one batch: the held one's rows stay, the other's go, and the counts are right."""
    made = project(tmp_path, [table("events", {"user": "account"})])
    write(made.lake, "events", {"user": [42, 42, 1, 7]})
    held, free = made.file("account=42"), made.file("account=1")
    hold_store.place(made.ledger, held, HoldReason.LEGAL_CLAIMS, staff="t", asset="events")
    made.settle_directly()
    made.approve(held, free)
    made.settle_directly()
    assert ["partly_closed", "closed"] == [made.state(held), made.state(free)]
    assert [42, 42, 7] == read(made.lake, "events")["user"].to_list()
    assert {"events": (1, 1)} == counts(made, free)


@pytest.mark.parametrize("shared", [True, False])
def test_rows_keyed_only_by_a_shared_device_need_a_decision(tmp_path: Path, shared: bool) -> None:
    """Two people use one device: its rows stay and the request stays open; one's own device goes."""
    devices = table("devices", {"user": "account", "device": "device"}, links=LINKS)
    made = project(tmp_path, [devices, table("sessions", {"device": "device"}, deps=[devices])])
    other = DEVICE if shared else "11111111-1111-4111-8111-111111111111"
    write(made.lake, "devices", {"user": [42, 42, 7], "device": [DEVICE, OWN, other]})
    write(made.lake, "sessions", {"device": [DEVICE, OWN, None], "n": [1, 2, 3]})
    request_id = made.file("account=42")
    _run(made, request_id)
    assert [] == made.failures(request_id)
    left, state = ([1, 3], "partly_closed") if shared else ([3], "closed")
    assert (left, state) == (read(made.lake, "sessions")["n"].to_list(), made.state(request_id))
    verdict = "needs_decision" if shared else "erased"
    assert {"devices": "erased", "sessions": verdict} == made.verdicts(request_id)
    assert shared == _open(made, request_id)
    assert [7] == pl.Series(read(made.lake, "devices")["user"]).to_list()


def _open(made: Project, request_id: str) -> bool:
    return made.state(request_id) == "partly_closed" and _vault_entry(made, request_id)
