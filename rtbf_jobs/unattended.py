"""Approves, as the machine, what is erased again where all declarations concerned say `re_erase="auto"`.

Nothing else is taken from a person: an identifier found nowhere, a share above the limit, a row that only a
shared identifier owns, a case, a later row, a readmission, a hold, or a row that no sweep has told of, and
the request waits for a person like any other.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from lineage_assets.declarations import ReErase
from lineage_assets.graph import LineageGraph
from rtbf_jobs.plan import Action, Plan
from rtbf_ledger import evidence, findings, requests, versions
from rtbf_ledger.errors import StateError
from rtbf_ledger.evidence import RequestEvidence
from rtbf_ledger.findings import Finding, FindingKind
from rtbf_ledger.readmissions import ever_readmitted
from rtbf_ledger.store import Ledger

UNATTENDED = "unattended"
"""The staff code that such an approval is logged under."""
MOST_A_TICK = 100


def approve_unattended(ledger: Ledger, graph: LineageGraph, *, most: int = MOST_A_TICK) -> list[str]:
    """Approve the planned requests that erase again and need no person; returns which.

    Raises:
        LedgerError: the ledger cannot be read or written.
    """
    with ledger.read() as tx:
        waiting = [one for one in findings.planned_children(tx) if _previewed(tx, graph, one)][:most]
    return [one for one in waiting if _approve(ledger, one)]


def _approve(ledger: Ledger, request_id: str) -> bool:
    try:
        requests.approve(ledger, request_id, staff=UNATTENDED)
    except StateError:  # a person decided in between
        return False
    return True


def _previewed(tx: Connection, graph: LineageGraph, request_id: str) -> bool:
    """Whether the request needs no person, by what its preview has found."""
    batch = evidence.latest_prepare(tx, request_id)
    if requests.get(tx, request_id).attention is not None or batch is None:
        return False
    return needs_nobody(tx, graph, request_id, evidence.of_request(tx, request_id, batches=[batch]))


def needs_nobody(
    tx: Connection, graph: LineageGraph, request_id: str, matched: Mapping[str, RequestEvidence]
) -> bool:
    """Return whether every declaration concerned lets a request be carried out without a person.

    Args:
        tx: a transaction.
        graph: the declared graph of today.
        request_id: a request that was filed for findings.
        matched: asset -> what was counted there, in the preview or right before the erasure.
    """
    told = findings.of_asset(tx)
    people = {one.request for one in told if one.child == request_id}
    theirs = [one for one in told if one.request in people]
    if not theirs or ever_readmitted(tx, people) or not all(_let(graph, one) for one in theirs):
        return False
    plan = Plan.from_json(versions.plan_of(tx, requests.get(tx, request_id).plan_digest))
    rows = {one.asset: one.rows for one in theirs}
    return all(item.undecided == 0 and _told(item, rows) for item in _erased(plan, matched.values()))


def _let(graph: LineageGraph, finding: Finding) -> bool:
    node = graph.nodes.get(finding.asset)
    declared = node.declaration if node is not None else None
    sure = finding.kind is FindingKind.RESURRECTION and finding.later == 0 and not finding.places
    return sure and declared is not None and declared.re_erase is ReErase.AUTO


def _erased(plan: Plan, matched: Iterable[RequestEvidence]) -> list[RequestEvidence]:
    """Return what was counted where the plan takes it out: nothing is, where it only keeps or searches."""
    return [one for one in matched if plan.step(one.asset).action in {Action.ERASE, Action.REBUILD}]


def _told(item: RequestEvidence, rows: Mapping[str, int]) -> bool:
    """Whether a sweep has told of all that would go: what came since may be a lawful return."""
    return item.matched + item.mentioned <= rows.get(item.asset, 0)
