"""Closes requests: destroys their data key, then writes the certificate from the ledger alone."""

import json
from datetime import UTC, date, datetime

from rtbf_jobs.outcome import outcome
from rtbf_jobs.plan import Action, Plan
from rtbf_jobs.work import Work
from rtbf_ledger import batches, certificates, evidence, hold_store, requests
from rtbf_ledger.batches import BatchState
from rtbf_ledger.certificate import Body, Coverage
from rtbf_ledger.clocks import LAWS
from rtbf_ledger.states import State
from rtbf_ledger.store import moment
from rtbf_ledger.verdicts import Title, title_for

TOKENS_ONLY = (
    "Free text was searched for e-mail addresses, phone numbers and identifiers of a known form; "
    "names and addresses written out in it were not."
)
PLACES_ONLY = "Copies outside the declared locations, such as backups, are not covered."


def close(work: Work) -> None:
    """Close every verified request and destroy its key; partly, and not its key, while something is open."""
    plans = work.plans()
    if not plans or any(item.after is None for item in _searched(work, plans).values()):
        return
    for ordinal, request_id in work.members().items():
        with work.ledger.read() as tx:
            if State(requests.get(tx, request_id).state) is not State.VERIFYING:
                continue
            title = _title(work, ordinal, request_id, plans[ordinal])
        with work.ledger.write() as tx:
            batches.check(tx, work.batch)
            if title is Title.INTERIM:
                requests.move(tx, request_id, State.PARTLY_CLOSED)
            else:
                requests.move(tx, request_id, State.CLOSED, closed_at=work.ledger.now())
        if title is not Title.INTERIM:
            requests.destroy(work.ledger, request_id)


def _searched(work: Work, plans: dict[int, Plan]) -> dict[str, evidence.Evidence]:
    seen = work.evidence()
    assets = {step.asset for plan in plans.values() for step in plan.steps if step.action is not Action.STATE}
    return {asset: seen.get(asset, evidence.Evidence(asset=asset)) for asset in assets}


def _title(work: Work, ordinal: int, request_id: str, plan: Plan) -> Title:
    with work.ledger.read() as tx:
        matched = evidence.of_request(tx, request_id, batches=evidence.erase_batches_of(tx, request_id))
        held = _hold_open(work, request_id)
    records = outcome(plan, ordinal, work.evidence(), matched)
    return title_for((record.verdict for record in records), hold_open=held)


def _hold_open(work: Work, request_id: str) -> bool:
    with work.ledger.read() as tx:
        holds = hold_store.of_request(tx, request_id)
    return any(hold.open_on(work.ledger.clock().date()) for hold in holds)


def certify(work: Work) -> None:
    """Write the certificate of every request that ended in this batch; then the batch is done."""
    plans = work.plans()
    ended = {State.CLOSED, State.PARTLY_CLOSED}
    unfinished = False
    for ordinal, request_id in work.members().items():
        with work.ledger.read() as tx:
            batches.check(tx, work.batch)
            state = State(requests.get(tx, request_id).state)
        if state in ended:
            certificates.issue_once(
                work.ledger, work.batch.id, body_of(work, ordinal, request_id, plans[ordinal])
            )
        else:
            unfinished = True
    if not unfinished:
        with work.ledger.write() as tx:
            batches.set_state(tx, work.batch, BatchState.DONE)


def body_of(work: Work, ordinal: int, request_id: str, plan: Plan) -> Body:
    """Return what the certificate of a request says, in the ledger's words.

    Raises:
        CertificateInvalid: the ledger's evidence contradicts itself.
    """
    with work.ledger.read() as tx:
        row = requests.get(tx, request_id)
        matched = evidence.of_request(tx, request_id, batches=evidence.erase_batches_of(tx, request_id))
        origin = certificates.origin(tx)
    records = outcome(plan, ordinal, work.evidence(), matched)
    return Body(
        request_id=request_id,
        law=LAWS[row.law].title,
        controller=work.settings.controller,
        received_at=_whole(row.received_at),
        due_on=date.fromisoformat(row.due_on),
        approved_at=_whole(row.approved_at),
        closed_at=_whole(row.closed_at) if row.closed_at else None,
        key_destroyed_at=_whole(row.key_destroyed_at) if row.key_destroyed_at else None,
        plan=row.plan_digest,
        graph=row.graph_digest,
        log_origin=origin,
        assets=records,
        hold_open=_hold_open(work, request_id),
        nothing_found=tuple(json.loads(row.nothing_found or "[]")),
        covers=Coverage(assets=len(records), inventory=row.graph_digest),
        not_covered=_not_covered(plan),
    )


def _not_covered(plan: Plan) -> tuple[str, ...]:
    outside = tuple(
        f"Asset {name} declares nothing; nothing that was found about the person flows to it."
        for name in plan.outside
    )
    stated = tuple(
        f"Asset {step.asset} is declared free of personal data and names no place to search."
        for step in plan.steps
        if step.action is Action.STATE
    )
    return (*outside, *stated, TOKENS_ONLY, PLACES_ONLY)


def _whole(text: str) -> datetime:
    return moment(text).astimezone(UTC).replace(microsecond=0)
