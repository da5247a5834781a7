"""Personal data inside texts and among other values: e-mail addresses, numbers with a +, IBANs.

Names of people inside a text are not found: that takes a language model, and none is shipped.
"""

import re
from collections.abc import Sequence

import phonenumbers

from scanners.undeclared.detectors.email import is_email
from scanners.undeclared.detectors.iban import is_iban
from scanners.undeclared.detectors.judgement import LIKELY, MAYBE, Judgement, PersonalKind, Reason
from scanners.undeclared.sample import ColumnSample

ONE_IN = 1000
"""One such value in a thousand is worth a look: one person's data is personal data."""

SEVERAL = 3
"""From so many values on it is more than a chance hit."""

BY_CHANCE = 0.1
"""Codes of an IBAN's shape pass once in 97: with fewer than this share of them, none of them counts."""

_LONGEST = 10_000
_EMAIL = re.compile(r"[^\s<>()\[\]{}\"',;:|]+@[^\s<>()\[\]{}\"',;:|@]+")
_IBAN = re.compile(r"\b[A-Z]{2}\d\d(?: ?[A-Z0-9]{2,4}){3,9}\b")


class InText:
    """Looks for what can be told from other words with certainty."""

    name = "in_text"
    kinds = frozenset({PersonalKind.EMAIL, PersonalKind.PHONE, PersonalKind.IBAN})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return the kind found in most values; one is enough for a suspicion."""
        texts = [value[:_LONGEST] for value in column.values]
        hits = {
            PersonalKind.EMAIL: sum(map(has_email, texts)),
            PersonalKind.PHONE: sum(map(has_phone, texts)),
            PersonalKind.IBAN: ibans(texts),
        }
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


def ibans(texts: Sequence[str]) -> int:
    """Return how many texts have an IBAN in them; 0 where most of that shape are something else."""
    shaped = [found for found in map(_IBAN.findall, texts) if found]
    passed = sum(any(map(is_iban, found)) for found in shaped)
    return passed if passed >= BY_CHANCE * len(shaped) else 0
