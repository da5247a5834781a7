"""The settings file: every mistake is one sentence with its place in it, and nothing is guessed."""

import math
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage_assets.identifiers import Kind, Namespace
from rtbf_ledger.errors import SettingsError
from rtbf_ledger.settings import Undeclared, cadence, read_settings

GOOD = """
[controller]
name = "Example Films GmbH"
zone = "Europe/Berlin"
country = "DE"

[ledger]
code_location = "films"
url = "sqlite:///state/ledger.db"
keys = "keys"

[roots]
lake = "lake"
other = "/var/other"

[namespaces]
account = { kind = "integer" }
card = { kind = "text", distinctive = "C[0-9]{8}" }
"""


def read(folder, text=GOOD, environ=None):
    """Write the text as `rtbf.toml` and read it."""
    (folder / "rtbf.toml").write_text(text, encoding="utf-8")
    return read_settings(folder / "rtbf.toml", environ=environ or {})


def with_erasure(line):
    """Return the good file with one line under [erasure]."""
    return f"{GOOD}\n[erasure]\n{line}\n"


def test_the_good_file_is_read(tmp_path):
    """Relative paths are relative to the file's folder, absolute ones stay."""
    found = read(tmp_path)
    assert ("films", "Example Films GmbH", "Europe/Berlin", "DE") == (
        found.code_location,
        found.controller,
        found.zone,
        found.country,
    )
    assert f"sqlite:///{tmp_path}/state/ledger.db" == found.ledger_url
    assert tmp_path / "keys" == found.keys
    assert {"lake": tmp_path / "lake", "other": Path("/var/other")} == found.roots
    card = Namespace(name="card", kind=Kind.TEXT, distinctive="C[0-9]{8}")
    assert {"account": Namespace(name="account", kind=Kind.INTEGER), "card": card} == found.namespaces
    assert (None, 0.05, Undeclared.REFUSE_LOAD) == (found.batch, found.share_limit, found.undeclared)


def test_the_file_s_folder_counts_and_not_the_working_directory(tmp_path, monkeypatch):
    """The daemon and the command line start in different places."""
    read(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert tmp_path / "keys" == read_settings(Path("rtbf.toml"), environ={}).keys


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://desk@/ledger", "postgresql://desk@/ledger"),
        ("sqlite:////var/ledger.db", "sqlite:////var/ledger.db"),
        ("sqlite:///other.db", "sqlite:///{folder}/other.db"),
        ("", "sqlite:///{folder}/state/ledger.db"),
    ],
)
def test_the_environment_s_ledger_wins(tmp_path, url, expected):
    """Where it says something; a relative path is relative to the file there too."""
    found = read(tmp_path, environ={"RTBF_LEDGER_URL": url})
    assert expected.format(folder=tmp_path) == found.ledger_url


def test_every_option_of_the_erasure_is_read(tmp_path):
    """Each of them other than its default."""
    lines = """
        batch = "every:24h"
        share_limit = 1
        run_hours = 0.5
        lease_minutes = 2
        attempts = 7
        tick_seconds = 3
        keep_runs_days = 1
        threads = 4
        memory = "500MB"
        undeclared = "refuse_request"
    """
    found = read(tmp_path, with_erasure(lines))
    for name, value in tomllib.loads(lines).items():
        expected = timedelta(hours=24) if name == "batch" else value
        assert expected == getattr(found, name)


REFUSED = {
    "no table": (GOOD.replace("[roots]", "[rots]"), "a table 'rots' is unknown; known: controller"),
    "missing table": (GOOD.replace("[controller]", "[erasure]"), "'controller' is missing"),
    "missing name": (GOOD.replace('keys = "keys"', ""), "'keys' is missing"),
    "missing kind": (GOOD.replace('kind = "integer"', ""), "'kind' is missing"),
    "unknown in ledger": (
        GOOD.replace('keys = "keys"', 'keys = "k"\nkyes = "k"'),
        "ledger 'kyes' is unknown",
    ),
    "unknown in controller": (GOOD.replace("country", "land"), "controller 'land' is unknown"),
    "unknown in namespace": (GOOD.replace("distinctive", "distinct"), "namespaces 'distinct' is unknown"),
    "no kind": (
        GOOD.replace('"integer"', '"number"'),
        "namespaces: kind 'number' is unknown; known: integer, text, email, phone, uuid",
    ),
    "bad pattern": (GOOD.replace("[0-9]{8}", "[0-9"), "namespace card: the distinctive pattern does not"),
    "bad name": (GOOD.replace("account =", "Account ="), "a name is a lower-case word"),
    "no zone": (GOOD.replace("Europe/Berlin", "Europe"), "controller zone: 'Europe' is no time zone"),
    "number as text": (GOOD.replace('"films"', "7"), "code_location is a text"),
    "empty text": (GOOD.replace('"Example Films GmbH"', '" "'), "name is a text, and not an empty one"),
    "roots no table": (
        GOOD.replace('[roots]\nlake = "lake"\nother = "/var/other"', "").replace(
            "[controller]", 'roots = "lake"\n[controller]'
        ),
        "a value is of the wrong kind",
    ),
    "root no text": (GOOD.replace('lake = "lake"', "lake = 1"), "a value is of the wrong kind"),
    "no toml": ("[controller", "rtbf.toml is no TOML"),
    "unknown option": (with_erasure("share = 1"), "erasure 'share' is unknown"),
    "a share in percent": (with_erasure("share_limit = 5"), "share of at most 1; 5% is 0.05"),
    "not a number": (with_erasure("share_limit = nan"), "share_limit is a number above 0"),
    "endless": (with_erasure("run_hours = inf"), "run_hours is a number above 0"),
    "zero": (with_erasure("attempts = 0"), "attempts is a whole number above 0"),
    "half a day": (with_erasure("keep_runs_days = 0.5"), "keep_runs_days is a whole number above 0"),
    "half a thread": (with_erasure("threads = 0.5"), "threads is a whole number above 0"),
    "yes": (with_erasure("threads = true"), "threads is a whole number above 0"),
    "text": (with_erasure('run_hours = "6"'), "run_hours is a number above 0"),
    "another word": (with_erasure('undeclared = "ignore"'), "refuse_load or refuse_request"),
    "batch no word": (with_erasure("batch = 24"), "a value is of the wrong kind"),
    "batch too rare": (with_erasure('batch = "every:8d"'), "7 days at most"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_one_sentence(tmp_path, name):
    """Which says where it is."""
    text, sentence = REFUSED[name]
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("settings: ")
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_missing_file_is_told_where_it_was_sought(tmp_path):
    """With the way to make one; a file that is no text is no TOML."""
    with pytest.raises(SettingsError, match=rf"no file rtbf.toml in {tmp_path.name}/; the README shows one"):
        read_settings(tmp_path / "rtbf.toml", environ={})
    (tmp_path / "rtbf.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is no TOML"):
        read_settings(tmp_path / "rtbf.toml", environ={})


@given(st.integers(1, 9999), st.sampled_from("hd"))
def test_a_cadence_is_at_most_seven_days(number, unit):
    """Whatever unit it is written in: the legal deadline is never the batching rule."""
    hours = number * (24 if unit == "d" else 1)
    if hours <= 7 * 24:
        assert timedelta(hours=hours) == cadence(f"every:{number}{unit}")
    else:
        with pytest.raises(SettingsError, match="7 days at most; erasure is owed without undue delay"):
            cadence(f"every:{number}{unit}")


@pytest.mark.parametrize(
    "text", ["", "daily", "every:", "every:0h", "every:24", "every:1w", "Now", "every:24h\n"]
)
def test_another_word_for_a_cadence_is_refused(text):
    """With both that there are."""
    with pytest.raises(SettingsError, match="'now' or 'every:24h'"):
        cadence(text)
    assert cadence("now") is None


def test_a_location_is_placed_under_its_roots(tmp_path):
    """Each variable is filled in; a root that is not there is named with those that are."""
    found = read(tmp_path)
    assert tmp_path / "lake" / "ratings" == found.place("{lake}/ratings/")
    assert Path("/srv/plain.csv") == found.place("/srv/plain.csv")
    with pytest.raises(SettingsError, match="no root 'lak'; the settings have: lake, other"):
        found.place("{lak}/ratings/")


def test_the_limit_is_a_share_by_default(tmp_path):
    """5 percent, and a number that compares."""
    assert 0 < read(tmp_path).share_limit <= 1
    assert not math.isnan(read(tmp_path).share_limit)


def with_index(text):
    """Return the good file with a table [index]."""
    return f"{GOOD}\n[index]\n{text}\n"


def test_assets_with_an_index_are_read(tmp_path):
    """The folder is relative to the file's; without the table nothing is indexed."""
    found = read(tmp_path, with_index('folder = "state/index"\nassets = ["ratings", "a/b"]'))
    assert (tmp_path / "state/index", {"ratings", "a/b"}) == (found.index, found.indexed)
    assert (None, frozenset()) == (read(tmp_path).index, read(tmp_path).indexed)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('folder = "index"', "'assets' is missing"),
        ('assets = ["a"]', "'folder' is missing"),
        ('folder = "index"\nassets = "ratings"', "index assets is a list of names"),
        ('folder = "index"\nassets = [1]', "index assets is a list of names"),
        ('folder = 1\nassets = ["a"]', "of the wrong kind"),
        ('folder = "lake/index"\nassets = ["a"]', "lies in the root 'lake'"),
        ('folder = "x/../lake"\nassets = ["a"]', "lies in the root 'lake'"),
        ('folder = "index"\nassets = ["a"]\nkey = "k"', "index 'key' is unknown"),
    ],
)
def test_an_index_that_cannot_be_is_refused(tmp_path, text, why):
    with pytest.raises(SettingsError, match=why):
        read(tmp_path, with_index(text))
