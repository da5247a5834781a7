"""Presidio's recognizers by checksum or pattern, for what the core does not know: the extra `presidio`.

Its language model part is not used: there is no spaCy model and nothing is downloaded. Its e-mail
recognizer fetches a list from the net and is left out, like all that the core has a detector of its own for.
"""

from functools import partial
from typing import TYPE_CHECKING

from scanners.errors import ScannerError
from scanners.undeclared.detectors.judgement import MAYBE, Judgement, PersonalKind, Reason
from scanners.undeclared.detectors.shares import FEWEST, MOSTLY, share
from scanners.undeclared.sample import ColumnSample

if TYPE_CHECKING:
    from presidio_analyzer import PatternRecognizer

SCORE = 0.5
"""Presidio's own score from which a value passes: a verified check digit has 1.0, a strict pattern 0.5."""

_LONGEST = 64


class Presidio:
    """Asks a dozen recognizers about each value; one of them has to pass most of them."""

    name = "presidio"
    kinds = frozenset({PersonalKind.NATIONAL_ID, PersonalKind.OTHER})

    def __init__(self) -> None:
        """Import presidio and build the recognizers: about four seconds.

        Raises:
            ScannerError: the extra is not installed.
        """
        self._recognizers = _recognizers()

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return the kind of the recognizer that passes most values, if it passes enough."""
        best, kind = 0.0, PersonalKind.OTHER
        for recognizer, of in self._recognizers:
            found = share(column.values, partial(_passes, recognizer))
            if found.of >= FEWEST and found.value > best:
                best, kind = found.value, of
        if best < MOSTLY:
            return None
        return Judgement(detector=self.name, kind=kind, confidence=MAYBE, reason=Reason.VALUES)


def _recognizers() -> list[tuple["PatternRecognizer", PersonalKind]]:
    try:
        from presidio_analyzer import predefined_recognizers as there  # noqa: PLC0415 - an extra, four seconds
    except ImportError:
        raise ScannerError(
            "detector presidio: it is not installed\nhint: pip install 'dagster-rtbf[presidio]'"
        ) from None
    return [
        (there.AuMedicareRecognizer(), PersonalKind.NATIONAL_ID),
        (there.DeIdCardRecognizer(), PersonalKind.NATIONAL_ID),
        (there.DeHealthInsuranceRecognizer(), PersonalKind.NATIONAL_ID),
        (there.DeSocialSecurityRecognizer(), PersonalKind.NATIONAL_ID),
        (there.ItDriverLicenseRecognizer(), PersonalKind.NATIONAL_ID),
        (there.SgFinRecognizer(), PersonalKind.NATIONAL_ID),
        (there.UkNinoRecognizer(), PersonalKind.NATIONAL_ID),
        (there.MedicalLicenseRecognizer(), PersonalKind.NATIONAL_ID),
        (there.CryptoRecognizer(), PersonalKind.OTHER),
    ]


def _passes(recognizer: "PatternRecognizer", value: str) -> bool:
    if len(value) > _LONGEST:
        return False
    found = recognizer.analyze(value, recognizer.supported_entities)
    return any(one.score >= SCORE and (one.start, one.end) == (0, len(value)) for one in found)
