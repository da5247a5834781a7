"""Debian's Chromium under Playwright. Where it is missing a test fails, with the command that mends it.

What the pages looked like is kept: `test-output/TEST/NN-STEP.png`, for each step of each test.
"""

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
NO_CHROMIUM = "Chromium is missing, and these tests look at the pages in it: sudo apt install chromium"
NO_PLAYWRIGHT = "Playwright is missing: make test installs it, or pip install -r requirements-dev.lock"
OUTPUT = Path(__file__).parents[2] / "test-output"


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium that reaches this machine only."""
    path = shutil.which("chromium")
    missing = [
        text for text, there in ((NO_PLAYWRIGHT, find_spec("playwright")), (NO_CHROMIUM, path)) if not there
    ]
    if missing:
        pytest.fail(missing[0], pytrace=False)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def pictures(request):
    """An empty folder for the pictures of this test; it stays."""
    folder = OUTPUT / re.sub(r"\W+", "-", request.node.name).strip("-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
