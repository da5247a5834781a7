"""`/rtbf/requests`: deadlines in words, filters, and paging that ten thousand requests do not slow down."""

import re
from datetime import datetime, timedelta
from itertools import pairwise
from time import monotonic

import pytest
from desk_site import NOW, empty_site
from sqlalchemy import insert, update

from rtbf_desk.web import listing
from rtbf_ledger import requests, schema
from rtbf_ledger.states import State

ID = re.compile(r'href="/rtbf/requests/(rq-[\w-]+)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A desk with six requests: received today, a week ago, five weeks ago; and three that have ended."""
    with empty_site(tmp_path_factory.mktemp("desk")) as made:
        made.ids = {
            name: made.file(received=NOW - timedelta(days=days), law=law)
            for name, days, law in (
                ("today", 0, "ccpa"),
                ("week", 7, "gdpr"),
                ("late", 40, "gdpr"),
                ("refused", 3, "gdpr"),
                ("cancelled", 4, "gdpr"),
                ("planned", 1, "uk_gdpr"),
            )
        }
        requests.end(made.ledger, made.ids["refused"], State.REFUSED, staff="jd")
        requests.end(made.ledger, made.ids["cancelled"], State.CANCELLED, staff="jd")
        with made.ledger.write() as tx:
            requests.move(tx, made.ids["planned"], State.PLANNED)
        yield made


def shown(site, query: str) -> list[str]:
    """Return the names of the requests on a page, in its order."""
    names = {request_id: name for name, request_id in site.ids.items()}
    return [names[found] for found in ID.findall(site.get(f"/rtbf/requests{query}").text)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["late", "week", "planned", "today"]),
        ("?state=all", ["today", "planned", "refused", "cancelled", "week", "late"]),
        ("?state=planned", ["planned"]),
        ("?state=refused", ["refused"]),
        ("?state=closed", []),
        ("?due=0", ["late"]),
        ("?due=30", ["late", "week", "planned"]),
        ("?due=14", ["late"]),
        ("?state=all&due=0", ["late"]),
        ("?state=nonsense&due=soon&after=x", ["late", "week", "planned", "today"]),
    ],
)
def test_what_is_shown_in_which_order(site, query, expected):
    """Open ones by deadline, soonest first; with ended ones by receipt, newest first."""
    assert expected == shown(site, query)


def test_a_line_says_what_a_lawyer_asks(site):
    """State and deadline in plain words, what it waits for, and nothing pressing about an ended one."""
    page = site.get("/rtbf/requests?state=all").text
    for words in (
        '<span class="state planned">Waiting for approval</span>',
        "a person to approve it",
        '2 Mar 2026 <span class="left late">8 days late</span>',
        '24 Apr 2026 <span class="left ">45 days left</span>',
        'title="10 Mar 2026, 10:30 CET"',
        "CCPA 1798.105",
    ):
        assert words in page
    ended = next(row for row in page.split("<tr") if site.ids["refused"] in row)
    assert 'class="left' not in ended


def test_states_are_counted(site):
    """A view says how many there are in it; a state without any is not offered."""
    page = site.get("/rtbf/requests").text
    for words in ("Everything open (4)", "Received (3)", "Refused (1)", "Everything (6)"):
        assert f">{words}</option>" in page
    assert "Being erased" not in page


def test_no_request_at_all_is_said(tmp_path):
    """An empty list is a sentence."""
    with empty_site(tmp_path) as site:
        assert "No request has been filed yet." in site.get("/rtbf/requests").text


def test_what_a_request_waits_for_is_told_by_its_finding(site):
    """A planned request whose identifier was found nowhere waits for a check."""
    table = schema.request
    with site.ledger.write() as tx:
        tx.execute(update(table).where(table.c.id == site.ids["planned"]).values(attention="nothing_found"))
    assert "a check: an identifier was found nowhere" in site.get("/rtbf/requests?state=planned").text


@pytest.mark.parametrize("query", ["", "?state=all"])
def test_ten_thousand_requests_under_a_second(tmp_path, query):
    """Every page is a bounded query; going through the pages shows each request once, in order."""
    with empty_site(tmp_path) as site:
        with site.ledger.write() as tx:
            tx.execute(insert(schema.request), [_row(number) for number in range(10_000)])
        began = monotonic()
        page = site.get(f"/rtbf/requests{query}").text
        took = monotonic() - began
        view = listing.View(name="all" if query else "open")
        seen, after = [], ""
        for _ in range(4):
            found = listing.page(site.ledger, view, after=after)
            seen += found.rows
            after = found.after
        further = re.search(r'<a href="\?([^"]+)">Next page', page)[1].replace("&amp;", "&")
        second = ID.findall(site.get(f"/rtbf/requests?{further}").text)
    assert took < 1
    assert 200 == len({row.id for row in seen})
    assert [row.id for row in seen[:50]] == ID.findall(page)
    assert [row.id for row in seen[50:100]] == second
    keys = [(row.key, row.id) for row in seen]
    assert all(a[0] >= b[0] if query else a < b for a, b in pairwise(keys))


def test_the_last_page_has_no_next(tmp_path):
    """Exactly one page of requests is one page."""
    with empty_site(tmp_path) as site:
        with site.ledger.write() as tx:
            tx.execute(insert(schema.request), [_row(number) for number in range(listing.PAGE)])
        page = site.get("/rtbf/requests").text
    assert listing.PAGE == len(ID.findall(page))
    assert "Next page" not in page


def _row(number: int) -> dict[str, object]:
    received = datetime.fromisoformat("2026-01-01T00:00:00+00:00") + timedelta(hours=number // 7)
    return {
        "id": f"rq-{number * 7919 % 10_000:05}",
        "law": "gdpr",
        "received_at": received.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "zone": "Europe/Berlin",
        "country": "DE",
        "due_on": (received + timedelta(days=31)).date().isoformat(),
        "erase_by": (received + timedelta(days=7)).date().isoformat(),
        "filed_by": "test",
        "state": "filed",
        "nothing_confirmed": False,
    }
