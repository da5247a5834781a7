"""A real page of another origin, in a browser that is signed in at ours, tries all it can; nothing changes.

The other site is another port of 127.0.0.1, of which browsers send our cookie along (a port makes no other
site of a host), and `localhost`, of which they do not. What changed is asked of ledger and Dagster.
"""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from foreign_site import Foreign, foreign_site
from live_desk import CANARY, deployment, serving
from playwright.sync_api import expect

from rtbf_ledger.settings import read_settings
from rtbf_ledger.store import open_ledger

REPORT = """mutation { reportRunlessAssetEvents(eventParams: {eventType: ASSET_MATERIALIZATION,
    assetKey: {path: ["people"]}}) { __typename } }"""
STATE = """{ runsOrError { ... on Runs { count } } assetOrError(assetKey: {path: ["people"]}) {
    ... on Asset { assetMaterializations { timestamp } } } }"""
TABLES = ("rtbf_request", "rtbf_sealed", "rtbf_log_entry")
KINDS = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]
WAIT_MILLISECONDS = 60_000
pytestmark = pytest.mark.slow


class Attack:
    """A signed-in browser, and what another site's page makes it do."""

    def __init__(self, ui, page, site: Foreign, folder: Path) -> None:
        self.ui, self.page, self.site, self.folder = ui, page, site, folder
        self.asked: list[str] = []
        self.answers: list[tuple[str, str, int]] = []
        page.context.on("request", self._asked)
        page.context.on("response", self._answered)

    def _asked(self, request) -> None:
        if request.url.startswith(self.ui.base):
            self.asked.append(request.method)

    def _answered(self, answer) -> None:
        if answer.url.startswith(self.ui.base):
            path = answer.url.removeprefix(self.ui.base).partition("?")[0]
            self.answers.append((answer.request.method, path, answer.status))

    def visit(self, host: str, page: str = "") -> None:
        """Open the other site's page."""
        if page:
            self.site.page = f"<!doctype html><title>another site</title>{page}"
        self.page.goto(f"http://{host}:{self.site.port}/", wait_until="load")
        self.asked.clear()
        self.answers.clear()

    def state(self) -> tuple[str, ...]:
        """Return what could have changed: runs and materialisations, requests and log."""
        status, _, text = self.ui.ask("POST", "/graphql", body=json.dumps({"query": STATE}).encode())
        assert 200 == status
        settings = read_settings(self.folder / "rtbf.toml", environ={})
        ledger = open_ledger(
            settings.ledger_url,
            settings.keys,
            code_location=settings.code_location,
            clock=lambda: None,
            randomness=lambda _: b"",
        )
        with ledger.read() as tx:
            rows = [repr(tx.exec_driver_sql(f"select * from {name}").all()) for name in TABLES]
        ledger.engine.dispose()
        return text, *rows


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """A deployment under `rtbf ui`."""
    folder = deployment(tmp_path_factory.mktemp("csrf"))
    with serving(folder) as ui:
        yield ui, folder


@pytest.fixture(params=["127.0.0.1", "localhost"])
def attack(request, chromium, deployed):
    """A browser that is signed in and then visits the other site; afterwards nothing has changed."""
    ui, folder = deployed
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{ui.base}/rtbf/new?token={ui.token}")
    expect(page.get_by_role("heading", name="File a request")).to_be_visible()
    with foreign_site() as site:
        made = Attack(ui, page, site, folder)
        before = made.state()
        made.visit(request.param)
        made.host = request.param
        yield made
        assert before == made.state()
        assert [] == [body for body in site.bodies if "data" in body or "Erasure desk" in body]
        page.goto(f"{ui.base}/rtbf/requests")
        expect(page.get_by_role("heading", name="Requests")).to_be_visible()
    context.close()


FORM_SCRIPT = """([action, kind, fields]) => {
  const form = document.createElement('form')
  form.method = 'post'; form.action = action; form.enctype = kind
  for (const [name, value] of fields) {
    const field = document.createElement('input')
    field.name = name; field.value = value; form.append(field)
  }
  document.body.append(form); form.submit()
}"""
FILING = [["do", "file"], ["law", "gdpr"], ["kind", "account"], ["value", str(CANARY)], ["by", "evil"]]


TARGETS = {
    "/rtbf/new": FILING,
    "/rtbf/requests/rq-1/approve": [["by", "evil"], ["plan", "x"]],
    "/rtbf/gate/out": [],
    "/graphql": [["query", REPORT]],
    "/graphql/": [["query", REPORT]],
    "/report_asset_materialization/people": [["x", "1"]],
}


def test_its_forms_are_refused(attack):
    """To file, to decide, to sign out, to run a mutation: 401 or 403, in each kind a form can have."""
    for kind in KINDS:
        for path, fields in TARGETS.items():
            attack.visit(attack.host)
            with attack.page.expect_navigation():
                attack.page.evaluate(FORM_SCRIPT, [f"{attack.ui.base}{path}", kind, fields])
            assert [("POST", path)] == [answer[:2] for answer in attack.answers]
            assert attack.answers[0][2] in {401, 403}


FETCH_SCRIPT = """async ([url, options]) => {
  try {
    const answer = await fetch(url, options)
    return [answer.type, answer.status, await answer.text()]
  } catch (error) { return ['refused', 0, String(error)] }
}"""


def fetched(attack: Attack, path: str, **options) -> list:
    """Fetch as the other site's page does, with our cookie; returns kind, status and text of the answer."""
    options = {"credentials": "include", **options}
    return attack.page.evaluate(FETCH_SCRIPT, [f"{attack.ui.base}{path}", options])


def test_its_fetches_are_refused(attack):
    """By every method that changes something, in each kind: no answer can be read, none was a success."""
    for kind in ("application/json", *KINDS):
        for path, body in (
            ("/graphql", json.dumps({"query": REPORT})),
            ("/rtbf/new", "do=file"),
            ("/report_asset_materialization/people", "{}"),
        ):
            for mode in ("cors", "no-cors"):
                for method in ("POST", "PUT", "DELETE"):
                    headers = {"content-type": kind}
                    got = fetched(attack, path, mode=mode, method=method, body=body, headers=headers)
                    assert (True, 0) == (got[0] in {"refused", "opaque"}, got[1])
    assert {"OPTIONS", "POST"} & set(attack.asked)
    assert [] == [answer for answer in attack.answers if answer[2] < 400]


def test_the_same_from_our_own_page_would_have_changed_something(chromium, deployed):
    """So what was tried above was worth refusing."""
    ui, folder = deployed
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{ui.base}/rtbf/new?token={ui.token}")
    own = Attack(ui, page, Foreign(port=0), folder)
    before = own.state()
    page.goto(f"{ui.base}/locations")
    for path, body in (
        ("/graphql", json.dumps({"query": REPORT})),
        ("/report_asset_materialization/people", "{}"),
    ):
        headers = {"content-type": "application/json"}
        kind, status, _ = fetched(own, path, method="POST", body=body, headers=headers)
        assert ("basic", 200) == (kind, status)
        before, after = own.state(), before
        assert before != after
    assert "open" == page.evaluate(SOCKET_SCRIPT, f"ws://{ui.host}/graphql")
    context.close()


def test_it_can_read_nothing(attack):
    """Pages, GraphQL, static files: a fetch gets nothing, whatever it sends along."""
    paths = ("/rtbf/requests", "/rtbf/new", "/graphql?query={version}", "/server_info", "/", "/rtbf/desk.css")
    for path in paths:
        for mode in ("cors", "no-cors"):
            kind, status, text = fetched(attack, path, mode=mode)
            assert (True, 0) == (kind in {"refused", "opaque"}, status)
            assert "" == text or kind == "refused"
    assert len(attack.asked) >= len(paths)
    assert {401, 403, 405} >= {status for _, _, status in attack.answers}


def test_a_mutation_in_an_address_is_refused(attack):
    """As picture, script, style, frame, prefetch, and as a link that the person follows."""
    address = f"{attack.ui.base}/graphql?query={quote(REPORT)}"
    tags = (
        f'<img src="{address}"><script src="{address}"></script><link rel="stylesheet" href="{address}">'
        f'<iframe src="{address}"></iframe><object data="{address}"></object><video src="{address}"></video>'
        f'<link rel="prefetch" href="{address}"><a id="bait" href="{address}">Win</a>'
    )
    with attack.page.expect_event("response", lambda one: "/graphql" in one.url, timeout=WAIT_MILLISECONDS):
        attack.page.goto("about:blank")
        attack.site.page = f"<!doctype html><title>another site</title>{tags}"
        attack.page.goto(f"http://{attack.host}:{attack.site.port}/")
    with attack.page.expect_navigation():
        attack.page.click("#bait")
    with attack.page.expect_navigation():
        attack.page.evaluate("address => { location = address }", address)
    assert len(attack.asked) >= 5
    assert len(attack.answers) >= 2
    assert {401, 403, 405} >= {status for _, _, status in attack.answers}


SOCKET_SCRIPT = """address => new Promise(done => {
  const line = new WebSocket(address, 'graphql-ws')
  line.onopen = () => done('open'); line.onerror = () => done('refused')
})"""


def test_its_websockets_are_refused(attack):
    """The session is sent along with them, and what they told could be read."""
    for path in ("/graphql", "/", "/rtbf/requests"):
        address = f"ws://{attack.ui.host}{path}"
        assert "refused" == attack.page.evaluate(SOCKET_SCRIPT, address)


def test_it_can_frame_nothing(attack):
    """A page in a frame could be clicked through; the desk and Dagster's own pages stay out."""
    for path in ("/rtbf/new", "/rtbf/requests", "/assets", "/locations"):
        attack.visit(attack.host, f'<iframe name="inside" src="{attack.ui.base}{path}"></iframe>')
        # A refused page is an error page of another process: the frame is looked up when that is there.
        inside = attack.page.wait_for_selector("iframe", state="attached").content_frame()
        assert inside is not None
        inside.wait_for_load_state()
        assert [] == [word for word in ("Erasure desk", 'id="root"', "Sign in") if word in inside.content()]
        attack.page.goto("about:blank")


def test_it_can_link_to_us(attack):
    """That is no attack: the person is asked to go on once, since browsers hold a strict cookie back."""
    attack.visit(attack.host, f'<a id="link" href="{attack.ui.base}/rtbf/requests">the desk</a>')
    with attack.page.expect_navigation():
        attack.page.click("#link")
    assert ("GET", "/rtbf/requests") == attack.answers[0][:2]
    if attack.page.get_by_role("link", name="Go on").count():
        attack.page.get_by_role("link", name="Go on").click()
    expect(attack.page.get_by_role("heading", name="Requests")).to_be_visible()
