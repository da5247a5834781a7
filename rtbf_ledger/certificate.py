"""The certificate: a controller's own signed record of one request, checked without a database.

The format is `docs/formats/certificate.md`. A file is the one canonical spelling (RFC 8785) of its
content and a newline, so whatever byte is changed, `verify` refuses it.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from rtbf_ledger import certificate_json, verdicts
from rtbf_ledger.asset_record import AssetRecord, Evidence
from rtbf_ledger.certificate_json import Digest, OpaqueId, Text, Word, canonical, encode, refuse
from rtbf_ledger.checkpoint import SigningKey, VerifierKey, open_checkpoint, parse_vkey
from rtbf_ledger.errors import CertificateInvalid, CheckpointInvalid, ProofInvalid
from rtbf_ledger.merkle import leaf_hash, verify_inclusion
from rtbf_ledger.verdicts import Title

__all__ = [
    "FORMAT",
    "LOG_FORMAT",
    "SIZE_LIMIT",
    "AssetRecord",
    "Body",
    "Certificate",
    "CertifiedEntry",
    "Coverage",
    "Evidence",
    "Inclusion",
    "certified_entry",
    "issue",
    "verify",
]

FORMAT = "rtbf-certificate/v1"
LOG_FORMAT = "rtbf-log/v1"
SIZE_LIMIT = 16 * 1024 * 1024
"""The most bytes a certificate has."""

_SIGNED_PREFIX = FORMAT.encode() + b"\n"  # domain separation: the key signs checkpoints too


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many assets the record covers, and the digest of the inventory they are declared in."""

    assets: int
    inventory: Digest


@dataclass(frozen=True, kw_only=True)
class Body:
    """What a certificate says. Times are UTC in whole seconds, assets sorted by name, no personal data.

    Attributes:
        law, controller: as people know them, e.g. "GDPR, Article 17".
        closed_at, key_destroyed_at: null in an interim record, and only there.
        hold_open: whether a legal hold on the request is open.
        nothing_found: kinds of identifier that were searched for and found nowhere, sorted.
        not_covered: sentences, one for each thing the record does not reach.

    Raises:
        CertificateInvalid: the parts contradict each other, or say what a record never says.
    """

    request_id: OpaqueId
    law: Text
    controller: Text
    received_at: datetime
    due_on: date
    approved_at: datetime
    closed_at: datetime | None
    key_destroyed_at: datetime | None
    plan: Digest
    graph: Digest
    log_origin: Text
    assets: tuple[AssetRecord, ...]
    hold_open: bool
    nothing_found: tuple[Word, ...]
    covers: Coverage
    not_covered: tuple[Text, ...]
    format: Annotated[str, re.compile(re.escape(FORMAT))] = FORMAT

    @property
    def title(self) -> Title:
        """What the record calls itself; computed from verdicts and holds."""
        return verdicts.title_for((item.verdict for item in self.assets), hold_open=self.hold_open)

    def __post_init__(self) -> None:
        ends = {self.closed_at is None, self.key_destroyed_at is None}
        times = [at for at in (self.received_at, self.approved_at, self.closed_at) if at is not None]
        words = (*self.not_covered, *(item.basis or "" for item in self.assets))
        for wrong, why in (
            (not self.assets, "a record covers at least one asset"),
            (not _is_sorted_set([item.asset for item in self.assets]), "the assets are not sorted by name"),
            (not _is_sorted_set(self.nothing_found), "the kinds found nowhere are not sorted"),
            (self.covers.assets != len(self.assets), "it covers another number of assets than it lists"),
            (
                ends != {self.title is Title.INTERIM},
                "it is closed, its key destroyed, unless it is interim",
            ),
            (times != sorted(times), "its times are out of order: received, approved, closed"),
            (any(map(verdicts.immodest_words, words)), "its words claim more than a record may"),
        ):
            refuse(wrong, why)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON value of the body, title included."""
        return {**encode(self), "title": str(self.title)}

    def to_bytes(self) -> bytes:
        """Return the canonical JSON of the body, title included: what is hashed and signed."""
        return canonical(self.to_json())


@dataclass(frozen=True, kw_only=True)
class CertifiedEntry:
    """The log entry `Certified`: this request has this certificate (`docs/formats/log.md`)."""

    at: datetime
    request_id: OpaqueId
    certificate_sha256: Digest
    kind: Annotated[str, re.compile("Certified")] = "Certified"
    format: Annotated[str, re.compile(LOG_FORMAT)] = LOG_FORMAT

    def to_bytes(self) -> bytes:
        """Return the canonical JSON of the entry; its leaf is `merkle.leaf_hash` of that."""
        return canonical(encode(self))


@dataclass(frozen=True, kw_only=True)
class Inclusion:
    """Where the entry is in the log, and the RFC 6962 audit path, from the leaf upward."""

    index: int
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A whole certificate: the body, and what proves it. `checkpoint` is a signed note."""

    body: Body
    entry: CertifiedEntry
    inclusion: Inclusion
    checkpoint: str
    signature: bytes


def certified_entry(body: Body, at: datetime) -> CertifiedEntry:
    """Return the log entry that commits to a body; `at` is UTC in whole seconds."""
    digest = hashlib.sha256(body.to_bytes()).hexdigest()
    return CertifiedEntry(at=at, request_id=body.request_id, certificate_sha256=digest)


def issue(
    body: Body, entry: CertifiedEntry, inclusion: Inclusion, checkpoint_note: str, signing_key: SigningKey
) -> bytes:
    """Return the bytes of the certificate file, after `verify` has accepted them.

    Args:
        body: what it says.
        entry: the entry of `certified_entry`, as it is in the log.
        inclusion: the entry's proof in the log of the checkpoint.
        checkpoint_note: the signed checkpoint, of the entry or later.
        signing_key: the key that signed the checkpoint; signs the body too.

    Raises:
        CertificateInvalid: the parts do not fit each other, or a value is not of the format.
    """
    made = Certificate(
        body=body, entry=entry, inclusion=inclusion, checkpoint=checkpoint_note,
        signature=signing_key.sign(_SIGNED_PREFIX + body.to_bytes()),
    )  # fmt: skip
    data = _file_bytes(made)
    verify(data, signing_key.verifier.to_vkey())
    return data


def verify(data: bytes, vkey: str) -> Certificate:
    """Return the certificate of a file's bytes, once everything in it is known to hold.

    Args:
        data: the file.
        vkey: the public key as text (`VerifierKey.to_vkey`), known from elsewhere than the file.

    Raises:
        CertificateInvalid: it must not be believed; the message says what does not hold.
        KeyFileInvalid: the key is not one.
    """
    key = parse_vkey(vkey)
    certificate = _parse(data)
    body, entry = certificate.body, certificate.entry
    content = body.to_bytes()
    refuse(
        not key.accepts(certificate.signature, _SIGNED_PREFIX + content),
        "the signature does not match the content and the key",
    )
    refuse(body.log_origin != key.name, "it names another log than the key does")
    refuse(entry.request_id != body.request_id, "its log entry is about another request")
    digest = hashlib.sha256(content).hexdigest()
    refuse(entry.certificate_sha256 != digest, "its log entry commits to another content")
    _check_log(certificate, key)
    return certificate


def _check_log(certificate: Certificate, key: VerifierKey) -> None:
    """Check that the entry is in the log of the checkpoint."""
    try:
        checkpoint = open_checkpoint(certificate.checkpoint, key)
        verify_inclusion(
            leaf_hash(certificate.entry.to_bytes()),
            index=certificate.inclusion.index,
            size=checkpoint.size,
            proof=certificate.inclusion.hashes,
            root_hash=checkpoint.root,
        )
    except (CheckpointInvalid, ProofInvalid) as error:
        raise CertificateInvalid(str(error)) from None


def _parse(data: bytes) -> Certificate:
    """Read the file strictly: known fields, right types, the one canonical spelling."""
    refuse(len(data) > SIZE_LIMIT, f"it has more than {SIZE_LIMIT} bytes")
    document = certificate_json.parse(data)
    body = document.get("body") if isinstance(document, dict) else None
    title = body.pop("title", None) if isinstance(body, dict) else None
    certificate: Certificate = certificate_json.decode(Certificate, document, "certificate")
    refuse(title != certificate.body.title, "its title is not the one its verdicts lead to")
    refuse(_file_bytes(certificate) != data, "it is not in canonical form (RFC 8785 and one newline)")
    return certificate


def _file_bytes(certificate: Certificate) -> bytes:
    document = encode(certificate)
    document["body"]["title"] = str(certificate.body.title)
    return canonical(document) + b"\n"


def _is_sorted_set(names: Sequence[str]) -> bool:
    return list(names) == sorted(set(names))
