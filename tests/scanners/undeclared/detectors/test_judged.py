import pytest

from scanners.errors import ScannerError
from scanners.undeclared.detectors import Judgement, PersonalKind, Reason, core_detectors, judge, judged

SECRET = "anna.canary@example.com"


class Says:
    kinds = frozenset(PersonalKind)

    def __init__(self, name, kind, confidence):
        self.name, self._said = name, (kind, confidence)

    def judge(self, _):
        kind, confidence = self._said
        return Judgement(detector=self.name, kind=kind, confidence=confidence, reason=Reason.VALUES)


class Fails:
    name = "broken"
    kinds = frozenset()

    def judge(self, column):
        raise ValueError(f"cannot parse {column.values[0]}")


def test_findings_come_first_the_surest_before_the_others_then_unknown_then_doubt(column):
    doubt, unknown = Says("doubt", PersonalKind.IDENTIFIER, 0.3), Says("model", PersonalKind.UNKNOWN, 0.0)
    sure, surer = Says("sure", PersonalKind.EMAIL, 0.6), Says("surer", PersonalKind.EMAIL, 0.9)
    found = judged(column("c"), (doubt, unknown, sure, surer))
    assert [one.detector for one in found] == ["surer", "sure", "model", "doubt"]
    assert judge(column("c"), (doubt, unknown, sure)).detector == "sure"


def test_a_doubt_does_not_hide_that_the_model_could_not_be_asked(column):
    doubt, unknown = Says("doubt", PersonalKind.IDENTIFIER, 0.3), Says("model", PersonalKind.UNKNOWN, 0.0)
    assert judge(column("c"), (doubt, unknown)).kind is PersonalKind.UNKNOWN


def test_unknown_alone_is_told_and_is_not_nothing(column):
    assert judge(column("c"), (Says("model", PersonalKind.UNKNOWN, 0.0),)).kind is PersonalKind.UNKNOWN
    assert judge(column("c"), ()) is None


def test_a_failing_detector_is_named_and_its_error_with_a_value_is_not_shown(column):
    with pytest.raises(ScannerError, match="detector broken failed on the column c1") as raised:
        judged(column("c1", [SECRET]), (Fails(),))
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_no_value_is_in_a_judgement_a_sample_or_a_log(column, caplog, capsys):
    sample = column("notes", [SECRET, f"write to {SECRET} today"])
    with caplog.at_level(0):
        found = judged(sample, core_detectors("DE"))
    assert found
    shown = f"{found!r}{sample!r}{caplog.text}{capsys.readouterr()}"
    assert SECRET not in shown


@pytest.mark.parametrize(
    "values",
    [
        ["\x00", "\ud800", "😀" * 500, "٣" * 20, "0" * 10_000, "+" + "1" * 5000, "a@" * 3000, "(" * 999],
        ["١٢٣٤٥٦٧٨٩", "".join(map(chr, range(0xFF10, 0xFF1A))), "-", " ", "1e309", "nan", "٩٩.٩٩٩٩,٩٩.٩٩٩٩"],
    ],
)
@pytest.mark.parametrize("name", ["c1", "email", "phone", "ssn", "lat", "dob", "ip"])
def test_odd_values_are_judged_without_a_failure(column, values, name):
    assert isinstance(judged(column(name, values), core_detectors("DE")), tuple)
