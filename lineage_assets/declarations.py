"""What a declaration is, as values: how an asset is kept, whose data it holds, and how it forgets a person.

Owners write one with `lineage_assets.declaring`; in asset metadata it is a plain dict of JSON, which
`declaration_json` reads. `declaration_rules` says which parts fit together.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from lineage_assets.errors import DeclarationError
from lineage_assets.paths import KeyPath

METADATA_KEY = "rtbf"


class Erasure(StrEnum):
    """How an asset forgets a person."""

    DELETE_ROWS = "delete_rows"
    REDACT_COLUMNS = "redact_columns"
    REBUILD = "rebuild"
    RETRAIN = "retrain"
    DELETE_FILE = "delete_file"
    NO_ACTION = "no_action"


class Format(StrEnum):
    """How an asset is stored. `binary` is scanned byte by byte and never rewritten in place."""

    PARQUET = "parquet"
    CSV = "csv"
    BINARY = "binary"


class Role(StrEnum):
    """Whose row it is: the owner's, or somebody else's that mentions the subject."""

    OWNER = "owner"
    MENTION = "mention"


class Form(StrEnum):
    """How the key is written: as it is, as a keyed pseudonym, or as tokens inside free text."""

    PLAIN = "plain"
    PSEUDONYM = "pseudonym"
    TOKENS = "tokens"


class ExemptReason(StrEnum):
    """Why data is kept (GDPR Art. 17(3))."""

    LEGAL_OBLIGATION = "legal_obligation"
    PUBLIC_HEALTH = "public_health"
    ARCHIVING = "archiving"
    LEGAL_CLAIMS = "legal_claims"
    EXPRESSION = "expression"


class ReErase(StrEnum):
    """Who lets an asset be erased again, once somebody erased came back: a person, or nobody needs to."""

    ASK = "ask"
    AUTO = "auto"


class EpochUnit(StrEnum):
    """What an integer counts since 1970-01-01 UTC."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"
    NANOSECONDS = "ns"


class Cardinality(StrEnum):
    """How many of the right side belong to one of the left, and the other way round."""

    ONE_TO_ONE = "one_to_one"
    ONE_TO_MANY = "one_to_many"
    MANY_TO_MANY = "many_to_many"


@dataclass(frozen=True, kw_only=True)
class Key:
    """A subject key: its namespace, whose row it marks, and how it is written."""

    namespace: str
    role: Role = Role.OWNER
    form: Form = Form.PLAIN
    hmac_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class EventTime:
    """The top-level column that says when what a row is about happened; `unit` where it holds integers."""

    column: str
    unit: EpochUnit | None = None


@dataclass(frozen=True, kw_only=True)
class Link:
    """Rows of this asset say that identifiers of one namespace belong to another.

    Expansion goes from `source` to `target`. `identifies` is for the way back to a person (device to
    account): then one source value with two targets is a failure, never a guess.
    """

    source: str
    target: str
    cardinality: Cardinality = Cardinality.ONE_TO_MANY
    identifies: bool = False


@dataclass(frozen=True, kw_only=True)
class Exempt:
    """Why an owner keeps data that a request asks to erase: the reason, its legal basis, and until when.

    Raises:
        DeclarationError: the reason is unknown, or `until` is no date (YYYY-MM-DD).
    """

    reason: ExemptReason
    basis: str
    until: str | None = None

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "reason", ExemptReason(self.reason))
            if self.until is not None:
                date.fromisoformat(self.until)
        except (TypeError, ValueError):
            known = ", ".join(ExemptReason)
            raise DeclarationError(
                f"declaration: exempt has one of the reasons {known}, and until is YYYY-MM-DD"
            ) from None


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """One asset's declaration, as a value. `keys` are sorted by path; `subject` False: no subject data."""

    subject: bool
    location: str | None = None
    format: Format = Format.PARQUET
    keys: tuple[tuple[KeyPath, Key], ...] = ()
    purposes: tuple[str, ...] = ()
    erasure: Erasure = Erasure.NO_ACTION
    retention_days: int | None = None
    links: tuple[Link, ...] = ()
    redact: tuple[str, ...] = ()
    filters_suppressed: bool = False
    exempt: Exempt | None = None
    because: str | None = None
    re_erase: ReErase = ReErase.ASK
    event_time: EventTime | None = None

    @property
    def owner_namespaces(self) -> frozenset[str]:
        """The namespaces whose values own rows here."""
        return frozenset(key.namespace for _, key in self.keys if key.role is Role.OWNER)

    def to_json(self) -> dict[str, Any]:
        """Return the declaration as the JSON value kept in asset metadata; defaults are left out."""
        out: dict[str, Any] = {"subject": self.subject}
        if self.location is not None:
            out |= {"location": self.location, "format": str(self.format)}
        if self.subject:
            out |= {
                "keys": {str(path): _bare(key) for path, key in self.keys},
                "purposes": list(self.purposes),
                "erasure": str(self.erasure),
                "retention_days": self.retention_days,
            }
        out |= {"links": [_bare(link) for link in self.links]} if self.links else {}
        out |= {"redact": list(self.redact)} if self.redact else {}
        out |= {"filters_suppressed": True} if self.filters_suppressed else {}
        out |= {"exempt": _bare(self.exempt)} if self.exempt else {}
        out |= {"re_erase": str(self.re_erase)} if self.re_erase is not ReErase.ASK else {}
        out |= {"event_time": _bare(self.event_time)} if self.event_time else {}
        return out | ({"because": self.because} if self.because else {})


def _bare(value: Any) -> dict[str, Any]:
    fields = value.__dataclass_fields__.values()
    given = {f.name: getattr(value, f.name) for f in fields}
    kept = {
        n: v
        for n, v in given.items()
        if n in {"source", "target", "namespace", "column"} or v != value.__dataclass_fields__[n].default
    }
    return {n: str(v) if isinstance(v, StrEnum) else v for n, v in kept.items()}
