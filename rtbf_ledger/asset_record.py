"""How one asset ended in one request: its verdict, and the counts and digests that the verdict rests on.

The format is `docs/formats/certificate.md`; what a verdict asks for is `docs/formats/verdicts.md`.
"""

from dataclasses import dataclass
from datetime import date

from rtbf_ledger import verdicts
from rtbf_ledger.certificate_json import Digest, OpaqueId, Text, refuse
from rtbf_ledger.verdicts import REASONS, Reason, Verdict


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was counted in one asset for one request; null where nothing was counted.

    Attributes:
        found_before: rows of the person and mentions of them that the search before found.
        removed: what the eraser's receipts, or the rebuild, took out of these.
        found_after: what the same search found afterwards.
        rows_searched, files_searched: what the search after read of the asset, whoever it is about.
        files_changed: files that were rewritten or deleted.
        receipt: digest of the eraser's receipt.
        scan_before, scan_after: digests of the two searches.
        materialization: id of the Dagster run that built the asset again.
    """

    found_before: int | None = None
    removed: int | None = None
    found_after: int | None = None
    rows_searched: int | None = None
    files_searched: int | None = None
    files_changed: int | None = None
    receipt: Digest | None = None
    scan_before: Digest | None = None
    scan_after: Digest | None = None
    materialization: OpaqueId | None = None

    def supports(self, verdict: Verdict) -> bool:
        """Say whether what a verdict rests on is there, and its counts agree."""
        if verdict in {Verdict.ERASED, Verdict.REDACTED}:
            searched = None not in {self.receipt, self.scan_before, self.scan_after}
            return searched and self._took_out_what_was_found()
        if verdict is Verdict.REBUILT:
            return self.materialization is not None and self.found_after in {None, 0}
        return verdict is not Verdict.NOT_AFFECTED or {self.found_before, self.found_after} <= {None, 0}

    def _took_out_what_was_found(self) -> bool:
        """Say whether before = receipts and after = 0, of something that was there."""
        found = self.found_before is not None and self.found_before > 0
        return found and self.removed == self.found_before and self.found_after == 0


@dataclass(frozen=True, kw_only=True)
class AssetRecord:
    """How one asset ended: verdict, why (a fixed sentence and the owner's words), until when, evidence.

    Raises:
        CertificateInvalid: reason, basis, date or evidence do not fit the verdict.
    """

    asset: Text
    verdict: Verdict
    reason: Reason
    basis: Text | None = None
    until: date | None = None
    evidence: Evidence

    def __post_init__(self) -> None:
        may_have_until = self.verdict in verdicts.NEEDS_UNTIL | {Verdict.EXEMPT}
        for wrong, why in (
            (self.reason not in REASONS[self.verdict], "its reason belongs to another verdict"),
            (verdicts.needs_basis(self.reason) and self.basis is None, "its reason needs a declared basis"),
            (self.until is None and self.verdict in verdicts.NEEDS_UNTIL, "its verdict needs a date"),
            (self.until is not None and not may_have_until, "its verdict has no date"),
            (not self.evidence.supports(self.verdict), "its evidence does not support the verdict"),
        ):
            refuse(wrong, f"asset {ascii(self.asset)[:80]}, {self.verdict}: {why}")
