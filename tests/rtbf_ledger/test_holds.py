"""Legal holds: which assets they bind on a day, and that placing and releasing them is logged."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage_assets.graph import LineageGraph, Node
from rtbf_ledger import hold_store, log, versions
from rtbf_ledger.errors import DayError, LogFieldError, StateError, UnknownRequestError
from rtbf_ledger.holds import Hold, HoldReason, held_assets
from rtbf_ledger.states import State

DAY = date(2026, 6, 15)
ASSETS = ["billing", "ratings"]


def hold(**changed):
    """Return a hold of a whole request without an end, with parts exchanged."""
    parts = {"id": "ho-1", "request_id": "rq-1", "reason": HoldReason.LEGAL_CLAIMS}
    return Hold(**parts | changed)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ASSETS),
        ({"asset": "billing"}, ["billing"]),
        ({"asset": "elsewhere"}, []),
        ({"until": DAY}, ASSETS),
        ({"until": DAY - timedelta(days=1)}, []),
        ({"released": True}, []),
        ({"released": True, "until": DAY}, []),
    ],
)
def test_a_hold_binds_what_it_names_to_its_last_day(changed, expected):
    """The whole request where it names no asset; the day of `until` is held still."""
    assert expected == list(held_assets([hold(**changed)], ASSETS, DAY))


def test_the_first_binding_hold_is_named():
    """For the sentence in plan and certificate."""
    over, first, second = hold(id="a", released=True), hold(id="b", asset="billing"), hold(id="c")
    assert {"billing": first, "ratings": second} == held_assets([over, first, second], ASSETS, DAY)


HOLDS = st.lists(
    st.builds(
        hold,
        asset=st.sampled_from([None, *ASSETS]),
        until=st.none() | st.dates(DAY - timedelta(days=3), DAY + timedelta(days=3)),
        released=st.booleans(),
    ),
    max_size=5,
)


@given(HOLDS, st.dates(DAY - timedelta(days=5), DAY + timedelta(days=5)))
def test_an_asset_is_free_only_when_no_hold_binds_it(holds, day):
    """However many there are, and in whatever order."""
    binding = [one for one in holds if not one.released and (one.until is None or one.until >= day)]
    expected = {asset for asset in ASSETS if any(one.asset in {None, asset} for one in binding)}
    assert expected == set(held_assets(holds, ASSETS, day))
    assert expected == set(held_assets(reversed(holds), ASSETS, day))


def entries_of(ledger, request_id):
    """Return a request's entries after the filing."""
    with ledger.read() as tx:
        return [json.loads(text) for text in log.entries_of(tx, request_id)][1:]


def test_a_hold_is_placed_released_and_logged(ledger, file_one, clock):
    """Its reason is a code; the asset's name is in the entry where there is one."""
    request_id = file_one()
    versions.save_graph(ledger, inventory("billing"))
    whole = hold_store.place(ledger, request_id, HoldReason.AUTHORITY_ORDER, staff="staff-7", until=DAY)
    clock.forward(seconds=1)
    part = hold_store.place(ledger, request_id, HoldReason.LEGAL_CLAIMS, staff="staff-7", asset="billing")
    assert request_id == hold_store.release(ledger, whole, staff="staff-8")
    with ledger.read() as tx:
        found = hold_store.of_request(tx, request_id)
    shared = {"request_id": request_id}
    assert [
        hold(id=whole, reason=HoldReason.AUTHORITY_ORDER, until=DAY, released=True, **shared),
        hold(id=part, asset="billing", **shared),
    ] == found
    placed, named, released = entries_of(ledger, request_id)
    assert ("Exempted", "authority_order", "staff-7") == (placed["kind"], placed["code"], placed["staff"])
    assert ("Exempted", "billing") == (named["kind"], named["asset"])
    assert ("HoldReleased", "staff-8") == (released["kind"], released["staff"])


def test_a_hold_of_an_asset_that_is_not_there_is_refused(ledger, file_one):
    """It would hold nothing; what was typed may be a person, so it is neither kept nor repeated."""
    request_id = file_one()
    versions.save_graph(ledger, inventory("billing"))
    with pytest.raises(StateError, match=r"^hold: the inventory has no asset of that name") as refused:
        hold_store.place(ledger, request_id, HoldReason.LEGAL_CLAIMS, staff="staff-7", asset="biling")
    assert "biling" not in str(refused.value)
    with ledger.read() as tx:
        assert [] == hold_store.of_request(tx, request_id)
    assert [] == entries_of(ledger, request_id)


def test_a_hold_whose_last_day_is_over_is_refused(ledger, file_one):
    """It would have no effect; one that ends today is placed."""
    request_id = file_one()
    with pytest.raises(DayError, match=r"^hold: its last day is over"):
        hold_store.place(
            ledger, request_id, HoldReason.LEGAL_CLAIMS, staff="staff-7", until=DAY - timedelta(days=1)
        )
    with ledger.read() as tx:
        assert [] == hold_store.of_request(tx, request_id)
    hold_store.place(ledger, request_id, HoldReason.LEGAL_CLAIMS, staff="staff-7", until=DAY)


def inventory(*names):
    """Return a graph of assets that nobody declared."""
    nodes = {name: Node(asset=name, declaration=None) for name in names}
    return LineageGraph(code_location="films", namespaces={}, nodes=nodes, edges=frozenset())


def test_a_hold_is_released_once(ledger, file_one):
    """A second release, or one of a hold that is not there, is refused and not logged."""
    request_id = file_one()
    hold_id = hold_store.place(ledger, request_id, HoldReason.LEGAL_CLAIMS, staff="staff-7")
    hold_store.release(ledger, hold_id, staff="staff-7")
    for one in (hold_id, "ho-none"):
        with pytest.raises(UnknownRequestError, match="no open one of that id"):
            hold_store.release(ledger, one, staff="staff-7")
    assert 2 == len(entries_of(ledger, request_id))


def test_nothing_is_left_to_hold_once_a_request_has_ended(ledger, in_state):
    """And an unknown request is refused by name."""
    request_id = in_state(State.CANCELLED)
    with pytest.raises(StateError, match="nothing is left to hold"):
        hold_store.place(ledger, request_id, HoldReason.LEGAL_CLAIMS, staff="staff-7")
    with pytest.raises(UnknownRequestError):
        hold_store.place(ledger, "rq-none", HoldReason.LEGAL_CLAIMS, staff="staff-7")


def test_a_hold_whose_entry_is_refused_is_not_placed(ledger, file_one):
    """One transaction: no hold without its entry."""
    request_id = file_one()
    with pytest.raises(LogFieldError, match="staff code"):
        hold_store.place(ledger, request_id, HoldReason.LEGAL_CLAIMS, staff="Eva Lindqvist")
    with ledger.read() as tx:
        assert [] == hold_store.of_request(tx, request_id)
