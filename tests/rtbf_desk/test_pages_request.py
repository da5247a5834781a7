"""`/rtbf/requests/<id>`: from the first search to the signed record, decided by buttons."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from desk_site import Site, site
from erasure_project import Project, project
from small_lakes import LINKS, holds, read, table, write
from sqlalchemy import update

from lineage_assets import Erasure, Exempt, ExemptReason, no_subject_data
from rtbf_desk import picture_drawing
from rtbf_desk.verify import run as verify
from rtbf_ledger import certificates, evidence, findings, hold_store, requests, schema
from rtbf_ledger.findings import FindingKind, Sighting
from rtbf_ledger.holds import HoldReason
from rtbf_ledger.readmissions import readmit
from rtbf_ledger.requests import Failure

BY = ("by", "jd")
EXEMPT = Exempt(reason=ExemptReason.LEGAL_OBLIGATION, basis="Section 147 AO", until="2034-12-31")


def people(folder: Path, **changes) -> Project:
    """Return a deployment: people, their invoices kept by law, what a partner gets, and counts."""
    who = table("people", {"id": "account", "mail": "email"})
    bills = table("bills", {"payer": "account"}, erasure=Erasure.NO_ACTION, exempt=EXEMPT)
    sent = dg.AssetSpec(
        ["partner", "sent"], deps=[who], owners=["team:a"], metadata=holds("sent", {"id": "account"})
    )
    counts = dg.AssetSpec(
        "counts", deps=[who], owners=["team:a"], metadata=no_subject_data(because="counts of many people")
    )
    made = project(folder, [who, bills, sent, counts], **changes)
    ids = [42, *range(1000, 1099)]
    write(made.lake, "people", {"id": ids, "mail": [f"p{n}@example.com" for n in ids]})
    write(made.lake, "bills", {"payer": [42, 42, 7]})
    write(made.lake, "sent", {"id": ids})
    return made


@pytest.fixture
def made(tmp_path):
    """The deployment."""
    return people(tmp_path)


@pytest.fixture
def desk(made):
    """Its desk."""
    with site(made.ledger, made.settings, made.control.graph, datetime.now(UTC)) as one:
        yield one


def planned(made: Project, *identifiers: str) -> str:
    """File a request and let the first search run; returns where its page is."""
    request_id = made.file(*(identifiers or ("account=42",)))
    made.settle_directly()
    return f"/rtbf/requests/{request_id}"


def row(page: str, asset: str) -> list[str]:
    """Return the cells of an asset's line in a table, as text."""
    lines = [line for line in page.split("<tr")[1:] if f">{asset}</a>" in line.partition("</th>")[0]]
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", lines[0])
    return [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in cells]


def decide(desk: Site, path: str, action: str, *fields: tuple[str, str]):
    """Send a decision with the plan and the token of the page."""
    found = re.search(r'name="plan" value="([^"]+)"', desk.get(path).text)
    plan = [("plan", found[1])] if found else []
    return desk.post(f"{path}/{action}", [*fields, *plan], page=path)


def state(made: Project, path: str) -> str:
    """Return a request's state."""
    return made.state(path.rpartition("/")[2])


def test_a_filed_request_waits_for_the_first_search(made, desk):
    """No plan yet: no table and no button to erase, and it says why."""
    page = desk.get(f"/rtbf/requests/{made.file('account=42')}").text
    assert "The first search of all data has not been done yet." in page
    assert "What will happen" not in page
    assert ">Erase</button>" not in page


def test_the_preview_says_what_will_happen(made, desk):
    """Rows and mentions of the person, of how many, in how many files, what happens, and why it is kept."""
    page = desk.get(planned(made)).text
    assert ["people", "Rows are deleted", "1", "0", "100", "1"] == row(page, "people")[:6]
    assert ["bills", "Is kept", "2", "0", "3", "1"] == row(page, "bills")[:6]
    assert "Section 147 AO" == row(page, "bills")[7]
    assert "Is not searched" == row(page, "counts")[1]
    assert '<a href="/assets/partner/sent">partner/sent</a>' in page
    assert "Waiting for approval" in page


def test_the_page_counts_who_is_meant_until_the_identifiers_are_destroyed(made, desk):
    """Two accounts filed together are seen to be two before anything is erased; afterwards nobody knows."""
    path = planned(made, "account=42", "account=1001", "email=p1001@example.com")
    assert "<dd>account: 2 given</dd><dd>email: 1 given</dd>" in desk.get(path).text
    assert 303 == decide(desk, path, "approve", BY).status
    made.settle_directly()
    assert "2 given" not in desk.get(path).text


def test_erase_approves_and_the_record_follows(made, desk):
    """303; then the record: verdicts, counts, picture, download that verifies, timeline, links to runs."""
    path = planned(made)
    assert 303 == decide(desk, path, "approve", BY).status
    assert "approved" == state(made, path)
    assert "Approved by jd." in desk.get(path).text
    made.settle_directly()
    page = desk.get(path).text
    assert "Partial record" in page
    assert ["people", "deleted", "1", "1", "0", "99"] == row(page, "people")[:6]
    assert ["bills", "kept until 31 Dec 2034", "2", "", "2", "3"] == row(page, "bills")[:6]
    assert "(Section 147 AO)" in row(page, "bills")[6]
    assert "The sealed identifiers were destroyed for good." in page
    assert re.search(r'href="/runs\?q%5B%5D=tag%3Artbf%2Fbatch%3Dbt-\w+">runs of the erasure', page)
    assert ">Erase</button>" not in page
    assert 42 not in read(made.lake, "people")["id"].to_list()


def test_the_picture_is_inline_and_its_style_is_in_the_sheet(made, desk):
    """The policy admits no style inside a page, so the picture's is served with ours."""
    path = planned(made)
    decide(desk, path, "approve", BY)
    made.settle_directly()
    page = desk.get(path).text
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page
    assert "<style" not in page
    sheet = desk.get("/rtbf/desk.css").text
    rules = re.findall(r"([^{}]+)\{([^{}]+)\}", picture_drawing.STYLE)
    assert all(f".picture {name}{{{rule}}}" in sheet for name, rule in rules)


def test_before_there_is_a_record_the_picture_is_of_the_plan(made, desk):
    """With what would happen at each data set; afterwards the record's takes its place."""
    path = planned(made)
    page = desk.get(path).text
    assert "Preview: lineage and what would happen" in page
    assert "<title>people: Rows are deleted, 1 found.</title>" in page
    assert "<style" not in page
    decide(desk, path, "approve", BY)
    made.settle_directly()
    page = desk.get(path).text
    assert (1, False) == (page.count("<svg"), "Preview: lineage" in page)


def test_the_record_is_handed_out_byte_for_byte(made, desk, tmp_path):
    """The file and the key that the pages give verify offline."""
    path = planned(made)
    decide(desk, path, "approve", BY)
    made.settle_directly()
    answer = desk.get(f"{path}/certificate")
    with made.ledger.read() as tx:
        assert certificates.newest(tx, path.rpartition("/")[2]) == answer.body
    assert "application/json" == answer.headers["content-type"]
    assert (
        f'attachment; filename="record-{path.rpartition("/")[2]}.json"'
        == (answer.headers["content-disposition"])
    )
    (tmp_path / "record.json").write_bytes(answer.body)
    (tmp_path / "ledger.pub").write_bytes(desk.get("/rtbf/key").body)
    assert 0 == verify(tmp_path / "record.json", tmp_path / "ledger.pub", as_json=False)[0]
    assert json.loads(answer.body)["body"]["request_id"] == path.rpartition("/")[2]


def test_an_identifier_found_nowhere_asks_for_a_check(made, desk):
    """The button alone does not approve it; the tick does."""
    path = planned(made, "account=42", "email=nobody@example.com")
    page = desk.get(path).text
    assert "Found nowhere: email." in page
    assert "nobody@example.com" not in page
    refused = decide(desk, path, "approve", BY)
    assert 422 == refused.status
    assert "Tick this when you have checked it with the person." in refused.text
    assert 303 == decide(desk, path, "approve", BY, ("nothing", "yes")).status
    assert "approved" == state(made, path)


def test_an_approved_request_says_when_its_batch_is(tmp_path):
    """On its page and in the list, at the controller's place, where there is a cadence."""
    made = people(tmp_path, batch=timedelta(hours=24))
    with site(made.ledger, made.settings, made.control.graph, datetime.now(UTC)) as desk:
        first, second = planned(made), planned(made, "account=1001")
        assert 303 == decide(desk, first, "approve", BY).status
        assert "That is on" not in desk.get(first).text  # there was no batch before
        made.settle_directly()
        assert 303 == decide(desk, second, "approve", BY).status
        told = r"\d+ \w+ \d{4}, \d\d:\d\d UTC"
        assert re.search(
            f"It is erased with the next run. That is on {told}, or soon after.", desk.get(second).text
        )
        assert re.search(f"the next run, {told}", desk.get("/rtbf/requests").text)


def test_a_large_share_asks_for_how_much(tmp_path):
    """Before the first approval already: which data set, how much of it, and a number to accept."""
    made = people(tmp_path, share_limit=0.005)
    with site(made.ledger, made.settings, made.control.graph, datetime.now(UTC)) as desk:
        path = planned(made)
        page = desk.get(path).text
        assert "up to 1 % of people, partner/sent" in page
        assert "The limit is 0.5 % of a data set." in page
        for text in ("", "lots", "0", "101", "nan"):
            assert 422 == decide(desk, path, "approve", BY, ("share", text)).status
        assert 303 == decide(desk, path, "approve", BY, ("share", "1,5 %")).status
        with made.ledger.read() as tx:
            assert 0.015 == requests.get(tx, path.rpartition("/")[2]).accepted_share
        made.settle_directly()
        assert "closed" == state(made, path)


def test_a_plan_that_changed_is_looked_at_again(made, desk):
    """What is approved is the plan that was on the page."""
    path = planned(made)
    stale = desk.post(f"{path}/approve", [BY, ("plan", "0" * 64)], page=path)
    assert 422 == stale.status
    assert "The plan has changed since this page was opened" in stale.text
    assert "planned" == state(made, path)


def test_the_request_of_somebody_readmitted_is_not_approved(made, desk):
    """The page says why, and what to do; the button of a page that was opened before it does nothing."""
    before, path = planned(made).rpartition("/")[2], planned(made, "account=1001")
    made.approve(before)
    made.settle_directly()
    back = Sighting(request=before, kind=FindingKind.RESURRECTION, rows=1, digests=("0" * 64,), written=0.0)
    with made.ledger.write() as tx:
        (one,) = findings.record(made.ledger, tx, "people", [back], still=frozenset(), whole=False)
        findings.set_child(tx, [one.id], path.rpartition("/")[2])
    readmit(made.ledger, "account", "42", reason="consent", staff="jd")

    answer = decide(desk, path, "approve", BY)

    assert (422, "planned") == (answer.status, state(made, path))
    assert "somebody it is about was readmitted; cancel it, or file a new request" in answer.text


@pytest.mark.parametrize("staff", ["", "Ada Lovelace", "jd;"])
def test_a_decision_names_who_decides(made, desk, staff):
    """By a staff code; a name would stay in the log for ever."""
    path = planned(made)
    for action in ("approve", "cancel", "refuse"):
        page = decide(desk, path, action, ("by", staff), ("sure", "yes"))
        assert 422 == page.status
        assert "Write your code in letters" in page.text
    assert "planned" == state(made, path)


@pytest.mark.parametrize(("action", "ended"), [("cancel", "cancelled"), ("refuse", "refused")])
def test_ending_a_request_asks_whether_one_is_sure(made, desk, action, ended):
    """It destroys the identifiers."""
    path = planned(made)
    unsure = decide(desk, path, action, BY)
    assert 422 == unsure.status
    assert "Tick this to go on; it cannot be undone." in unsure.text
    assert re.search(r"<details open>", unsure.text)
    assert 303 == decide(desk, path, action, BY, ("sure", "yes")).status
    assert ended == state(made, path)
    page = desk.get(path).text
    assert f"{ended.capitalize()} by jd." in page
    assert 'id="decide"' not in page


def test_a_stopped_request_says_why_and_is_taken_up_again(made, desk):
    """Each failure is a sentence; the button files it again."""
    path = planned(made)
    failure = Failure(code="moved", asset="people", sentence="asset people: its folder is another one")
    with made.ledger.write() as tx:
        requests.fail(made.ledger, tx, path.rpartition("/")[2], [failure])
    page = desk.get(path).text
    assert "<li>Asset people: its folder is another one.</li>" in page
    assert "It could not go on: its data is in another place than declared." in page
    assert ("What was planned" in page, "What will happen" in page) == (True, False)
    assert "nothing is erased yet" not in page  # the picture of a plan says so, and it may be false by now
    assert 422 == decide(desk, path, "retry").status
    assert 303 == decide(desk, path, "retry", BY).status
    assert "filed" == state(made, path)
    assert "What was planned" not in desk.get(path).text  # it is searched anew, and planned anew


@pytest.mark.parametrize(
    ("action", "fields"), [("approve", []), ("retry", []), ("cancel", [("sure", "yes")])]
)
def test_what_the_state_does_not_allow_is_told(made, desk, action, fields):
    """409, a sentence without the command line's words, and a way back."""
    path = planned(made)
    requests.end(made.ledger, path.rpartition("/")[2], requests.State.REFUSED, staff="jd")
    answer = desk.post(f"{path}/{action}", [BY, *fields])
    assert 409 == answer.status
    assert "The request has changed since the page was opened" in answer.text
    assert "--" not in answer.text.partition("<main")[2]
    assert f'<a href="{path}">Back to the request</a>' in answer.text


@pytest.mark.parametrize("action", ["approve", "retry", "cancel", "refuse"])
def test_nothing_is_decided_about_a_request_that_is_not_there(desk, action):
    """404 and a sentence."""
    answer = desk.post(f"/rtbf/requests/rq-none/{action}", [BY, ("sure", "yes")])
    assert 404 == answer.status


def test_a_batch_names_the_requests_that_were_worked_on_together(made, desk):
    """Where a link in Dagster leads: those of this batch, with their states, and back to its runs."""
    first = planned(made, "account=1001").rpartition("/")[2]
    second = made.file("account=1002")
    with made.ledger.read() as tx:
        batch = evidence.latest_prepare(tx, first)
    page = desk.get(f"/rtbf/batches/{batch}").text
    assert f'<a class="id" href="/rtbf/requests/{first}">{first}</a>' in page
    assert second not in page
    assert "Waiting for approval" in page
    assert f'<a href="/runs?q%5B%5D=tag%3Artbf%2Fbatch%3D{batch}">Runs of the batch in Dagster</a>' in page
    missing = desk.get("/rtbf/batches/bt-none<script>")
    assert (404, False) == (missing.status, "<script>" in missing.text)


def test_a_hold_is_named(made, desk):
    """Why, where and until when, in words."""
    path = planned(made)
    hold_store.place(
        made.ledger, path.rpartition("/")[2], HoldReason.LEGAL_CLAIMS, staff="jd", asset="people"
    )
    page = desk.get(path).text
    assert "people is held: legal claims, until it is released." in page
    assert "A legal hold was placed by jd: legal claims." in page


def test_an_asset_that_is_gone_has_no_link(made, desk):
    """A record outlives the definitions; a picture of a lost inventory is left out."""
    path = planned(made)
    decide(desk, path, "approve", BY)
    made.settle_directly()
    with made.ledger.write() as tx:
        tx.execute(update(schema.graph).values(digest="0" * 64))
    made.control.graph.nodes.pop("people")
    page = desk.get(path).text
    assert '<th scope="row">people</th>' in page
    assert "<svg" not in page


def test_rows_of_a_shared_identifier_are_said(tmp_path):
    """The preview names the rows that a person has to decide about."""
    owners = table("owners", {"account": "account", "device": "device"}, links=LINKS)
    views = table("views", {"device": "device"}, deps=[owners], erasure=Erasure.DELETE_ROWS)
    made = project(tmp_path, [owners, views])
    shared = "6f1c2a34-5cb3-4d1e-9f70-aaaaaaaaaaaa"
    write(made.lake, "owners", {"account": [42, 43], "device": [shared, shared]})
    write(made.lake, "views", {"device": [shared, shared, shared]})
    with site(made.ledger, made.settings, made.control.graph, datetime.now(UTC)) as desk:
        page = desk.get(planned(made)).text
    assert "3 more rows carry only an identifier that several people share" in page
    assert "<dd>account: 1 given</dd><dd>device: 1 found, 1 of them shared with others</dd>" in page
    assert shared not in page
