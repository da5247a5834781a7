"""The timeline: the log's entries as sentences; steps of one kind in a row are told as one. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from rtbf_desk.web.words import code, counted
from rtbf_ledger.clocks import LAWS
from rtbf_ledger.log import Kind

SENTENCES: dict[Kind, str] = {
    Kind.REQUEST_RECEIVED: "Filed under {law} by {staff}.",
    Kind.SUBJECT_RESOLVED: "{identifiers} of the person put together and sealed.",
    Kind.PLANNED: "All data was searched, and a plan was made.",
    Kind.APPROVED: "Approved by {staff}.",
    Kind.STOPPED: "Stopped before anything was erased: {code}.",
    Kind.EXEMPTED: "A legal hold was placed by {staff}: {code}.",
    Kind.HOLD_RELEASED: "A legal hold was released by {staff}.",
    Kind.ERASE_DECIDED: "{staff} decided to erase rows with an identifier that several people share: {code}.",
    Kind.KEEP_DECIDED: "{staff} decided to keep rows with an identifier that several people share: {code}.",
    Kind.REFUSED: "Refused by {staff}.",
    Kind.CANCELLED: "Cancelled by {staff}.",
    Kind.RETRIED: "Taken up again by {staff}.",
    Kind.TOMBSTONED: "The person is on the suppression list: late data about them stays out.",
    Kind.READMITTED: "The person was let in again by {staff}: {code}.",
    Kind.FOUND: "Searched and counted before erasing.",
    Kind.ERASED: "Erased.",
    Kind.REBUILT: "Built again without the person.",
    Kind.VERIFIED: "Searched again afterwards; the counts agree.",
    Kind.RESIDUAL_FOUND: "Searched again afterwards, and something was still there.",
    Kind.RESURRECTED: "Met again in a later sweep: {code}.",
    Kind.FINDING_CLOSED: "A later sweep met nobody any more.",
    Kind.UNDECLARED_FOUND: "Found, and nobody declared it: {code}.",
    Kind.UNDECLARED_ACCEPTED: "Accepted by {staff} as it is: {code}.",
    Kind.UNDECLARED_WITHDRAWN: "The acceptance was taken back by {staff}.",
    Kind.UNDECLARED_CLOSED: "It is not there any more, or declared.",
    Kind.FAILED: "It could not go on: {code}.",
    Kind.KEY_DESTROYED: "The sealed identifiers were destroyed for good.",
    Kind.HANDLE_SEALED: "Identifiers were sealed by {staff}, to be filed later.",
    Kind.HANDLE_DESTROYED: "The handle it was filed by can be used no more.",
    Kind.CERTIFIED: "The record was signed.",
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of the timeline: when, what, at which data sets, in which runs."""

    at: datetime
    sentence: str
    assets: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """How many data sets."""
        return counted(len(self.assets), "data set")


def steps(entries: Iterable[Mapping[str, Any]]) -> list[Step]:
    """Return the timeline of log entries, oldest first."""
    return [_step(list(group)) for _, group in groupby(entries, key=_alike)]


def _alike(entry: Mapping[str, Any]) -> tuple[object, ...]:
    """Entries of one kind at data sets belong together; any other stands alone."""
    if "asset" not in entry:
        return (entry["kind"], entry["at"], id(entry))
    return (entry["kind"], entry.get("code"), entry.get("staff"), entry.get("batch_id"))


def _step(group: list[Mapping[str, Any]]) -> Step:
    first = group[0]
    law = LAWS.get(first.get("law", ""))
    sentence = SENTENCES[Kind(first["kind"])].format(
        law=law.title if law else "",
        staff=first.get("staff", "somebody"),
        code=code(first.get("code", "")),
        identifiers=counted(first.get("count", 0), "identifier"),
    )
    return Step(
        at=datetime.strptime(first["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
        sentence=sentence,
        assets=tuple(dict.fromkeys(one["asset"] for one in group if "asset" in one)),
        runs=tuple(dict.fromkeys(one["run_id"] for one in group if "run_id" in one)),
    )
