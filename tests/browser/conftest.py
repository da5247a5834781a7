"""Debian's Chromium under Playwright. Where it is missing a test fails, with the command that mends it."""

import shutil

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
MISSING = "Chromium is missing, and these tests look at the pages in it: sudo apt install chromium"


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium that reaches this machine only."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    assert path is not None, MISSING
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
