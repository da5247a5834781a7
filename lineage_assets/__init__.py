"""DECLARES what personal data exists, where, about whom and for what purpose; imports nothing of ours."""

from lineage_assets.declarations import (
    Cardinality,
    Declaration,
    Erasure,
    Exempt,
    ExemptReason,
    Form,
    Format,
    Key,
    Link,
    Role,
)
from lineage_assets.declaring import in_text, link, mention, no_subject_data, pseudonym, subject_data
from lineage_assets.identifiers import Kind, Namespace, Sought, pseudonym_of

__all__ = [
    "Cardinality",
    "Declaration",
    "Erasure",
    "Exempt",
    "ExemptReason",
    "Form",
    "Format",
    "Key",
    "Kind",
    "Link",
    "Namespace",
    "Role",
    "Sought",
    "in_text",
    "link",
    "mention",
    "no_subject_data",
    "pseudonym",
    "pseudonym_of",
    "subject_data",
]
