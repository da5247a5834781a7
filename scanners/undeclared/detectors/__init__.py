"""Detectors of personal data in columns: one file each, one table.

A new detector is one file with a class like the others, and one line in `core_detectors`.
"""

from collections.abc import Sequence
from typing import Protocol

from scanners.errors import ScannerError
from scanners.undeclared.detectors.account import Account
from scanners.undeclared.detectors.address import Address, Postcode
from scanners.undeclared.detectors.birth_date import BirthDate
from scanners.undeclared.detectors.card import Card
from scanners.undeclared.detectors.column_name import ColumnName
from scanners.undeclared.detectors.device import Device
from scanners.undeclared.detectors.email import Email
from scanners.undeclared.detectors.iban import Iban
from scanners.undeclared.detectors.in_text import InText
from scanners.undeclared.detectors.ip import Ip
from scanners.undeclared.detectors.judgement import SUSPECT, Judgement, PersonalKind, Reason
from scanners.undeclared.detectors.location import Location
from scanners.undeclared.detectors.national_id import NationalId
from scanners.undeclared.detectors.person_name import PersonName
from scanners.undeclared.detectors.phone import Phone
from scanners.undeclared.detectors.uuid import Uuid
from scanners.undeclared.sample import ColumnSample

__all__ = [
    "SUSPECT",
    "Detector",
    "Judgement",
    "PersonalKind",
    "Reason",
    "core_detectors",
    "judge",
    "judged",
]


class Detector(Protocol):
    """What looks at one column and says which kind of personal data it seems to hold.

    Attributes:
        name: short and stable; it is recorded with what was found.
        kinds: what it can find.
    """

    name: str
    kinds: frozenset[PersonalKind]

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return a judgement, or None where there is nothing to say. Never logs or raises with a value."""
        ...


def core_detectors(country: str | None = None) -> tuple[Detector, ...]:
    """Return the detectors that need no extra.

    Args:
        country: ISO 3166 alpha-2; telephone numbers in its national form are known. None: with a + only.
    """
    return (
        ColumnName(),
        Email(),
        Phone(country),
        InText(),
        Iban(),
        Card(),
        NationalId(),
        Ip(),
        Device(),
        Uuid(),
        Account(),
        PersonName(),
        BirthDate(),
        Address(),
        Postcode(),
        Location(),
    )


def judged(column: ColumnSample, detectors: Sequence[Detector]) -> tuple[Judgement, ...]:
    """Return what the detectors say of a column: findings, then what is unknown, then what is doubtful.

    Each of the three the surest first. A doubt of one detector does not hide that another could not tell.

    Raises:
        ScannerError: a detector failed; the message names it and the column, and never a value.
    """
    found = []
    for detector in detectors:
        try:
            judgement = detector.judge(column)
        except Exception:  # noqa: BLE001 - a library's error can hold a value of the column
            raise ScannerError(
                f"asset {column.asset}: detector {detector.name} failed on the column {column.column}\n"
                "hint: leave this detector out, and report which it is"
            ) from None
        if judgement is not None:
            found.append(judgement)
    return tuple(sorted(found, key=_rank))


def _rank(judgement: Judgement) -> tuple[int, float]:
    if judgement.confidence >= SUSPECT:
        return 0, -judgement.confidence
    return 1 if judgement.kind is PersonalKind.UNKNOWN else 2, -judgement.confidence


def judge(column: ColumnSample, detectors: Sequence[Detector]) -> Judgement | None:
    """Return the first of `judged`, or None where no detector has anything to say.

    "Unknown" comes out wherever there is no finding; it is not "nothing found".

    Raises:
        ScannerError: as `judged`.
    """
    return next(iter(judged(column, detectors)), None)
