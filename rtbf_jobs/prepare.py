"""Prepares a request: who is meant, what will happen where, how much there is; then approval is awaited."""

import json

from lineage_assets.identifiers import Sought
from rtbf_jobs.identity import identify
from rtbf_jobs.look import drop_reaching_undeclared, look, moved
from rtbf_jobs.plan import Action, Plan, blocking, make_plan
from rtbf_jobs.report import shown
from rtbf_jobs.work import Work
from rtbf_ledger import batches, decision_store, evidence, hold_store, log, requests, versions
from rtbf_ledger.batches import BatchState
from rtbf_ledger.holds import held_assets
from rtbf_ledger.log import Kind
from rtbf_ledger.requests import Failure
from rtbf_ledger.states import Attention, State
from scanners.residual import Scan

__all__ = ["identify", "make_plans", "plan_for", "preview"]


def make_plans(work: Work) -> None:
    """Plan every request of the batch; a graph that cannot carry it fails it, naming the assets."""
    wrong = [
        Failure(code=str(one.code), asset=one.asset, sentence=one.sentence)
        for one in blocking(work.graph.problems())
    ]
    if not wrong:
        located = (
            asset for asset in sorted(work.graph.nodes) if work.graph.nodes[asset].declaration is not None
        )
        wrong = [failure for asset in located if (failure := moved(work, asset)) is not None]
    for request_id in work.members().values():
        if wrong:
            work.drop(request_id, wrong)
            continue
        plan = plan_for(work, request_id)
        with work.ledger.write() as tx:
            batches.check(tx, work.batch)
            digest = versions.save_plan(tx, plan.to_json())
            requests.move(tx, request_id, State.FILED, plan_digest=digest, graph_digest=work.graph.digest)
            log.append(
                tx,
                Kind.PLANNED,
                work.ledger.now(),
                request_id=request_id,
                plan=digest,
                graph=work.graph.digest,
            )


def plan_for(work: Work, request_id: str) -> Plan:
    """Return the plan of a request over the graph, the holds and the decisions of today."""
    with work.ledger.read() as tx:
        holds = hold_store.of_request(tx, request_id)
        decided = decision_store.of_request(tx, request_id)
    held = held_assets(holds, work.graph.nodes, work.ledger.clock().date())
    return make_plan(work.graph, held, decided)


def preview(work: Work) -> None:
    """Look everywhere, keep the counts, and hand the requests over for approval; an empty find is flagged."""
    found: set[tuple[int, str]] = set()
    subjects = work.subjects()
    for asset in work.graph.order(work.graph.nodes):
        declared = work.graph.nodes[asset].declaration
        if declared is None or declared.location is None or not work.members():
            continue
        active = work.members()
        scan = look(work, asset, tuple(one for one in subjects if one.request in active))
        if scan is None:
            continue
        found |= scan.found
        keep(work, asset, scan)
        batches.renew(work.ledger, work.batch, lease=work.lease)
        tell(work, asset, scan)
    drop_reaching_undeclared(work)
    _hand_over(work, found, subjects)


def _hand_over(work: Work, found: set[tuple[int, str]], subjects: tuple[Sought, ...]) -> None:
    """Move the requests to planned; what an earlier preview has found once is not found nowhere."""
    given = {(one.request, one.namespace) for one in subjects if one.given}
    for ordinal, request_id in work.members().items():
        missing = sorted(ns for request, ns in given - found if request == ordinal)
        with work.ledger.write() as tx:
            batches.check(tx, work.batch)
            row = requests.get(tx, request_id)
            before = json.loads(row.nothing_found) if row.nothing_found else missing
            nowhere = [name for name in missing if name in before]
            asks = bool(nowhere) and not row.nothing_confirmed
            requests.move(
                tx,
                request_id,
                State.PLANNED,
                attention=str(Attention.NOTHING_FOUND) if asks else None,
                nothing_found=json.dumps(nowhere),
            )
    with work.ledger.write() as tx:
        batches.set_state(tx, work.batch, BatchState.DONE)


def keep(work: Work, asset: str, scan: Scan) -> None:
    """Keep a search's counts as the batch's evidence before the erasure."""
    members = work.members()
    found = {
        request_id: (scan.owners.get(o, 0), scan.mentions.get(o, 0), scan.undecided.get(o, 0))
        for o, request_id in members.items()
    }
    with work.ledger.write() as tx:
        batches.check(tx, work.batch)
        evidence.record(tx, work.batch.id, asset, before=scan.to_json() | {"digest": scan.digest()})
        evidence.record_matches(tx, work.batch.id, asset, found)
        log.append(tx, Kind.FOUND, work.ledger.now(), batch_id=work.batch.id, asset=asset, scan=scan.digest())


def tell(work: Work, asset: str, scan: Scan) -> None:
    """Tell Dagster what a search saw: files and bytes; rows from 5 people on."""
    numbers = {"rtbf/files": scan.files, "rtbf/bytes": scan.bytes, "rtbf/files_matched": scan.files_matched}
    rows = {"rtbf/rows": scan.rows, "rtbf/rows_matched": scan.rows_matched}
    work.report.observed(asset, shown(numbers, rows, people=len(work.members())))


def searched(plan: Plan) -> list[str]:
    """Return the assets of a plan that have a location to search."""
    return [step.asset for step in plan.steps if step.action is not Action.STATE]
