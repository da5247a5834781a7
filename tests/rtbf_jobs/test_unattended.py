"""What may be erased again without a person, through the real jobs; and all that a person is asked about."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from erasure_project import project
from small_lakes import LINKS, read, table, write

from lineage_assets import ReErase
from rtbf_jobs.re_erase import file_children
from rtbf_jobs.sweeping import open_sweeping
from rtbf_ledger import findings, hold_store, log, requests
from rtbf_ledger.findings import FindingKind
from rtbf_ledger.holds import HoldReason
from rtbf_ledger.readmissions import readmit
from rtbf_ledger.states import State
from scanners.sweep import sweep_asset, sweepable

EVA, BOB = 770011223344, 770011223355
MAIL = "eva.lindqvist@films.example"
OLD, NEW = datetime(2026, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=1)


def assets(**changed):
    """Return three tables that let themselves be erased again, two of which say when a row happened."""
    said = {
        "people": ({"id": "account", "mail": "email"}, {"event_time": "at"}),
        "views": ({"id": "account"}, {"event_time": "at"}),
        "calls": ({"tel": "phone", "id": "account"}, {}),
    }
    return [
        table(name, keys, **{"re_erase": ReErase.AUTO} | more | changed.get(name, {}))
        for name, (keys, more) in said.items()
    ]


def people(made, *who, at=OLD, file="a.parquet"):
    """Write people."""
    mails = [MAIL if one == EVA else "bob@films.example" for one in who]
    write(made.lake, "people", {"id": list(who), "mail": mails, "at": [at] * len(who)}, file=file)


def views(made, *who, at=OLD, file="a.parquet"):
    """Write what people watched."""
    write(made.lake, "views", {"id": list(who), "at": [at] * len(who)}, file=file)


def fill(made):
    """Write all three."""
    people(made, EVA, BOB)
    views(made, EVA, BOB)
    write(made.lake, "calls", {"tel": ["+4930555017000"], "id": [BOB]})


def erase(made, *identifiers):
    """Erase somebody, as approved by a person; returns the request."""
    request = made.file(*identifiers)
    made.settle_directly()
    made.approve(request)
    made.settle_directly()
    assert "closed" == made.state(request)
    return request


@pytest.fixture(scope="module")
def erased(tmp_path_factory):
    """A folder with a deployment that Eva was erased from. For copying."""
    folder = tmp_path_factory.mktemp("erased") / "deployment"
    made = project(folder, assets())
    fill(made)
    request = erase(made, f"account={EVA}", f"email={MAIL}")
    made.ledger.engine.dispose()
    return folder, request


@pytest.fixture
def deploy(erased, tmp_path):
    """Deploy a copy; deploy(people={...}, share_limit=...) changes declarations and settings."""

    def one(*, share_limit=1.0, **changed):
        shutil.copytree(erased[0], tmp_path / "made")
        made = project(tmp_path / "made", assets(**changed), share_limit=share_limit)
        made.request = erased[1]
        return made

    return one


def sweep(made, *names):
    """Sweep some assets, or all, and file what is to be filed; returns it and the open findings by asset."""
    graph = made.control.graph
    with open_sweeping(made.settings, made.ledger, graph, lambda _asset: ()) as sweeping:
        swept = [sweep_asset(sweeping, name, progress=lambda *_: None) for name in names or sweepable(graph)]
    filed = file_children(made.ledger, graph, swept)
    with made.ledger.read() as tx:
        return filed, {one.asset: one for one in findings.of_asset(tx)}


def approvals(made, request):
    """Return who approved a request, by the log."""
    with made.ledger.read() as tx:
        entries = [json.loads(text) for text in log.entries(tx)]
    return [one["staff"] for one in entries if (one["kind"], one.get("request_id")) == ("Approved", request)]


def test_whoever_came_back_is_erased_again_by_the_machine_and_logged_so(deploy):
    """In Dagster runs, from the sweep to the certificate, and the finding ends."""
    made = deploy()
    people(made, EVA, BOB, file="restored.parquet")
    (child,), found = sweep(made)
    assert {"people": (FindingKind.RESURRECTION, 1, 0)} == {
        name: (one.kind, one.rows, one.later) for name, one in found.items()
    }

    made.settle()

    assert ("closed", ["unattended"]) == (made.state(child), approvals(made, child))
    assert [BOB, BOB] == read(made.lake, "people")["id"].to_list()
    assert ([], {}) == sweep(made)
    assert "unattended" == made_by(made, child)


def made_by(made, request):
    """Return who approved, as the ledger has it."""
    with made.ledger.read() as tx:
        return requests.get(tx, request).approved_by


ASKS = {
    "an asset that asks": ({"people": {"re_erase": "ask"}}, lambda made: people(made, EVA)),
    "one of two that asks": (
        {"views": {"re_erase": "ask"}},
        lambda made: (people(made, EVA, BOB), views(made, EVA)),
    ),
    "a row from after the erasure": (
        {},
        lambda made: (people(made, EVA), people(made, EVA, at=NEW, file="b.parquet")),
    ),
    "one elsewhere": ({}, lambda made: (people(made, EVA, BOB), views(made, EVA, BOB, at=NEW))),
    "a share above the limit": ({"share_limit": 0.25}, lambda made: people(made, EVA, BOB)),
}


ONE = "a row from after the erasure"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == ONE else pytest.mark.slow) for name in ASKS]
)
def test_a_person_is_asked(deploy, name):
    """Nothing is erased, and a person's approval goes on from there."""
    changed, fill = ASKS[name]
    made = deploy(**changed)
    fill(made)
    (child,), _ = sweep(made)

    made.settle_directly()

    assert "planned" == made.state(child)
    assert EVA in read(made.lake, "people")["id"].to_list()
    made.approve(child, share=1.0)
    made.settle_directly()
    assert ("closed", "test") == (made.state(child), made_by(made, child))
    assert EVA not in read(made.lake, "people")["id"].to_list()


@pytest.mark.slow
def test_what_is_held_for_the_first_request_is_not_erased_by_its_child_alone(tmp_path):
    """The hold binds the first request only, so a person looks at the second."""
    made = project(tmp_path, assets())
    fill(made)
    request = made.file(f"account={EVA}", f"email={MAIL}")
    made.settle_directly()
    hold_store.place(made.ledger, request, HoldReason.LEGAL_CLAIMS, asset="views", staff="staff-7")
    made.approve(request)
    made.settle_directly()
    made.approve(request)
    made.settle_directly()
    assert "partly_closed" == made.state(request)
    people(made, EVA, BOB)

    (child,), found = sweep(made)
    made.settle_directly()

    assert {"people"} == set(found)
    assert ("planned", []) == (made.state(child), approvals(made, child))


@pytest.mark.slow
def test_a_row_that_only_a_shared_identifier_owns_asks_a_person(tmp_path):
    """It is nobody's alone."""
    both = [
        table("devices", {"id": "account", "device": "device"}, links=LINKS, re_erase="auto"),
        table("sessions", {"device": "device"}, re_erase="auto"),
    ]
    made = project(tmp_path, both)
    mine, theirs = (f"3f2504e0-4f89-11d3-9a0c-0305e82c330{n}" for n in (1, 2))
    write(made.lake, "devices", {"id": [EVA, BOB], "device": [mine, theirs]})
    write(made.lake, "sessions", {"device": [mine, theirs]})
    erase(made, f"account={EVA}")
    write(made.lake, "devices", {"id": [EVA, BOB], "device": [theirs, theirs]})

    (child,), found = sweep(made)
    made.settle_directly()

    assert {"devices"} == set(found)
    assert ("planned", []) == (made.state(child), approvals(made, child))


def test_only_later_rows_are_a_case_and_nothing_is_filed(deploy):
    """A customer who came back is left alone for as long as nobody decides otherwise."""
    made = deploy()
    people(made, EVA, BOB, at=NEW)

    filed, found = sweep(made)
    made.settle_directly()

    assert ([], FindingKind.CASE, 1, 1) == (
        filed,
        (one := found["people"]).kind,
        one.rows,
        one.later,
    )
    assert [EVA, BOB] == read(made.lake, "people")["id"].to_list()


@pytest.mark.slow
def test_who_was_readmitted_is_left_alone_and_older_rows_are_told(deploy):
    """An erasure would take the lawful rows too, so none is filed; without old rows there is no finding."""
    made = deploy()
    for namespace, value in (("account", str(EVA)), ("email", MAIL)):
        readmit(made.ledger, namespace, value, reason="new_contract", staff="staff-7", begins=NEW)
    people(made, EVA, BOB, at=NEW)
    assert ([], {}) == sweep(made)

    views(made, EVA, BOB, file="restored.parquet")
    filed, found = sweep(made)
    made.settle_directly()

    assert ([], {"views": FindingKind.RESURRECTION}) == (filed, {n: one.kind for n, one in found.items()})
    assert [EVA, BOB] == read(made.lake, "people")["id"].to_list()


@pytest.mark.slow
def test_what_came_after_the_sweep_asks_a_person(deploy):
    """Before the approval or after it: nobody has told of it, and it may be a lawful return."""
    made = deploy()
    people(made, EVA, BOB)
    (child,), _ = sweep(made)
    views(made, EVA, at=NEW)
    made.settle_directly()
    assert ("planned", []) == (made.state(child), approvals(made, child))

    (made.lake / "views" / "a.parquet").unlink()
    views(made, BOB)
    requests.end(made.ledger, child, State.CANCELLED, staff="staff-7")
    people(made, BOB)
    sweep(made)
    people(made, EVA, BOB)
    (other,), _ = sweep(made)
    for asked in made.ticks():
        made.phases(asked)
    asked = list(made.ticks())
    assert ("approved", ["rtbf_erase"]) == (made.state(other), [one.job_name for one in asked])
    people(made, EVA, at=NEW, file="new.parquet")
    made.phases(asked[0])
    made.settle_directly()

    assert ("planned", ["unattended"]) == (made.state(other), approvals(made, other))
    assert 2 == read(made.lake, "people")["id"].to_list().count(EVA)


@pytest.mark.slow
def test_two_assets_found_one_after_the_other_are_one_request(deploy):
    """The one that waits erases everywhere; other identifiers are another request."""
    made = deploy(people={"re_erase": "ask"})
    people(made, EVA, BOB)
    (child,), _ = sweep(made, "people")
    views(made, EVA, BOB)

    filed, found = sweep(made, "views")

    assert ([], {child}) == (filed, {one.child for one in found.values()})
