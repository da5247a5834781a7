"""The desk as a person sees it: real Chromium, a real server, at a desk's width and at a phone's."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from axe_playwright_python.sync_playwright import Axe
from desk_site import site
from erasure_project import Project, project
from small_lakes import holds, read, table, write

from lineage_assets import Erasure, no_subject_data
from rtbf_desk.verify import run as verify

WIDTHS = {"desk": (1280, 900), "phone": (390, 844)}
SERIOUS = {"serious", "critical"}
CANARY = "4242427713"


@dataclass
class Visit:
    """A browser's visit. `look` asks of every page what every page owes."""

    page: Any
    made: Project
    folder: Path
    home: str
    said: list[str] = field(default_factory=list)

    def look(self, name: str) -> None:
        """Take a picture, and ask for no serious axe violation, no sideways scrolling, nothing refused."""
        self.page.screenshot(path=self.folder / f"{name}.png", full_page=True)
        found = Axe().run(self.page).response["violations"]
        wrong = [
            (one["id"], node["target"]) for one in found if one["impact"] in SERIOUS for node in one["nodes"]
        ]
        assert [] == wrong, name
        wide = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= wide[1], name
        assert [] == self.said, name

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


@pytest.fixture(params=WIDTHS)
def visit(request, chromium, tmp_path) -> Iterator[Visit]:
    """A visit at one width; what the browser's console complains about is collected."""
    made = _people(tmp_path / "deployment")
    width, height = WIDTHS[request.param]
    with site(made.ledger, made.settings, made.control.graph, datetime.now(UTC)) as desk:
        home = f"http://127.0.0.1:{desk.port}"
        context = chromium.new_context(
            viewport={"width": width, "height": height}, accept_downloads=True, timezone_id="Asia/Tokyo"
        )
        page = context.new_page()
        one = Visit(page, made, tmp_path, home)
        page.on("console", lambda message: one.said.append(message.text) if _bad(message) else None)
        page.on("pageerror", lambda error: one.said.append(str(error)))
        yield one
        context.close()


def _bad(message: Any) -> bool:
    """A complaint of the browser, but not that a form came back with 422: that is how mistakes are told."""
    return message.type in {"error", "warning"} and "422" not in message.text


def test_a_request_from_filing_to_its_record(visit, tmp_path):
    """Two mistakes and their mending, another identifier, preview, erase, and a record that verifies."""
    page = visit.page
    page.goto(f"{visit.home}/rtbf/requests")
    visit.look("empty")
    page.get_by_role("main").get_by_role("link", name="File a request").click()
    visit.look("new")
    page.get_by_label("Law").select_option(label="GDPR Art. 17")
    page.get_by_label("Kind").select_option("account")
    page.get_by_label("Value").fill(f"{CANARY}x")
    page.get_by_label("Note").fill("By letter.")
    page.get_by_role("button", name="File the request").click()
    visit.look("mistakes")
    assert ["Value: Write a whole number, such as 1234."] == page.locator(".summary li").all_inner_texts()[:1]
    assert 2 == page.locator(".summary li").count()
    assert "By letter." == page.get_by_label("Note").input_value()
    page.get_by_role("link", name="Value: Write a whole number").click()
    page.get_by_label("Value").fill(CANARY)
    page.get_by_label("Your staff code").fill("jd")
    page.get_by_role("button", name="Add another identifier").click()
    assert "value-2" == page.evaluate("document.activeElement.id")
    page.get_by_label("Kind 2").select_option("email")
    page.get_by_label("Value 2").fill(f"p{CANARY}@example.com")
    page.get_by_role("button", name="File the request").click()
    visit.look("filed")
    _erased(visit, page)
    with page.expect_download() as record:
        page.get_by_role("link", name="Download the record").click()
    with page.expect_download() as key:
        page.get_by_role("link", name="Public key").click()
    record.value.save_as(tmp_path / "record.json")
    key.value.save_as(tmp_path / "ledger.pub")
    assert 0 == verify(tmp_path / "record.json", tmp_path / "ledger.pub", as_json=False)[0]
    page.goto(f"{visit.home}/rtbf/requests?state=all")
    visit.look("list")
    assert CANARY not in page.content()


def _erased(visit: Visit, page: Any) -> None:
    """From the first search to the record, by the page's own buttons."""
    visit.settle()
    page.get_by_role("link", name="Refresh").click()
    visit.look("planned")
    page.get_by_role("link", name="Decide").click()
    page.get_by_label("Your staff code").first.fill("jd")
    page.get_by_role("button", name="Erase").click()
    visit.settle()
    page.get_by_role("link", name="Refresh").click()
    assert page.get_by_role("heading", name="Final record").is_visible()
    visit.look("closed")
    assert CANARY not in page.content()


def test_the_keyboard_is_enough(visit):
    """The first stop skips to the content; every stop shows where it is; Enter in a field files."""
    page = visit.page
    page.goto(f"{visit.home}/rtbf/new")
    page.keyboard.press("Tab")
    assert "Skip to the content" == page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        shown = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
        assert "solid" == shown, seen
    wanted = ["law", "kind-1", "value-1", "Add another identifier", "received"]
    assert wanted == seen[:5]
    page.locator("#by").focus()
    page.keyboard.press("Enter")
    page.locator(".summary").wait_for()
    assert "Error: File a request" in page.title()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_holds_in_light_and_dark(visit, scheme):
    """Also where something is wrong and something is asked for."""
    page = visit.page
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{visit.home}/rtbf/new")
    page.get_by_role("button", name="File the request").click()
    visit.look(f"mistakes-{scheme}")
    request_id = visit.made.file(f"account={CANARY}", "email=nobody@example.com")
    visit.settle()
    page.goto(f"{visit.home}/rtbf/requests/{request_id}")
    page.get_by_role("button", name="Erase").click()
    page.get_by_text("Refuse the request").first.click()
    visit.look(f"planned-{scheme}")
    page.goto(f"{visit.home}/rtbf/requests/rq-none")
    visit.said.clear()  # the console tells of the 404 itself
    visit.look(f"missing-{scheme}")
