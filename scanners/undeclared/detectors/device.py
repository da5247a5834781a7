"""Devices: MAC addresses and IMEIs. Devices told by UUIDs are the detector `uuid`'s."""

import re

from stdnum import imei

from scanners.undeclared.detectors.judgement import LIKELY, MAYBE, Judgement, PersonalKind
from scanners.undeclared.detectors.names import Hint, hint
from scanners.undeclared.detectors.shares import Grade, share
from scanners.undeclared.sample import ColumnSample

_MAC = re.compile(
    r"[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}|(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}"
)
_IMEI = re.compile(r"\d{15}|\d{2}[- ]\d{6}[- ]\d{6}[- ]\d")


class Device:
    """MAC addresses, which can hardly be anything else, and IMEIs, which are Luhn numbers of 15 digits."""

    name = "device"
    kinds = frozenset({PersonalKind.DEVICE})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return DEVICE where most values are MAC addresses or IMEIs."""
        hinted = hint(column, PersonalKind.DEVICE) is not Hint.NONE
        for test, alone in ((is_mac, LIKELY), (is_imei, MAYBE)):
            grade = Grade(detector=self.name, kind=PersonalKind.DEVICE, alone=alone)
            if found := grade.judged(share(column.values, test), hinted=hinted):
                return found
        return None


def is_mac(value: str) -> bool:
    """Whether a text is a MAC address (EUI-48) with separators."""
    return bool(_MAC.fullmatch(value))


def is_imei(value: str) -> bool:
    """Whether a text is an IMEI of 15 digits with its check digit."""
    return bool(_IMEI.fullmatch(value)) and imei.is_valid(value)
