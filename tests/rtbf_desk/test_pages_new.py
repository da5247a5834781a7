"""`/rtbf/new`: what is typed is filed, or comes back with a sentence beside it; it goes nowhere else."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desk_site import Site, empty_site

from rtbf_ledger import requests, vault
from rtbf_ledger.keys import KeyFolder

CANARY, MAIL = "4242427713", "Ada.Canary@Example.com"
GOOD = {
    "law": "gdpr",
    "received": "2026-03-09T18:00",
    "zone": "America/New_York",
    "identity": "logged in",
    "note": "by letter",
    "by": "jd",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A desk whose ledger holds what the tests file."""
    with empty_site(tmp_path_factory.mktemp("desk")) as made:
        yield made


def form(*rows: tuple[str, str], do: str = "file", **changes: str) -> list[tuple[str, str]]:
    """Return the fields of the form with some rows of identifiers."""
    pairs = [pair for kind, value in rows for pair in (("kind", kind), ("value", value))]
    return [("do", do), *pairs, *(GOOD | changes).items()]


def test_the_empty_form_asks_for_everything(site):
    """Labels for each field, the kinds of this deployment, and the time at the controller's place."""
    page = site.get("/rtbf/new")
    assert 200 == page.status
    assert 1 == page.text.count("<h1")
    for name in ("law", "kind-1", "value-1", "received", "zone", "identity", "note", "by"):
        assert f'<label for="{name}"' in page.text
        assert f'id="{name}"' in page.text
    assert all(f'<option value="{kind}">' in page.text for kind in site.settings.namespaces)
    assert 'value="2026-03-10T10:30"' in page.text
    assert "<option selected>Europe/Berlin</option>" in page.text


def test_what_is_typed_is_filed_and_sealed(site):
    """303 to the request; law, time of receipt with its zone, staff code; identifiers in canonical form."""
    answer = site.post("/rtbf/new", form(("account", CANARY), ("email", f" {MAIL} "), ("phone", "")))
    assert 303 == answer.status
    request_id = answer.headers["location"].removeprefix("/rtbf/requests/")
    with site.ledger.read() as tx:
        row = requests.get(tx, request_id)
        sealed = vault.unseal(site.ledger, tx, request_id, "filed")
    assert ("gdpr", "2026-03-09T22:00:00.000000Z", "jd") == (row.law, row.received_at, row.filed_by)
    assert [["account", CANARY], ["email", MAIL.lower()]] == sealed["identifiers"]
    assert ("logged in", "by letter") == (sealed["evidence"], sealed["note"])
    assert 200 == site.get(answer.headers["location"]).status


WRONG = {
    "no law": (form(("account", "1"), law=""), "law", "Choose the law."),
    "an unknown law": (form(("account", "1"), law="<b>"), "law", "Choose the law."),
    "no identifier": (form(("account", " ")), "value-1", "Write at least one identifier of the person."),
    "no kind": (form(("", "12")), "kind-1", "Choose the kind."),
    "no number": (form(("account", "12x")), "value-1", "Write a whole number, such as 1234."),
    "no address": (
        form(("account", "1"), ("email", "ada@")),
        "value-2",
        "Write one e-mail address, such as name@example.com.",
    ),
    "no country code": (
        form(("phone", "030 123")),
        "value-1",
        "Write the number with its country code, such as +49 30 123456.",
    ),
    "half a device": (form(("device", "123e4567")), "value-1", "Write all 32 digits and letters"),
    "the future": (form(("account", "1"), received="2026-03-12T10:00"), "received", "This is in the future"),
    "long ago": (form(("account", "1"), received="1026-03-12T10:00"), "received", "check the year."),
    "no time": (form(("account", "1"), received="soon"), "received", "Write the day and the time"),
    "no zone": (form(("account", "1"), zone="Middle/Earth"), "zone", "Choose a time zone."),
    "a name": (form(("account", "1"), by="Ada L"), "by", "Write your code in letters"),
    "nobody": (form(("account", "1"), by=""), "by", "Write your code in letters"),
}


@pytest.mark.parametrize(("fields", "field", "sentence"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_beside_its_field_and_nothing_is_lost(site, fields, field, sentence):
    """422, one sentence at the field and in the summary, every value still in the form, nothing filed."""
    before = _filed(site)
    page = site.post("/rtbf/new", fields)
    assert 422 == page.status
    beside = re.search(rf'id="{field}-wrong">(.*?)</p>', page.text)
    assert sentence in beside[1]
    assert f'aria-describedby="{field}-wrong" aria-invalid="true"' in page.text or field == "by"
    assert re.search(rf'<a href="#{field}">[^<]*{re.escape(sentence)}', page.text)
    assert "<title>Error: File a request" in page.text
    for name in ("identity", "note"):
        assert GOOD[name] in page.text
    for value in (value for name, value in fields if name == "value" and value.strip()):
        assert f'value="{value}"' in page.text
    assert before == _filed(site)


def _filed(site: Site) -> int:
    with site.ledger.read() as tx:
        return len(requests.in_state(tx, ["filed"]))


def test_two_mistakes_are_told_at_once(site):
    """Each has its line in the summary, in the order of the page."""
    page = site.post("/rtbf/new", form(("account", "x"), law="", by=""))
    assert ["law", "value-1", "by"] == re.findall(r'<li><a href="#([^"]+)">', page.text)


def test_another_row_keeps_everything_and_takes_the_focus(site):
    """Without a script: the button sends the form, which comes back with one row more."""
    page = site.post("/rtbf/new", form(("account", CANARY), do="add"))
    assert 200 == page.status
    assert f'value="{CANARY}"' in page.text
    assert re.search(r'<input id="value-2"[^>]* autofocus', page.text)
    assert '<option value="account" selected>' in page.text
    assert "by letter" in page.text


def test_a_row_is_removed(site):
    """The others stay, in their order."""
    page = site.post("/rtbf/new", form(("account", "11"), ("account", "22"), ("account", "33"), do="drop-2"))
    assert ["11", "33"] == re.findall(r'<input id="value-\d" name="value" value="(\d+)"', page.text)


def test_rows_have_an_end(site):
    """At most 50, whatever is sent."""
    page = site.post("/rtbf/new", form(*[("account", str(n)) for n in range(60)], do="add"))
    assert 50 == len(re.findall(r'<input id="value-\d+"', page.text))


def test_a_form_without_its_token_files_nothing_and_loses_nothing(site):
    """403, all that was typed, and a new token with which the same button files it."""
    site.cookies.clear()
    page = site.send("/rtbf/new", form(("account", CANARY)))
    assert 403 == page.status
    assert "Nothing was filed; press the button again." in page.text
    assert f'value="{CANARY}"' in page.text
    token = re.search(r'name="token" value="([^"]+)"', page.text)[1]
    assert 303 == site.send("/rtbf/new", [*form(("account", CANARY)), ("token", token)]).status


def test_a_ledger_that_refuses_is_told_and_nothing_is_lost(tmp_path):
    """409 and the ledger's sentence: here a country without known holidays."""
    with empty_site(tmp_path, country="XX") as site:
        page = site.post("/rtbf/new", form(("account", CANARY)))
    assert 409 == page.status
    assert "Nothing was filed: country: no public holidays are known for &#39;XX&#39;." in page.text
    assert f'value="{CANARY}"' in page.text


def test_markup_in_a_value_is_text(site):
    """What is typed is shown as it was typed, never read as markup."""
    page = site.post("/rtbf/new", form(("account", '"><script>1</script>')))
    assert "<script" not in page.text
    assert "&#34;&gt;&lt;script&gt;" in page.text


def test_no_identifier_is_left_anywhere(tmp_path, caplog, capfd):
    """Not in the ledger's files, the key folder, a header, a cookie, an address, a log or the output."""
    with empty_site(tmp_path) as site:
        answers = [
            site.post("/rtbf/new", form(("account", CANARY), ("email", MAIL), by="")),
            site.post("/rtbf/new", form(("account", CANARY), ("email", MAIL))),
        ]
        shown = site.get(answers[1].headers["location"])
        listed = site.get("/rtbf/requests")
    forms = [CANARY.encode(), MAIL.encode(), MAIL.lower().encode()]
    places = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    places |= {f"headers {n}": str(one.headers).encode() for n, one in enumerate(answers)}
    places |= {"page": shown.body, "list": listed.body, "cookies": str(site.cookies).encode()}
    places |= {"log": caplog.text.encode(), "output": "".join(capfd.readouterr()).encode()}
    assert [] == [where for where, found in places.items() if any(form in found for form in forms)]
    assert all(form in answers[0].body for form in forms[:2])


def test_the_form_key_is_private(site):
    """It is one 0600 file of the key folder, so forms outlive a restart of the server."""
    file = site.settings.keys / "desk.key"
    assert 0o600 == file.stat().st_mode & 0o777
    again = KeyFolder.open(Path(site.settings.keys), lambda _: b"")
    assert file.read_bytes() == again.named("desk")


def test_summer_time_is_known(site):
    """The same hour in summer is another moment; a zone is more than an offset."""
    answer = site.post("/rtbf/new", form(("account", "5"), received="2025-07-01T10:00", zone="Europe/Berlin"))
    request_id = answer.headers["location"].rpartition("/")[2]
    with site.ledger.read() as tx:
        received = requests.get(tx, request_id).received_at
    assert received.startswith(datetime(2025, 7, 1, 8, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M"))
