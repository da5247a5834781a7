"""What a detector says of a column: which kind of personal data, how sure, and why. Never a value."""

from dataclasses import dataclass
from enum import StrEnum

SUSPECT = 0.5
"""From this confidence on, a judgement is worth a person's look: a finding."""

SURE, LIKELY, MAYBE, DOUBTFUL = 0.95, 0.8, 0.6, 0.3
"""The steps of confidence that detectors use; `docs/detectors.md` has what they were worth on the corpus."""


class PersonalKind(StrEnum):
    """What a column seems to hold. `UNKNOWN` is "could not tell", which is never "nothing found"."""

    ACCOUNT = "account"
    ADDRESS = "address"
    ATTRIBUTE = "attribute"
    BIRTH_DATE = "birth_date"
    CARD = "card"
    DEVICE = "device"
    EMAIL = "email"
    IBAN = "iban"
    IDENTIFIER = "identifier"
    IP = "ip"
    LOCATION = "location"
    NATIONAL_ID = "national_id"
    OTHER = "other"
    PERSON_NAME = "person_name"
    PHONE = "phone"
    POSTCODE = "postcode"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """What a judgement rests on, or why there is none."""

    NAME = "name_says"
    VALUES = "values_pass"
    NAME_AND_VALUES = "name_and_values"
    INSIDE_TEXT = "inside_text"
    MODEL = "model_said"
    MODEL_UNSURE = "model_unsure"
    BUDGET_SPENT = "budget_spent"
    COULD_NOT_ASK = "could_not_ask"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """One detector's word on one column.

    Attributes:
        detector: the detector's name.
        kind: which kind of personal data.
        confidence: 0 to 1; a grade for sorting and for `SUSPECT`, not a probability.
        reason: what it rests on.
    """

    detector: str
    kind: PersonalKind
    confidence: float
    reason: Reason
