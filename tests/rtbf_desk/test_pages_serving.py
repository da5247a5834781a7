"""How pages are served: headers on every answer, tokens, bounds, and errors that repeat nothing."""

import logging

import pytest
from desk_site import FORM, empty_site

from rtbf_desk.web import tokens
from rtbf_ledger import requests

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
CHANGES = ("approve", "retry", "cancel", "refuse")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A desk with one request."""
    with empty_site(tmp_path_factory.mktemp("desk")) as made:
        made.one = made.file()
        yield made


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/rtbf", 303),
        ("/rtbf/new", 200),
        ("/rtbf/requests", 200),
        ("/rtbf/requests/{one}", 200),
        ("/rtbf/requests/{one}/certificate", 404),
        ("/rtbf/requests/rq-none", 404),
        ("/rtbf/requests/rq-none/certificate", 404),
        ("/rtbf/key", 200),
        ("/rtbf/desk.css", 200),
        ("/rtbf/nothing", 404),
        ("/rtbf/requests/", 404),
        ("/rtbf/requests/{one}/approve", 405),
    ],
)
def test_every_answer_has_the_headers(site, path, status):
    """Pages, files, redirects and errors alike."""
    answer = site.get(path.format(one=site.one))
    assert status == answer.status
    assert HEADERS == {name: answer.headers.get(name) for name in HEADERS}


def test_pages_bring_no_script_and_nothing_from_elsewhere(site):
    """One style sheet of our own; no inline style, which the policy would not admit."""
    for path in ("/rtbf/new", "/rtbf/requests", f"/rtbf/requests/{site.one}"):
        page = site.get(path).text
        for word in ("<script", "style=", "<style", "http://", "https://", "@import"):
            assert word not in page
        assert 1 == page.count("<h1")
        assert all(
            word in page for word in ('<html lang="en">', "<header", "<main", "<footer", 'href="#main"')
        )


def test_an_unknown_request_is_one_sentence(site):
    """A page, not a trace."""
    page = site.get("/rtbf/requests/rq-none").text
    assert "There is nothing here: no page, request or record of that name." in page


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_changes_by_get(site, change):
    """A link, a prefetch or an image cannot decide."""
    assert 405 == site.get(f"/rtbf/requests/{site.one}/{change}").status
    assert "filed" == _state(site)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "forged", ["none", "cookie only", "field only", "two that differ", "made up", "not hex"]
)
def test_nothing_changes_without_the_token(site, change, forged):
    """The cookie and the field must carry the same token, and it must be one of ours."""
    site.cookies.clear()
    site.get("/rtbf/new")
    mine = site.cookies[tokens.COOKIE]
    made_up = tokens.fresh(b"other", b"0" * 16)
    cookie, field = {
        "none": ("", ""),
        "cookie only": (mine, ""),
        "field only": ("", mine),
        "two that differ": (mine, tokens.fresh((site.settings.keys / "desk.key").read_bytes(), b"1" * 16)),
        "made up": (made_up, made_up),
        "not hex": ("é.x", "é.x"),
    }[forged]
    site.cookies.clear()
    site.cookies |= {tokens.COOKIE: cookie} if cookie.isascii() and cookie else {}
    pairs = [("by", "jd"), ("sure", "yes"), *([("token", field)] if field else [])]
    answer = site.send(f"/rtbf/requests/{site.one}/{change}", pairs)
    assert 403 == answer.status
    assert f'<a href="/rtbf/requests/{site.one}">Back to the request' in answer.text
    assert "filed" == _state(site)


def _state(site) -> str:
    with site.ledger.read() as tx:
        return str(requests.get(tx, site.one).state)


def test_the_cookie_is_closed_to_scripts_and_other_sites(site):
    """HttpOnly, SameSite, only for the desk's own pages, and gone with the browser."""
    site.cookies.clear()
    cookie = site.get("/rtbf/new").headers["set-cookie"].lower()
    assert {"httponly", "path=/rtbf", "samesite=lax"} == {part.strip() for part in cookie.split(";")[1:]}
    assert "set-cookie" not in site.get("/rtbf/new").headers


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 415),
        (b"do=file", "text/plain", 415),
        (b"", "multipart/form-data; boundary=x", 415),
        (b"note=" + b"a" * 70_000, FORM["Content-Type"], 413),
        (b"a=1&" * 400, FORM["Content-Type"], 400),
        (b"note=%ff", FORM["Content-Type"], 400),
        ("note=ü".encode(), FORM["Content-Type"], 400),
    ],
)
def test_what_is_no_form_of_ours_is_refused(site, body, kind, status):
    """By kind, size, number of fields and encoding; one sentence, and nothing of it repeated."""
    answer = site.ask("POST", "/rtbf/new", body, Content_Type=kind)
    assert status == answer.status
    assert "Not done" in answer.text


def test_what_nobody_foresaw_is_told_without_its_text(tmp_path, caplog):
    """500 and a sentence; the log names the type and the place, never what was typed."""
    with empty_site(tmp_path) as site, caplog.at_level(logging.ERROR, "rtbf_desk"):
        site.get("/rtbf/new")
        site.settings.keys.joinpath("vault").rename(tmp_path / "gone")
        fields = [("do", "file"), ("law", "gdpr"), ("kind", "account"), ("value", "4242427713"), ("by", "jd")]
        answer = site.post("/rtbf/new", [*fields, ("received", "2026-03-09T18:00"), ("zone", "UTC")])
    assert 500 == answer.status
    assert "4242427713" not in answer.text + caplog.text
    assert HEADERS == {name: answer.headers.get(name) for name in HEADERS}
    assert ["rtbf_desk"] == [one.name for one in caplog.records if one.levelno == logging.ERROR]


def test_the_public_key_is_a_file(site):
    """The bytes that `rtbf certificate --key-out` writes."""
    answer = site.get("/rtbf/key")
    assert 'attachment; filename="ledger.pub"' == answer.headers["content-disposition"]
    assert (site.settings.keys / "ledger.pub").read_bytes() == answer.body


def test_the_desk_works_below_another_path(tmp_path):
    """A webserver that stands below a path says so, and every link, form and cookie follows."""
    with empty_site(tmp_path, root_path="/dagster") as site:
        page = site.get("/rtbf/new")
        home = site.get("/rtbf")
    assert 'action="/dagster/rtbf/new"' in page.text
    assert 'href="/dagster/rtbf/desk.css"' in page.text
    assert "path=/dagster/rtbf" in page.headers["set-cookie"].lower()
    assert "/dagster/rtbf/requests" == home.headers["location"]
