"""DECLARES what personal data exists, where, about whom and for what purpose; imports nothing of ours."""

from lineage_assets.declarations import (
    Cardinality,
    Declaration,
    EpochUnit,
    Erasure,
    EventTime,
    Exempt,
    ExemptReason,
    Form,
    Format,
    Key,
    Link,
    ReErase,
    Role,
)
from lineage_assets.declaring import epoch, in_text, link, mention, no_subject_data, pseudonym, subject_data
from lineage_assets.identifiers import Kind, Namespace, Sought, pseudonym_of

__all__ = [
    "Cardinality",
    "Declaration",
    "EpochUnit",
    "Erasure",
    "EventTime",
    "Exempt",
    "ExemptReason",
    "Form",
    "Format",
    "Key",
    "Kind",
    "Link",
    "Namespace",
    "ReErase",
    "Role",
    "Sought",
    "epoch",
    "in_text",
    "link",
    "mention",
    "no_subject_data",
    "pseudonym",
    "pseudonym_of",
    "subject_data",
]
