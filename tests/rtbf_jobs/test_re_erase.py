"""Whoever came back is erased again: a request is filed from the data, and waits for approval."""

import json

import pytest
from erasure_project import project
from small_lakes import read, table, write

from rtbf_jobs.re_erase import file_children
from rtbf_jobs.sweeping import open_sweeping
from rtbf_ledger import findings, requests
from rtbf_ledger.states import State
from scanners.sweep import sweep_asset, sweepable

EVA, BOB = 770011223344, 770011223355
MAIL, PHONE = "eva.lindqvist@films.example", "+4930555017042"


@pytest.fixture
def made(tmp_path):
    """A deployment that Eva was erased from: people by account and e-mail address, calls by phone."""
    keys = {"people": {"id": "account"}, "mails": {"mail": "email"}, "calls": {"tel": "phone"}}
    assets = [table(name, declared) for name, declared in keys.items()]
    one = project(tmp_path, assets)
    fill(one, EVA, BOB)
    one.request = one.file(f"account={EVA}", f"email={MAIL}", f"phone={PHONE}")
    one.settle_directly()
    one.approve(one.request)
    one.settle_directly()
    assert "closed" == one.state(one.request)
    return one


def fill(made, *people):
    """Write people into the lake."""
    write(made.lake, "people", {"id": list(people)})
    write(made.lake, "mails", {"mail": [MAIL if one == EVA else None for one in people]})
    write(made.lake, "calls", {"tel": [PHONE if one == EVA else "+4930555017000" for one in people]})


def sweep(made):
    """Sweep everything and file what is to be filed; returns that, and the open findings by asset."""
    graph = made.control.graph
    with open_sweeping(made.settings, made.ledger, graph, lambda _asset: ()) as sweeping:
        reports = [sweep_asset(sweeping, name, progress=lambda *_: None) for name in sweepable(graph)]
    filed = file_children(made.ledger, graph, reports)
    with made.ledger.read() as tx:
        return filed, {one.asset: one for one in findings.of_asset(tx)}


def test_one_request_for_all_that_came_back_waits_for_approval_and_ends_it(made):
    """Over all assets, once; the phone alone is a case, and erases nobody."""
    fill(made, EVA, BOB)
    (child,), found = sweep(made)
    children = {name: one.child for name, one in found.items()}
    assert {"people": child, "mails": child, "calls": None} == children
    assert ([], child) == ((again := sweep(made))[0], again[1]["people"].child)
    made.settle_directly()
    assert "planned" == made.state(child)
    assert [EVA, BOB] == read(made.lake, "people")["id"].to_list()

    made.approve(child)
    made.settle_directly()

    assert "closed" == made.state(child)
    assert [BOB] == read(made.lake, "people")["id"].to_list()
    filed, found = sweep(made)
    assert ([], {"calls"}) == (filed, set(found))
    said = json.dumps([repr(made.told), *(repr(one) for one in found.values())])
    assert [] == [each for each in (str(EVA), MAIL, PHONE) if each in said]


def test_a_refusal_is_a_decision_and_a_later_return_is_another_request(made):
    """What was refused is not filed again; who came back again after the child is."""
    fill(made, EVA)
    (child,), _ = sweep(made)
    requests.end(made.ledger, child, State.CANCELLED, staff="staff-7")
    assert [] == sweep(made)[0]

    fill(made, BOB)
    assert "people" not in sweep(made)[1]
    fill(made, EVA)
    (other,), _ = sweep(made)
    assert child != other
