"""What the scans found, as a person sees it: real Chromium, at a desk's width and at a phone's."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect
from swept_desk import EVA, swept_desk
from visit import WIDTHS, Visit, visit

WIDE, NARROW = WIDTHS


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Iterator[str]:
    """The address of a desk with findings; made apart, since Playwright keeps this thread's loop running."""
    made = swept_desk(tmp_path_factory.mktemp("scans"))
    with ThreadPoolExecutor(1) as apart:
        served, _ = apart.submit(made.__enter__).result()
        yield f"http://127.0.0.1:{served.port}"
        apart.submit(made.__exit__, None, None, None).result()


@pytest.fixture
def seen(request, chromium, pictures, desk) -> Iterator[Visit]:
    """A visitor at one width."""
    made = visit(chromium, request.param, pictures, desk)
    yield made
    made.page.context.close()


@pytest.mark.parametrize(
    ("seen", "scheme"),
    [
        (WIDE, "light"),
        (NARROW, "dark"),
        pytest.param(WIDE, "dark", marks=pytest.mark.slow),
        pytest.param(NARROW, "light", marks=pytest.mark.slow),
    ],
    indirect=["seen"],
)
def test_findings_from_the_navigation_to_the_request_that_erases_again(seen, scheme):
    """Found by a click, narrowed by owner, followed to the request."""
    page = seen.page
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{seen.home}/rtbf/requests")
    page.get_by_role("link", name="Scans").click()
    expect(page.get_by_role("heading", name="Who came back")).to_be_visible()
    seen.look("all")
    page.get_by_label("Owner").select_option("team:crm")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("table", name="Who came back").get_by_role("row")).to_have_count(2)
    seen.look("one-owner")
    page.goto(f"{seen.home}/rtbf/scans")
    page.get_by_role("table", name="What nobody declared").get_by_role("link", name="ud-").first.click()
    page.get_by_role("button", name="Accept it").click()
    expect(page.get_by_text("Choose why it is right as it is.")).to_be_visible()
    seen.look("undeclared")
    page.goto(f"{seen.home}/rtbf/scans")
    assert str(EVA) not in page.content()
    page.get_by_role("cell", name="Received").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Request")).to_be_visible()
