"""`/rtbf/scans`: who came back, by data set, age and owner; and what was looked at, or could not be."""

import json
import re

import pytest
from swept_desk import EVA, swept_desk

from rtbf_ledger import findings, log
from rtbf_ledger.findings import FindingKind, Sighting
from rtbf_ledger.log import Kind

DATA_SET = re.compile(r'scope="row"><a href="[^"]*">(\w+)</a>')


@pytest.fixture(scope="module")
def visited(tmp_path_factory):
    """A desk with two findings, a damaged table and one that was never looked at."""
    with swept_desk(tmp_path_factory.mktemp("scans"), dagster="/d") as made:
        yield made


def section(visited, name, query=""):
    """Return one table of the page."""
    page = visited[0].get(f"/rtbf/scans{query}").text
    return page.split(f'<h2 id="{name}">')[1].split("</section>")[0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["orders", "people"]),
        ("?by=asset", ["orders", "people"]),
        ("?by=owner", ["people", "orders"]),
        ("?owner=team:shop", ["orders"]),
        ("?asset=people", ["people"]),
        ("?asset=people&owner=team:shop", []),
        ("?by=nonsense&state=nonsense", ["orders", "people"]),
    ],
)
def test_findings_by_age_data_set_and_owner(visited, query, expected):
    """The oldest first, or as it was asked for."""
    assert expected == DATA_SET.findall(section(visited, "findings", query))


def test_a_finding_says_what_a_person_asks(visited):
    """Since when, how it came to be there, whose erasure was undone and what happens now."""
    shown = section(visited, "findings", "?asset=orders")
    for words in (
        '<span class="state failed">Came back</span>',
        "3 days ago",
        "team:shop",
        f'href="/rtbf/requests/{visited[1]}"',
        'by something else, after <a href="/d/runs/run-before">',
        "a request that erases it again is not filed; the next sweep does, where it can",
        '<a href="/d/assets/orders">',
    ):
        assert words in shown
    assert str(EVA) not in visited[0].get("/rtbf/scans").text


def test_a_finding_leads_to_the_request_that_erases_again(visited):
    """With its state, which says whether a person has to approve it."""
    shown = section(visited, "findings", "?asset=people")
    assert re.search(r'href="/rtbf/requests/(rq-\w+)">\1</a><br>Received', shown)


def test_what_stands_where_no_key_is_declared_is_told_with_its_place(tmp_path):
    """And what its owner does; it waits for no request."""
    with swept_desk(tmp_path) as made:
        seen = Sighting(
            request=made[1],
            kind=FindingKind.ELSEWHERE,
            rows=2,
            digests=("0" * 64,),
            written=1_790_000_000.0,
            places=("(path)", "a <b> note"),
        )
        with made[0].ledger.write() as tx:
            findings.record(made[0].ledger, tx, "unseen", [seen], still=frozenset({made[1]}), whole=True)
        shown = section(made, "findings", "?asset=unseen")
    for words in (
        '<span class="state needs_decision">Stands elsewhere</span>',
        "2 in 1 file<br>in names of files, a &lt;b&gt; note",
        '"Now">its owner declares where it stands as a key, or takes it out',
    ):
        assert words in shown


def test_what_nobody_declared_is_told_with_its_owner(visited):
    """What, where, how sure; what somebody accepted says who and why."""
    shown = section(visited, "undeclared", "?owner=team:shop")
    for words in ("looks personal: email", "contact_1", "94 % sure", "team:shop", "To be decided"):
        assert words in shown
    everything = section(visited, "undeclared")
    assert "Accepted</span> it is being mended (jd)" in everything
    assert "{lake}" in everything
    assert "12 files" in everything
    assert "<li>unseen: Never looked at</li>" in everything


def test_a_mismatch_is_accepted_for_a_reason_and_taken_back(visited):
    """A reason and a staff code are asked for; both decisions are in the log."""
    served = visited[0]
    page = "/rtbf/scans/" + re.search(r"/rtbf/scans/(ud-\w+)", section(visited, "undeclared"))[1]
    refused = served.post(f"{page}/accept", [("by", "j d")], page=page)
    assert 422 == refused.status
    assert "Choose why it is right as it is." in refused.text
    assert 403 == served.send(f"{page}/accept", [("by", "jd"), ("because", "chance")]).status
    assert 303 == served.post(f"{page}/accept", [("by", "jd"), ("because", "chance")], page=page).status
    assert "accepted: it is chance (jd)" in served.get(page).text
    assert 303 == served.post(f"{page}/withdraw", [("by", "jd")], page=page).status
    assert "To be decided" in served.get(page).text
    with served.ledger.read() as tx:
        kinds = [Kind(json.loads(entry)["kind"]) for entry in log.entries(tx)]
    assert [Kind.UNDECLARED_ACCEPTED, Kind.UNDECLARED_WITHDRAWN] == kinds[-2:]
    assert 404 == served.get("/rtbf/scans/ud-none").status


def test_could_not_look_and_never_looked_are_not_clean(visited):
    """Each is named, with the reason, and counted apart."""
    page = visited[0].get("/rtbf/scans").text
    assert "<dt>Data sets looked at for who came back</dt><dd>2 of 4</dd>" in page
    assert "<dt>Not looked at</dt><dd>2 <span" in page
    rows = {DATA_SET.findall(row)[0]: row for row in section(visited, "looked").split("<tr")[2:]}
    assert "Could not be looked at</span> it cannot be read" in rows["damaged"]
    assert "Never looked at" in rows["unseen"]
    assert "Somebody there" in rows["people"]
    nobody = section(visited, "findings", "?asset=damaged")
    assert "Nobody is known to have come back, in what could be looked at." in nobody


def test_the_page_is_in_the_desks_navigation(visited):
    """One click from the requests."""
    assert '<a href="/rtbf/scans">Scans</a>' in visited[0].get("/rtbf/requests").text
