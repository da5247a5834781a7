"""A person's way through `rtbf ui` in Chromium: from Dagster's own page to a record that verifies.

Nothing is stood in for: the command serves a small lake of its own, the daemon launches real runs.
"""

import re
from pathlib import Path

import polars as pl
import pytest
from live_desk import CANARY, MAIL, deployment, on_postgresql, serving
from playwright.sync_api import expect
from visit import PATIENCE_SECONDS, WIDTHS, Visit, visit

from rtbf_desk.verify import run as verify
from rtbf_desk.web.filing import NO_STAFF

MILLISECONDS = PATIENCE_SECONDS * 1000


def opened(seen: Visit, token: str) -> None:
    """Open Dagster by the printed address, see its assets, and go on to the desk."""
    page = seen.page
    page.goto(f"{seen.home}/assets?token={token}")
    page.locator('a[href^="/assets/letters"]').first.wait_for(state="attached", timeout=MILLISECONDS)
    assert token not in page.url
    seen.keep("dagster-assets")
    seen.said.clear()  # what Dagster's own pages complain about is not ours
    page.goto(f"{seen.home}/rtbf/requests")
    seen.look("no-requests")


def filed(seen: Visit) -> str:
    """File a request after two mistakes, which are told beside their fields and cost nothing typed."""
    page = seen.page
    page.get_by_role("main").get_by_role("link", name="File a request").click()
    seen.look("new")
    page.get_by_label("Law").select_option(label="GDPR Art. 17")
    page.get_by_label("Kind").select_option("account")
    page.get_by_label("Value").fill(f"{CANARY}x")
    page.get_by_label("Note").fill("By letter.")
    page.get_by_role("button", name="File the request").click()
    seen.look("mistakes")
    expected = [
        "Value: Write a whole number, such as 1234.",
        f"Your staff code: {NO_STAFF}",
    ]
    expect(page.locator(".summary li")).to_have_text(expected)
    told = page.get_by_label("Value").evaluate(
        "e => document.getElementById(e.getAttribute('aria-describedby').split(' ').pop()).innerText"
    )
    assert told.endswith("Write a whole number, such as 1234.")
    kept = [page.get_by_label(name).input_value() for name in ("Law", "Kind", "Value", "Note")]
    assert ["gdpr", "account", f"{CANARY}x", "By letter."] == kept
    page.get_by_label("Value").fill(str(CANARY))
    page.get_by_role("button", name="Add another identifier").click()
    page.get_by_label("Kind 2").select_option("email")
    page.get_by_label("Value 2").fill(MAIL)
    page.get_by_label("Your staff code").fill("jd")
    page.get_by_role("button", name="File the request").click()
    seen.look("filed")
    return seen.number()


def erased(seen: Visit) -> None:
    """Wait for the preview, press Erase, wait for the record."""
    page = seen.page
    seen.until("button", "Erase")
    seen.look("preview")
    expect(page.get_by_role("img", name=re.compile("^Preview: lineage"))).to_be_visible()
    page.get_by_role("link", name="Decide").click()
    page.get_by_label("Your staff code").first.fill("jd")
    page.get_by_role("button", name="Erase").click()
    seen.look("approved")
    seen.until("heading", "Final record")
    seen.look("closed")


def record(seen: Visit, folder: Path) -> None:
    """Download the record and the key; the command that checks them accepts them."""
    page = seen.page
    for link, name in (("Download the record", "record.json"), ("Public key", "ledger.pub")):
        with page.expect_download() as download:
            page.get_by_role("link", name=link).click()
        download.value.save_as(folder / name)
    assert 0 == verify(folder / "record.json", folder / "ledger.pub", as_json=False)[0]


def there_and_back(seen: Visit, number: str) -> None:
    """From the request to its runs in Dagster, and from a run's page back by one click."""
    page = seen.page
    page.get_by_role("link", name="runs of the erasure").click()
    page.locator('a[href^="/runs/"]').first.click(timeout=MILLISECONDS)
    link = page.locator('a[href^="/rtbf/batches/"]').first
    link.wait_for(timeout=MILLISECONDS)
    seen.keep("dagster-run")
    with page.context.expect_page() as tab:
        link.click()
    batch = tab.value
    batch.wait_for_load_state()
    there = Visit(page=batch, pictures=seen.pictures, home=seen.home, steps=seen.steps)
    there.look("batch")
    batch.get_by_role("link", name=number).click()
    assert there.number() == number
    seen.said.clear()


def nothing_is_left(folder: Path) -> None:
    """The rows are gone from the files themselves, and nobody else's are."""
    people, letters = (
        pl.read_parquet(folder / "lake" / name / "*.parquet") for name in ("people", "letters")
    )
    assert (99, 99) == (people.height, letters.height)
    assert CANARY not in [*people["id"], *letters["id"]]


def whole(chromium, pictures, folder: Path, width: str, environ=None) -> None:
    """Go the whole way at one width."""
    with serving(folder, environ) as ui:
        seen = visit(chromium, width, pictures, ui.base)
        opened(seen, ui.token)
        number = filed(seen)
        erased(seen)
        record(seen, folder)
        if width == "desk":  # Dagster's own pages are not made for a phone
            there_and_back(seen, number)
        seen.page.goto(f"{seen.home}/rtbf/requests?state=all")
        seen.look("list")
        assert str(CANARY) not in seen.page.content()
        seen.page.get_by_role("button", name="Sign out").click()
        seen.look("signed-out")
        seen.page.context.close()
        printed = ui.printed("out") + ui.printed("err")
    nothing_is_left(folder)
    assert [] == [word for word in (str(CANARY), MAIL) if word in printed]


@pytest.mark.slow
def test_from_dagsters_page_to_a_record_that_verifies(chromium, pictures, tmp_path):
    """On SQLite, as wide as a desk."""
    whole(chromium, pictures, deployment(tmp_path), "desk")


@pytest.mark.slow
def test_on_a_phone_with_data_that_is_built_again(chromium, pictures, tmp_path):
    """On SQLite; a rebuild is a Dagster run of its own, which the request waits for."""
    folder = deployment(tmp_path, rebuilds=True)
    whole(chromium, pictures, folder, "phone")
    assert CANARY not in pl.read_parquet(folder / "lake/totals/*.parquet")["id"]


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_on_postgresql(chromium, pictures, tmp_path, width):
    """Dagster's storage and the ledger on a real server; nothing of either is in files."""
    folder = deployment(tmp_path, rebuilds=True)
    with on_postgresql() as environ:
        whole(chromium, pictures, folder, width, environ)
    assert CANARY not in pl.read_parquet(folder / "lake/totals/*.parquet")["id"]
    assert [] == [*folder.rglob("*.db")]
