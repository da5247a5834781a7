"""The desk as a person sees it: real Chromium, a real server, at a desk's width and at a phone's."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from desk_site import site
from erasure_project import Project, project
from playwright.sync_api import expect
from small_lakes import holds, read, table, write
from visit import WIDTHS, Visit, visit

from lineage_assets import Erasure, no_subject_data
from rtbf_desk.verify import run as verify

CANARY = "4242427713"
WIDE, NARROW = WIDTHS
WIDE_SLOWLY, NARROW_SLOWLY = (pytest.param(one, marks=pytest.mark.slow) for one in WIDTHS)
"""One width of near-duplicates is left out unless asked for; a phone is where pages get tight."""


@dataclass
class Desk:
    """A desk, and the browser that visits it."""

    seen: Visit
    made: Project

    def settle(self) -> None:
        """Do what the daemon does; apart, because Playwright keeps this thread's event loop running."""
        with ThreadPoolExecutor(1) as daemon:
            daemon.submit(self.made.settle_directly).result()


def _people(folder: Path) -> Project:
    who = table("people", {"id": "account", "mail": "email"})
    sent = dg.AssetSpec("sent", deps=[who], owners=["team:a"], metadata=holds("sent", {"id": "account"}))
    counts = dg.AssetSpec(
        "counts", deps=[who], owners=["team:a"], metadata=no_subject_data(because="counts of many people")
    )

    @dg.asset(
        deps=[who],
        owners=["team:a"],
        metadata=holds("features", {"id": "account"}, erasure=Erasure.REBUILD),
    )
    def features() -> None:
        write(folder / "lake", "features", {"id": read(folder / "lake", "people")["id"].to_list()})

    made = project(folder, [who, sent, counts, features])
    ids = [int(CANARY), *range(1000, 1099)]
    write(made.lake, "people", {"id": ids, "mail": [f"p{n}@example.com" for n in ids]})
    write(made.lake, "sent", {"id": ids})
    write(made.lake, "features", {"id": ids})
    return made


@pytest.fixture
def desk(request, chromium, pictures, tmp_path) -> Iterator[Desk]:
    """A desk that is visited at one width."""
    made = _people(tmp_path / "deployment")
    with site(made.ledger, made.settings, made.control.graph, datetime.now(UTC)) as served:
        seen = visit(chromium, request.param, pictures, f"http://127.0.0.1:{served.port}")
        yield Desk(seen, made)
        seen.page.context.close()


@pytest.mark.parametrize("desk", [WIDE_SLOWLY, NARROW], indirect=True)
def test_a_request_from_filing_to_its_record(desk, tmp_path):
    """Two mistakes and their mending, another identifier, preview, erase, and a record that verifies."""
    seen, page = desk.seen, desk.seen.page
    page.goto(f"{seen.home}/rtbf/requests")
    seen.look("empty")
    page.get_by_role("main").get_by_role("link", name="File a request").click()
    seen.look("new")
    page.get_by_label("Law").select_option(label="GDPR Art. 17")
    page.get_by_label("Kind").select_option("account")
    page.get_by_label("Value").fill(f"{CANARY}x")
    page.get_by_label("Note").fill("By letter.")
    page.get_by_role("button", name="File the request").click()
    seen.look("mistakes")
    expect(page.locator(".summary li")).to_have_count(2)
    expect(page.locator(".summary li").first).to_have_text("Value: Write a whole number, such as 1234.")
    expect(page.get_by_label("Note")).to_have_value("By letter.")
    page.get_by_role("link", name="Value: Write a whole number").click()
    page.get_by_label("Value").fill(CANARY)
    page.get_by_label("Your staff code").fill("jd")
    page.get_by_role("button", name="Add another identifier").click()
    expect(page.get_by_label("Value 2")).to_be_focused()
    page.get_by_label("Kind 2").select_option("email")
    page.get_by_label("Value 2").fill(f"p{CANARY}@example.com")
    page.get_by_role("button", name="File the request").click()
    seen.look("filed")
    _erased(desk)
    with page.expect_download() as record:
        page.get_by_role("link", name="Download the record").click()
    with page.expect_download() as key:
        page.get_by_role("link", name="Public key").click()
    record.value.save_as(tmp_path / "record.json")
    key.value.save_as(tmp_path / "ledger.pub")
    assert 0 == verify(tmp_path / "record.json", tmp_path / "ledger.pub", as_json=False)[0]
    page.goto(f"{seen.home}/rtbf/requests?state=all")
    seen.look("list")
    assert CANARY not in page.content()


def _erased(desk: Desk) -> None:
    """From the first search to the record, by the page's own buttons."""
    seen, page = desk.seen, desk.seen.page
    desk.settle()
    page.get_by_role("link", name="Refresh").click()
    seen.look("planned")
    page.get_by_role("link", name="Decide").click()
    page.get_by_label("Your staff code").first.fill("jd")
    page.get_by_role("button", name="Erase").click()
    desk.settle()
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("heading", name="Final record")).to_be_visible()
    seen.look("closed")
    assert CANARY not in page.content()


@pytest.mark.parametrize("desk", [WIDE, NARROW_SLOWLY], indirect=True)
def test_the_keyboard_is_enough(desk):
    """The first stop skips to the content; every stop shows where it is; Enter in a field files."""
    seen, page = desk.seen, desk.seen.page
    page.goto(f"{seen.home}/rtbf/new")
    page.keyboard.press("Tab")
    assert "Skip to the content" == page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    stops = []
    for _ in range(12):
        page.keyboard.press("Tab")
        shown = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        stops.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
        assert "solid" == shown, stops
    wanted = ["law", "kind-1", "value-1", "Add another identifier", "received"]
    assert wanted == stops[:5]
    page.locator("#by").focus()
    page.keyboard.press("Enter")
    page.locator(".summary").wait_for()
    assert "Error: File a request" in page.title()


@pytest.mark.parametrize(
    ("desk", "scheme"),
    [
        (WIDE, "light"),
        (NARROW, "dark"),
        pytest.param(WIDE, "dark", marks=pytest.mark.slow),
        pytest.param(NARROW, "light", marks=pytest.mark.slow),
    ],
    indirect=["desk"],
)
def test_contrast_holds_in_light_and_dark(desk, scheme):
    """Also where something is wrong and something is asked for."""
    seen, page = desk.seen, desk.seen.page
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{seen.home}/rtbf/new")
    page.get_by_role("button", name="File the request").click()
    seen.look(f"mistakes-{scheme}")
    request_id = desk.made.file(f"account={CANARY}", "email=nobody@example.com")
    desk.settle()
    page.goto(f"{seen.home}/rtbf/requests/{request_id}")
    page.get_by_role("button", name="Erase").click()
    page.get_by_text("Refuse the request").first.click()
    seen.look(f"planned-{scheme}")
    page.goto(f"{seen.home}/rtbf/requests/rq-none")
    seen.said.clear()  # the console tells of the 404 itself
    seen.look(f"missing-{scheme}")
