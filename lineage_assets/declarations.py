"""What a data owner writes: one metadata value on a plain Dagster asset.

    metadata=subject_data("{lake}/ratings/", keys={"user_id": "account"}, purposes={"recommendation"},
                          erasure=Erasure.DELETE_ROWS, retention_days=180)
    metadata=no_subject_data(because="counts of 50 people or more")

There is no third state. The value is a plain dict of JSON (`{"rtbf": {...}}`), so it can be written by hand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
        return out | ({"because": self.because} if self.because else {})

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Declaration":
        """Read the JSON value of a declaration, written by us or by hand.

        Raises:
            DeclarationError: a field is unknown, missing or of the wrong shape.
        """
        try:
            _refuse_unknown(value, cls, "field")
            made = cls(
                subject=_truth(value["subject"]),
                location=value.get("location"),
                format=Format(value.get("format", "parquet")),
                keys=_sorted_keys(value.get("keys", {})),
                purposes=_words(value.get("purposes", ())),
                erasure=Erasure(value.get("erasure", "no_action")),
                retention_days=value.get("retention_days"),
                links=tuple(_link(link) for link in value.get("links", ())),
                redact=_texts(value.get("redact", ())),
                filters_suppressed=_truth(value.get("filters_suppressed", False)),
                exempt=_exempt(value.get("exempt")),
                because=value.get("because"),
            )
            _check(made)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise _refused(error) from None
        return made


def subject_data(  # noqa: PLR0913 - keyword-only: one declaration, read at once
    location: str,
    *,
    keys: Mapping[str, str | Key],
    purposes: Iterable[str],
    erasure: Erasure,
    retention_days: int,
    format: str = "parquet",  # noqa: A002 - the owner's word
    links: Iterable[Link] = (),
    redact: Iterable[str] = (),
    filters_suppressed: bool = False,
    exempt: Exempt | None = None,
) -> dict[str, Any]:
    """Declare that an asset holds data about people; returns the asset's `metadata`.

    Args:
        location: folder (ends in "/") or file, with `{root}` variables of the settings.
        keys: key path -> namespace name, or a `Key` made by `mention`, `pseudonym`, `in_text`.
        purposes: why the data is processed (GDPR Art. 5(1)(b)).
        erasure: how the asset forgets a person.
        retention_days: how long rows are kept at most, in days.
        format: "parquet", "csv" or "binary".
        links: what the rows say about which identifiers belong together.
        redact: the top-level columns set to null, for `Erasure.REDACT_COLUMNS`.
        filters_suppressed: a rebuild leaves suppressed people out (needed below an exempt parent).
        exempt: why the owner keeps the rows, for `Erasure.NO_ACTION`.

    Raises:
        DeclarationError: the parts do not fit together; the message says which and why.
    """
    try:
        made = Declaration(
            subject=True,
            location=location,
            format=Format(format),
            keys=_sorted_keys(keys),
            purposes=_words(purposes),
            erasure=Erasure(erasure),
            retention_days=retention_days,
            links=tuple(links),
            redact=_texts(redact),
            filters_suppressed=_truth(filters_suppressed),
            exempt=exempt,
        )
        _check(made)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _refused(error) from None
    return {METADATA_KEY: made.to_json()}


def no_subject_data(*, because: str, location: str | None = None, format: str = "parquet") -> dict[str, Any]:  # noqa: A002
    """Declare that an asset holds no data about people, with the reason; the scan still covers its location.

    Raises:
        DeclarationError: the reason is empty, or the format is unknown.
    """
    try:
        made = Declaration(subject=False, location=location, format=Format(format), because=because)
        _check(made)
    except (TypeError, AttributeError, ValueError) as error:
        raise _refused(error) from None
    return {METADATA_KEY: made.to_json()}


def mention(key: str | Key) -> Key:
    """Mark a key as a mention: the row is somebody else's; the element goes or the field is nulled."""
    return replace(_key(key), role=Role.MENTION)


def pseudonym(namespace: str, *, hmac_key: str) -> Key:
    """Mark a key as HMAC-SHA256 (hex) of the canonical identifier under the named key of the key folder."""
    return Key(namespace=namespace, form=Form.PSEUDONYM, hmac_key=hmac_key)


def in_text(key: str | Key) -> Key:
    """Mark a key as tokens of identifier shape inside free text; always a mention."""
    return replace(_key(key), form=Form.TOKENS, role=Role.MENTION)


def link(source: str, target: str, *, cardinality: str = "one_to_many", identifies: bool = False) -> Link:
    """Say that rows of this asset link identifiers of `source` to those of `target` (both are keys of it).

    Raises:
        DeclarationError: the cardinality is unknown.
    """
    try:
        many = Cardinality(cardinality)
    except ValueError as error:
        raise _refused(error) from None
    return Link(source=source, target=target, cardinality=many, identifies=_truth(identifies))


def _check(made: Declaration) -> None:
    """Refuse parts that do not fit together.

    Raises:
        DeclarationError: which rule is broken, and a hint.
    """
    for broken, sentence in _rules(made):
        if broken:
            raise DeclarationError(f"declaration: {sentence}")


def _rules(made: Declaration) -> Iterable[tuple[bool, str]]:
    key_columns = {path.column for path, _ in made.keys}
    namespaces = {key.namespace for _, key in made.keys}
    if not made.subject:
        return _rules_of_none(made)
    return [
        (not _text(made.location), "subject_data needs a location"),
        (not _days(made.retention_days), "retention_days is a whole number of days above 0"),
        (not made.purposes, "purposes is empty: name at least one (GDPR Art. 5(1)(b))"),
        (
            not made.keys and made.erasure is not Erasure.RETRAIN,
            "keys is empty: only a retrained model has none",
        ),
        (made.erasure is Erasure.REDACT_COLUMNS and not made.redact, "redact_columns needs redact=[...]"),
        (
            made.erasure is not Erasure.REDACT_COLUMNS and bool(made.redact),
            "redact is for redact_columns only",
        ),
        (
            made.erasure is Erasure.REDACT_COLUMNS and not key_columns <= set(made.redact),
            "redact must name every column that holds a key, else the person stays identifiable",
        ),
        (
            made.exempt is not None and made.erasure is not Erasure.NO_ACTION,
            "exempt goes with no_action only",
        ),
        (made.exempt is not None and not made.exempt.basis.strip(), "exempt needs its legal basis"),
        (
            any((key.form is Form.PSEUDONYM) != bool(key.hmac_key) for _, key in made.keys),
            "a pseudonym key names its hmac_key, and no other key does",
        ),
        (
            any(key.form is Form.TOKENS and key.role is not Role.MENTION for _, key in made.keys),
            "a key in free text is a mention",
        ),
        (made.because is not None, "because is for no_subject_data only"),
        (
            any(end not in namespaces for item in made.links for end in (item.source, item.target)),
            "a link joins two namespaces that are keys of the same asset",
        ),
        (
            made.format is Format.BINARY and made.erasure in {Erasure.DELETE_ROWS, Erasure.REDACT_COLUMNS},
            "rows cannot be erased inside a binary file: rebuild, retrain or delete_file",
        ),
        (
            made.erasure is Erasure.DELETE_ROWS and not made.owner_namespaces,
            "delete_rows needs at least one owner key",
        ),
    ]


def _rules_of_none(made: Declaration) -> Iterable[tuple[bool, str]]:
    bare = replace(made, location=None, format=Format.PARQUET, because=None)
    return [
        (not _text(made.because), "no_subject_data needs the reason: because='...'"),
        (made.location is not None and not _text(made.location), "a location is a text"),
        (
            bare != Declaration(subject=False),
            "an asset without subject data has a reason and a location, and no keys, purposes or erasure",
        ),
    ]


def _refused(error: Exception) -> DeclarationError:
    if isinstance(error, DeclarationError):
        return error
    if isinstance(error, ValueError):
        return DeclarationError(f"declaration: {error}")
    return DeclarationError(f"declaration: a field is missing or malformed ({type(error).__name__})")


def _refuse_unknown(value: Mapping[str, Any], made: type, what: str) -> None:
    known = set(made.__dataclass_fields__)  # type: ignore[attr-defined]
    unknown = sorted(set(value) - known)
    if unknown:
        raise DeclarationError(
            f"declaration: unknown {what} {unknown[0]!r}; known: {', '.join(sorted(known))}"
        )


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _days(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise DeclarationError("declaration: a yes or no is written true or false, without quotes")
    return value


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    found = (value,) if isinstance(value, str) else tuple(value)
    if isinstance(value, str) or not all(_text(one) for one in found):
        raise DeclarationError("declaration: purposes and redact are lists of texts, such as ['billing']")
    return found


def _words(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(_texts(value))))


def _key(value: str | Key) -> Key:
    if not isinstance(value, Key) and not _text(value):
        raise DeclarationError("declaration: a key names its namespace")
    return value if isinstance(value, Key) else Key(namespace=value)


def _sorted_keys(keys: Mapping[str, Any]) -> tuple[tuple[KeyPath, Key], ...]:
    made = ((KeyPath.parse(path), _read_key(key)) for path, key in keys.items())
    return tuple(sorted(made, key=lambda item: str(item[0])))


def _read_key(value: Any) -> Key:
    if isinstance(value, str | Key):
        return _key(value)
    _refuse_unknown(value, Key, "field of a key")
    return Key(
        namespace=value["namespace"],
        role=Role(value.get("role", "owner")),
        form=Form(value.get("form", "plain")),
        hmac_key=value.get("hmac_key"),
    )


def _link(value: Mapping[str, Any]) -> Link:
    _refuse_unknown(value, Link, "field of a link")
    return link(
        value["source"],
        value["target"],
        cardinality=value.get("cardinality", "one_to_many"),
        identifies=value.get("identifies", False),
    )


def _exempt(value: Mapping[str, Any] | None) -> Exempt | None:
    if value is None:
        return None
    _refuse_unknown(value, Exempt, "field of exempt")
    until = value.get("until")
    return Exempt(reason=ExemptReason(value["reason"]), basis=value["basis"], until=until)


def _bare(value: Any) -> dict[str, Any]:
    fields = value.__dataclass_fields__.values()
    given = {f.name: getattr(value, f.name) for f in fields}
    kept = {
        n: v
        for n, v in given.items()
        if n in {"source", "target", "namespace"} or v != value.__dataclass_fields__[n].default
    }
    return {n: str(v) if isinstance(v, StrEnum) else v for n, v in kept.items()}
