"""A visit of a browser: it looks at each page as a person would, and complains where one lacks something."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WIDTHS = {"desk": (1280, 900), "phone": (390, 844)}
SERIOUS = {"serious", "critical"}
PATIENCE_SECONDS = 180


@dataclass
class Visit:
    """A page of a browser; `pictures` is where it leaves what it saw, `home` the address it is at."""

    page: Any
    pictures: Path
    home: str
    said: list[str] = field(default_factory=list)
    steps: int = 0

    def __post_init__(self) -> None:
        """Collect what the browser's console complains about."""
        self.page.on("console", lambda message: self.said.append(message.text) if _bad(message) else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def keep(self, name: str) -> None:
        """Take a picture of the whole page."""
        self.page.wait_for_load_state()
        self.steps += 1
        self.page.screenshot(path=self.pictures / f"{self.steps:02}-{name}.png", full_page=True)

    def look(self, name: str) -> None:
        """Take a picture, and ask for no serious axe violation, no sideways scrolling, nothing refused."""
        from axe_playwright_python.sync_playwright import Axe

        self.keep(name)
        found = Axe().run(self.page).response["violations"]
        wrong = [
            (one["id"], node["target"]) for one in found if one["impact"] in SERIOUS for node in one["nodes"]
        ]
        assert [] == wrong, name
        wide = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= wide[1], name
        assert [] == self.said, name

    def until(self, role: str, name: str) -> Any:
        """Press the page's own Refresh until something is there; a request that stopped is told."""
        wanted = self.page.get_by_role(role, name=name)
        for _ in range(PATIENCE_SECONDS):
            if wanted.count():
                return wanted.first
            stopped = self.page.get_by_role("heading", name="What stands in the way")
            assert not stopped.count(), self.page.inner_text("main")
            self.page.wait_for_timeout(1000)
            self.page.get_by_role("link", name="Refresh").click()
        raise AssertionError(f"no {role} {name!r} after {PATIENCE_SECONDS} s: {self.page.inner_text('main')}")

    def number(self) -> str:
        """Return the id of the request whose page this is."""
        return re.search(r"/rtbf/requests/(rq-\w+)", self.page.url)[1]


def visit(chromium: Any, width: str, pictures: Path, home: str) -> Visit:
    """Open a browser window of its own, as wide as a desk or a phone, far from the controller's time zone."""
    size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
    context = chromium.new_context(viewport=size, accept_downloads=True, timezone_id="Asia/Tokyo")
    return Visit(page=context.new_page(), pictures=pictures, home=home)


def _bad(message: Any) -> bool:
    """A complaint of the browser, but not that a form came back with 422: that is how mistakes are told."""
    return message.type in {"error", "warning"} and "422" not in message.text
