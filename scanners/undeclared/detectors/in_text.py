"""Personal data inside longer texts: e-mail addresses, international telephone numbers, IBANs.

Names of people inside a text are not found: that takes a language model, and none is shipped.
"""

import re

import phonenumbers

from scanners.undeclared.detectors.email import is_email
from scanners.undeclared.detectors.iban import is_iban
from scanners.undeclared.detectors.judgement import LIKELY, MAYBE, Judgement, PersonalKind, Reason
from scanners.undeclared.sample import ColumnSample

ONE_IN = 1000
"""One such text in a thousand is worth a look: one person's data is personal data."""

SEVERAL = 3
"""From so many texts on it is more than a chance hit."""

_LONGEST = 10_000
_EMAIL = re.compile(r"[^\s<>()\[\]{}\"',;:|]+@[^\s<>()\[\]{}\"',;:|@]+")
_IBAN = re.compile(r"\b[A-Z]{2}\d\d(?: ?[A-Z0-9]{2,4}){3,9}\b")


class InText:
    """Looks for what can be told from other words with certainty."""

    name = "in_text"
    kinds = frozenset({PersonalKind.EMAIL, PersonalKind.PHONE, PersonalKind.IBAN})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return the kind found in most texts; one text is enough for a suspicion."""
        texts = [value[:_LONGEST] for value in column.values if len(value.split()) > 1]
        tests = {
            PersonalKind.EMAIL: has_email,
            PersonalKind.PHONE: has_phone,
            PersonalKind.IBAN: has_iban,
        }
        hits = {kind: sum(map(test, texts)) for kind, test in tests.items()}
        kind = max(hits, key=lambda one: hits[one])
        if not hits[kind] or hits[kind] * ONE_IN < len(column.values):
            return None
        confidence = LIKELY if hits[kind] >= SEVERAL else MAYBE
        return Judgement(detector=self.name, kind=kind, confidence=confidence, reason=Reason.INSIDE_TEXT)


def has_email(text: str) -> bool:
    """Whether a text has an e-mail address in it."""
    return "@" in text and any(is_email(found.rstrip(".!?")) for found in _EMAIL.findall(text))


def has_phone(text: str) -> bool:
    """Whether a text has a valid telephone number in it that begins with +."""
    return "+" in text and phonenumbers.PhoneNumberMatcher(text, None).has_next()


def has_iban(text: str) -> bool:
    """Whether a text has an IBAN in it."""
    return any(is_iban(found) for found in _IBAN.findall(text))
