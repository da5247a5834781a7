"""`/rtbf/scans`: who came back, by data set, age and owner; and what was looked at, or could not be."""

import re

import pytest
from swept_desk import EVA, swept_desk

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
        "the next sweep files a request that erases it again",
        '<a href="/d/assets/orders">',
    ):
        assert words in shown
    assert str(EVA) not in visited[0].get("/rtbf/scans").text


def test_a_finding_leads_to_the_request_that_erases_again(visited):
    """With its state, which says whether a person has to approve it."""
    shown = section(visited, "findings", "?asset=people")
    assert re.search(r'href="/rtbf/requests/(rq-\w+)">\1</a><br>Received', shown)


def test_could_not_look_and_never_looked_are_not_clean(visited):
    """Each is named, with the reason, and counted apart."""
    page = visited[0].get("/rtbf/scans").text
    assert "<dt>Data sets looked at</dt><dd>2 of 4</dd>" in page
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
