"""Whoever came back is erased again: a request is filed from the data, and waits for approval."""

import json

import pytest
from erasure_project import project
from small_lakes import read, table, write

from rtbf_jobs.re_erase import file_children
from rtbf_jobs.suppress import suppress_approved
from rtbf_jobs.sweeping import open_sweeping
from rtbf_ledger import findings, requests
from rtbf_ledger.errors import ReadmittedError
from rtbf_ledger.readmissions import readmit
from rtbf_ledger.states import State
from rtbf_ledger.tombstones import PLAIN, macs
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


def test_whoever_was_readmitted_is_not_erased_by_the_request_of_a_sweep(made):
    """The approval is refused with a way out; all are refused where one is, and nothing is erased."""
    fill(made, EVA, BOB)
    (child,), _ = sweep(made)
    other = made.file(f"account={BOB}")
    made.settle_directly()
    readmit(made.ledger, "account", str(EVA), reason="new_contract", staff="staff-7")

    with pytest.raises(
        ReadmittedError, match=rf"^request {child}: a sweep .* readmitted; .*rtbf cancel {child}"
    ):
        made.approve(child)
    with pytest.raises(ReadmittedError):
        requests.approve(made.ledger, other, child, staff="staff-7")
    made.settle_directly()

    assert ("planned", "planned") == (made.state(child), made.state(other))
    assert [EVA, BOB] == read(made.lake, "people")["id"].to_list()


@pytest.mark.parametrize("suppressed", [False, True])
def test_whoever_is_readmitted_after_the_approval_is_not_erased_either(made, suppressed):
    """Before the list has them again, or after it: the request goes back, and nobody is on the list anew."""
    fill(made, EVA, BOB)
    (child,), _ = sweep(made)
    made.settle_directly()
    made.approve(child)
    if suppressed:
        suppress_approved(made.ledger, made.control.graph)
    for pair in (("account", str(EVA)), ("email", MAIL), ("phone", PHONE)):
        readmit(made.ledger, *pair, reason="new_contract", staff="staff-7")
    made.settle_directly()

    assert "planned" == made.state(child)
    assert [EVA, BOB] == read(made.lake, "people")["id"].to_list()
    with made.ledger.read() as tx:
        assert frozenset() == macs(tx, "account", PLAIN)
    assert [] == sweep(made)[0]


def test_a_request_that_a_person_filed_erases_whoever_was_readmitted(made):
    """It is their decision, and the way out that the refusal names."""
    fill(made, EVA, BOB)
    sweep(made)
    readmit(made.ledger, "account", str(EVA), reason="new_contract", staff="staff-7")
    own = made.file(f"account={EVA}")
    made.settle_directly()
    made.approve(own)
    made.settle_directly()

    assert "closed" == made.state(own)
    assert [BOB] == read(made.lake, "people")["id"].to_list()
