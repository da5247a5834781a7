"""What a page is given and how it answers: the deployment, what was asked, and a rendered template."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from lineage_assets.graph import LineageGraph
from rtbf_desk.gate_request import SIGN_OUT
from rtbf_desk.web import tokens, words
from rtbf_jobs.control import BATCH_TAG
from rtbf_ledger.settings import Settings
from rtbf_ledger.store import Clock, Ledger

Handler = Callable[["Asked"], Response]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One deployment as its pages see it. `form_key` signs the tokens of forms."""

    settings: Settings
    ledger: Ledger
    graph: LineageGraph
    clock: Clock
    dagster: str | None = None
    form_key: bytes = field(repr=False)

    def today(self) -> date:
        """Return the day at the controller's place."""
        return self.day(self.clock())

    def day(self, time: datetime) -> date:
        """Return the day of a time at the controller's place."""
        return time.astimezone(ZoneInfo(self.settings.zone)).date()

    def token(self) -> str:
        """Return a new token for forms."""
        return tokens.fresh(self.form_key, self.ledger.randomness(tokens.NONCE_BYTES))


class Refusal(Exception):
    """A page is answered with one sentence instead: status, heading, sentence. It never holds a value."""

    def __init__(self, status: int, heading: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.heading, self.sentence = status, heading, sentence


NOT_FOUND = Refusal(404, "Not found", "There is nothing here: no page, request or record of that name.")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked of a page. `form` is what was posted, in its order; `repr` never shows it.

    `base` is where the webserver is mounted; `token_held` says whether the form carried the cookie's token;
    `gated` says that our gate let it through, so that one can sign out.
    """

    desk: Desk
    base: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Sequence[tuple[str, str]] = field(repr=False, default=())
    token: str = field(repr=False, default="")
    token_held: bool = False
    gated: bool = False

    def one(self, name: str) -> str:
        """Return a field of the form, without blanks around it; empty where it is missing."""
        return next((value.strip() for key, value in self.form if key == name), "")

    def every(self, name: str) -> list[str]:
        """Return all values of a field."""
        return [value for key, value in self.form if key == name]

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a rendered page."""
        html = _ENVIRONMENT.get_template(template).render(asked=self, desk=self.desk, **values)
        return HTMLResponse(html, status_code=status)

    def refused(self, refusal: Refusal) -> Response:
        """Return the page of a refusal."""
        return self.page("error.html", status=refusal.status, refusal=refusal, here=self.path.get("id"))

    def to(self, path: str) -> Response:
        """Return the way to another page, to be fetched by GET."""
        return RedirectResponse(self.base + path, status_code=303)

    def asset(self, name: str) -> str | None:
        """Return where Dagster shows an asset; None for one that the definitions no longer have."""
        return f"{self.dagster}/assets/{quote(name)}" if name in self.desk.graph.nodes else None

    def runs(self, batch: str) -> str:
        """Return where Dagster lists the runs of a batch."""
        return f"{self.dagster}/runs?{urlencode({'q[]': f'tag:{BATCH_TAG}={batch}'})}"

    @property
    def dagster(self) -> str:
        """Where Dagster's own pages are: around the desk, or where the deployment says."""
        return self.base if self.desk.dagster is None else self.desk.dagster

    def local(self, value: datetime) -> str:
        """Return a time at the controller's place, with its zone."""
        return words.time(value, self.desk.settings.zone)


def _environment() -> Environment:
    folder = Path(__file__).parents[1] / "templates"
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"day": words.day, "figure": words.figure, "size": words.size, "code": words.code}
    made.globals |= {"token_field": tokens.FIELD, "sign_out": SIGN_OUT}
    return made


_ENVIRONMENT = _environment()
