"""Begins the erasure: the plan must still be the approved one, then the person is suppressed, then counted.

Suppression comes before the first delete, so that a late batch cannot bring the person back in between. It
does not wait for the batch's cadence: the sensor's tick suppresses what is approved, and the batch then adds
only what is missing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from lineage_assets.canonical import digest
from lineage_assets.graph import LineageGraph
from lineage_assets.identifiers import Sought
from rtbf_jobs.look import drop_reaching_undeclared, look, moved, pseudonym_keys
from rtbf_jobs.plan import Action, Plan, blocking
from rtbf_jobs.prepare import keep, plan_for, searched, tell
from rtbf_jobs.report import HOURS_OVER
from rtbf_jobs.unattended import UNATTENDED, needs_nobody
from rtbf_jobs.work import Work, sealed_identifiers
from rtbf_ledger import batches, evidence, log, requests
from rtbf_ledger.errors import VaultError
from rtbf_ledger.log import Kind
from rtbf_ledger.readmissions import came_back_lawfully
from rtbf_ledger.requests import Failure
from rtbf_ledger.states import Attention, State
from rtbf_ledger.store import Ledger
from rtbf_ledger.tombstones import Scope, forms_of, suppress, unsuppressed

MOST_A_TICK = 100
"""How many requests one tick suppresses before it claims: 500 took 8 s on a machine with a load of ten."""


def suppress_subjects(work: Work) -> None:
    """Move the batch's requests to erasing and put their people on the suppression list."""
    for request_id in list(work.members().values()):
        _begin(work, request_id)
    keys = pseudonym_keys(work.ledger, work.graph)
    people: dict[int, list[Sought]] = defaultdict(list)
    for one in work.subjects():
        people[one.request].append(one)
    for ordinal, request_id in work.members().items():
        batches.renew(work.ledger, work.batch, lease=work.lease)
        _suppress(work.ledger, request_id, people[ordinal], keys)


def suppress_approved(ledger: Ledger, graph: LineageGraph, *, most: int = MOST_A_TICK) -> None:
    """Put the people of approved requests on the suppression list, without waiting for a batch.

    A request whose identifiers do not open fails alone; what is done once is not done again. Who came back
    and was readmitted is not put on the list: the batch sends that request back.

    Args:
        ledger: the open ledger.
        graph: the declared graph of today, whose pseudonyms are suppressed too.
        most: how many requests at once; the rest waits for the next call.

    Raises:
        KeyFolderError: the list, or a pseudonym, was made with a key that is not in the key folder.
    """
    with ledger.read() as tx:
        waiting = [one for one in unsuppressed(tx, most=most) if not came_back_lawfully(tx, one)]
    keys = pseudonym_keys(ledger, graph) if waiting else {}
    for request_id in waiting:
        try:
            people = sealed_identifiers(ledger, request_id, 0)
        except VaultError as error:
            with ledger.write() as tx:
                requests.fail(ledger, tx, request_id, [Failure(code="vault", asset="", sentence=str(error))])
        else:
            _suppress(ledger, request_id, people, keys)


def _suppress(ledger: Ledger, request_id: str, people: Iterable[Sought], keys: Mapping[str, bytes]) -> None:
    """Put a request's people on the list in every form; an identifier that others share stays off it."""
    forms = [form for one in people if not one.shared for form in forms_of(one.namespace, one.value, keys)]
    suppress(ledger, request_id, forms, scope=Scope.DATA_BEFORE)


def _begin(work: Work, request_id: str) -> None:
    with work.ledger.read() as tx:
        row = requests.get(tx, request_id)
        lawful = came_back_lawfully(tx, request_id)
    if State(row.state) not in {State.APPROVED, State.REBUILDING}:
        return
    if State(row.state) is State.APPROVED:
        if lawful:
            _send_back(work, request_id, State.FILED, "readmitted")
            return
        wrong = blocking(work.graph.problems())
        if wrong:
            failures = [Failure(code=str(one.code), asset=one.asset, sentence=one.sentence) for one in wrong]
            work.drop(request_id, failures)
            return
        if digest(plan_for(work, request_id).to_json()) != row.plan_digest:
            _send_back(work, request_id, State.FILED, "plan_changed")
            return
    with work.ledger.write() as tx:
        batches.check(tx, work.batch)
        requests.move(tx, request_id, State.ERASING)


def _send_back(work: Work, request_id: str, state: State, code: str, **columns: str) -> None:
    """Take a request out of the batch and back to an earlier state, with the reason in the log."""
    with work.ledger.write() as tx:
        batches.check(tx, work.batch)
        requests.move(tx, request_id, state, **columns)
        batches.leave(tx, work.batch.id, request_id)
        log.append(tx, Kind.STOPPED, work.ledger.now(), request_id=request_id, code=code)
    work.report.said(f"request {request_id} went back to {state}: {code}")


def scan_before(work: Work) -> None:
    """Count in every asset what the erasure must reach; a request above the share limit is stopped again."""
    plans = work.plans()
    subjects = work.subjects()
    seen = work.evidence()
    counted = False
    for asset in _assets(work, plans.values()):
        known = seen.get(asset)
        if known is not None and known.before is not None:
            continue
        if work.time_up and counted:
            work.report.said(HOURS_OVER)
            return
        counted = True
        failure = moved(work, asset)
        for request_id in work.members().values() if failure else ():
            work.drop(request_id, [failure] if failure else [])
        _count(work, asset, subjects)
    drop_reaching_undeclared(work)
    _stop_again(work, plans)


def _assets(work: Work, plans: Iterable[Plan]) -> list[str]:
    return work.graph.order({asset for plan in plans for asset in searched(plan)})


def _count(work: Work, asset: str, subjects: tuple[Sought, ...]) -> None:
    active = work.members()
    mine = tuple(one for one in subjects if one.request in active)
    scan = look(work, asset, mine) if mine else None
    if scan is not None:
        keep(work, asset, scan)
        tell(work, asset, scan)
        batches.renew(work.ledger, work.batch, lease=work.lease)


def _stop_again(work: Work, plans: dict[int, Plan]) -> None:
    """Stop requests that would erase too large a share of an asset, or need a person after all."""
    seen = work.evidence()
    if any(item.step is not None for item in seen.values()):
        return
    for ordinal, request_id in work.members().items():
        with work.ledger.read() as tx:
            row = requests.get(tx, request_id)
            matched = evidence.of_request(tx, request_id, batches=[work.batch.id])
            asks = row.approved_by == UNATTENDED and not needs_nobody(tx, work.graph, request_id, matched)
        if asks:
            _send_back(work, request_id, State.FILED, "needs_a_person")
            continue
        accepted = row.accepted_share
        limit = accepted if accepted is not None else work.settings.share_limit
        plan = plans[ordinal]
        over = [
            asset
            for asset, item in matched.items()
            if plan.step(asset).action in {Action.ERASE, Action.REBUILD}
            and item.matched > limit * (seen[asset].before or {}).get("rows", 0)
        ]
        if over:
            _send_back(work, request_id, State.PLANNED, "over_limit", attention=str(Attention.OVER_LIMIT))
