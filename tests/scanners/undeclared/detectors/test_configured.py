from datetime import UTC, datetime

import pytest

from rtbf_ledger.errors import SettingsError
from rtbf_ledger.settings import read_settings
from scanners.undeclared.detectors.configured import configured_detectors

PLAIN = """
[controller]
name = "Example Films"
[ledger]
code_location = "films"
url = "sqlite:///ledger.db"
keys = "keys"
[roots]
lake = "lake"
[namespaces]
account = { kind = "integer" }
"""
EVALUATOR = """
[evaluator]
url = "https://models.example.com/v1/"
model = "small-1"
state = "state/evaluator.db"
key_env = "MODELS_KEY"
"""


@pytest.fixture
def settings(tmp_path):
    def read(text, **environ):
        (tmp_path / "rtbf.toml").write_text(PLAIN + text)
        return read_settings(tmp_path / "rtbf.toml", environ=environ)

    return read


def names(settings):
    now = lambda: datetime(2026, 11, 22, tzinfo=UTC)
    return [one.name for one in configured_detectors(settings, now=now)]


def test_the_evaluator_and_presidio_are_off_unless_asked_for(settings):
    assert not {"evaluator", "presidio"} & set(names(settings("")))
    assert not {"evaluator", "presidio"} & set(names(settings("[detectors]\npresidio = false")))


def test_the_evaluator_takes_its_key_from_the_environment_it_is_given(settings, tmp_path):
    read = settings(EVALUATOR, MODELS_KEY="canary-key")
    assert names(read)[-1] == "evaluator"
    assert "canary-key" not in repr(read)
    assert read.evaluator.url == "https://models.example.com/v1"
    assert read.evaluator.state == tmp_path / "state" / "evaluator.db"
    with pytest.raises(SettingsError, match="the environment has no MODELS_KEY"):
        names(settings(EVALUATOR))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[detectors]\nspacy = true", "detectors 'spacy' is unknown"),
        ("[detectors]\npresidio = 1", "detectors presidio is true or false"),
        ("[evaluator]\nurl = 'https://m.example.com'", "evaluator 'model' is missing"),
        (EVALUATOR + "sends = 'values'", "evaluator 'sends' is unknown"),
        (EVALUATOR + "requests_per_day = 0", "requests_per_day is a whole number above 0"),
        (EVALUATOR + "tokens_per_day = true", "tokens_per_day is a whole number above 0"),
        (EVALUATOR.replace("MODELS_KEY", "sk-1234"), "not a key"),
        (EVALUATOR.replace("https:", "http:"), "http:// on this machine"),
        (EVALUATOR.replace("https:", "ftp:"), "http:// on this machine"),
        (EVALUATOR.replace("https://", "https://me:pw@"), "no user"),
        (EVALUATOR.replace("models.example.com", "[::1"), "is no URL"),
        (EVALUATOR.replace('"small-1"', '""'), "model is a text"),
    ],
)
def test_malformed_settings_are_refused(settings, text, sentence):
    with pytest.raises(SettingsError, match=sentence) as raised:
        settings(text)
    assert "sk-1234" not in str(raised.value)
    assert "pw" not in str(raised.value)


def test_plain_http_is_taken_on_this_machine(settings):
    for host in ("localhost:8000", "127.0.0.1:11434", "[::1]:80"):
        text = EVALUATOR.replace("https://models.example.com", f"http://{host}")
        assert settings(text).evaluator.url == f"http://{host}/v1"
