"""The proof: the SAME search again. Before = receipts, after = 0, in every asset, for every request."""

from collections.abc import Mapping

from rtbf_jobs.balance import held, lost, uneven
from rtbf_jobs.index import left_in_index
from rtbf_jobs.look import look
from rtbf_jobs.plan import Action, Plan
from rtbf_jobs.prepare import searched
from rtbf_jobs.report import HOURS_OVER, shown
from rtbf_jobs.walk import erase_order
from rtbf_jobs.work import Work
from rtbf_ledger import batches, evidence, log, requests
from rtbf_ledger.evidence import AssetStep
from rtbf_ledger.log import Kind
from rtbf_ledger.requests import Failure
from rtbf_ledger.states import State
from scanners.residual import Scan


def verify(work: Work) -> None:
    """Search every asset again and compare; a request with anything left fails, naming the asset."""
    plans = work.plans()
    if not plans or not _all_verifying(work):
        return
    subjects = work.subjects()
    searched_again = False
    for asset in work.graph.order({asset for plan in plans.values() for asset in searched(plan)}):
        active = work.members()
        mine = tuple(one for one in subjects if one.request in active)
        if not mine or work.item(asset).after is not None:
            continue
        if work.time_up and searched_again:
            work.report.said(HOURS_OVER)
            return
        searched_again = True
        scan = look(work, asset, mine)
        if scan is not None:
            _judge(work, asset, scan, plans, left_in_index(work, erase_order(work, asset, mine)))
            batches.renew(work.ledger, work.batch, lease=work.lease)


def _all_verifying(work: Work) -> bool:
    with work.ledger.read() as tx:
        states = {State(requests.get(tx, one).state) for one in work.members().values()}
    return states == {State.VERIFYING}


def _judge(
    work: Work, asset: str, scan: Scan, plans: Mapping[int, Plan], in_index: Mapping[int, Failure]
) -> None:
    item, members = work.item(asset), work.members()
    actions = {ordinal: plans[ordinal].step(asset).action for ordinal in members}
    erased = item.step is AssetStep.ERASED
    gone = lost(work, erase_order(work, asset, ()), item, scan) if erased else None
    wrong: dict[int, Failure] = {}
    for ordinal, action in actions.items():
        failure = _left(asset, scan, ordinal) or in_index.get(ordinal) if action is not Action.KEEP else None
        if action is Action.ERASE:
            failure = failure or gone or uneven(asset, item, ordinal)
        if failure:
            wrong[ordinal] = failure
    with work.ledger.write() as tx:
        batches.check(tx, work.batch)
        evidence.record(tx, work.batch.id, asset, after=scan.to_json() | {"digest": scan.digest()})
        if item.step is AssetStep.REBUILT:
            before, now = item.before or {}, scan.to_json()
            counts = {members[o]: held(before, o) - held(now, o) for o in members}
            evidence.record_erased(tx, work.batch.id, asset, counts)
        kind = Kind.RESIDUAL_FOUND if wrong else Kind.VERIFIED
        log.append(tx, kind, work.ledger.now(), batch_id=work.batch.id, asset=asset, scan=scan.digest())
    for ordinal, failure in wrong.items():
        work.drop(members[ordinal], [failure])
    numbers = {"rtbf/files": scan.files, "rtbf/requests_with_residual": len(wrong)}
    told = shown(numbers, {"rtbf/rows": scan.rows}, people=len(members))
    work.report.checked(asset, passed=not wrong, numbers=told)


def _left(asset: str, scan: Scan, ordinal: int) -> Failure | None:
    """Return a failure where the search still finds the person."""
    if scan.owners.get(ordinal, 0) or scan.mentions.get(ordinal, 0):
        sentence = f"asset {asset}: the search after the erasure still finds the person under a declared key"
        return Failure(code="residual", asset=asset, sentence=sentence)
    hit = next((hit for hit in scan.residual if hit.request == ordinal), None)
    if hit is None:
        return None
    sentence = f"asset {asset}: column {hit.column} holds the person and is no declared key; declare it"
    return Failure(code="residual", asset=asset, sentence=sentence)
