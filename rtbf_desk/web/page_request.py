"""`/rtbf/requests/<id>`: one request, the decisions it asks for, its record and the key to check it with."""

from collections.abc import Mapping

from starlette.responses import Response

from rtbf_desk import reading
from rtbf_desk.waiting import next_erasure
from rtbf_desk.web import record, words
from rtbf_desk.web.desk import Asked
from rtbf_desk.web.page_list import deadlines
from rtbf_ledger import certificates
from rtbf_ledger.clocks import LAWS
from rtbf_ledger.states import TERMINAL, State
from rtbf_ledger.store import moment

PLANNED = frozenset(State) - TERMINAL - {State.FILED, State.PARTLY_CLOSED}
"""States in which the plan is the one that is to come, under way, or stopped."""


def show(asked: Asked, *, wrong: Mapping[str, str] | None = None, acted: str = "") -> Response:
    """Show a request; `wrong` says what the decision `acted` lacks: field -> sentence."""
    desk, ledger = asked.desk, asked.desk.ledger
    request_id = asked.path["id"]
    row = record.row_of(ledger, request_id)
    state = State(row.state)
    rows = record.preview(asked, request_id) if state in PLANNED else []
    signed = record.record(ledger, request_id)
    body, issued_at = signed if signed is not None else (None, "")
    at = next_erasure(ledger, desk.settings.batch)
    timeline, batches = record.history(ledger, request_id)
    return asked.page(
        "request.html",
        status=422 if wrong else 200,
        row=row,
        state=state,
        words=words,
        law=LAWS[row.law],
        dates=deadlines(row, desk.today()),
        facts=record.facts(asked, row),
        run_at=asked.local(at) if at is not None and state is State.APPROVED else "",
        warning=words.warning(state, row.attention),
        failures=record.failures(row),
        holds=record.holds(ledger, request_id),
        may=record.decision(desk, row, rows),
        preview=rows,
        ahead=state in reading.AHEAD,
        body=body,
        issued=asked.local(moment(issued_at)) if issued_at else "",
        outcomes=record.outcomes(asked, body) if body else [],
        drawn=record.drawn(ledger, body) if body else "",
        foreseen=record.foreseen(desk, rows, request_id) if state in reading.AHEAD and not body else "",
        timeline=timeline,
        runs=[(what, asked.runs(batch)) for what, batch in batches],
        wrong=wrong or {},
        acted=acted,
    )


def certificate(asked: Asked) -> Response:
    """Hand out the newest record as a file, byte for byte as it was signed."""
    request_id = asked.path["id"]
    with asked.desk.ledger.read() as tx:
        data = certificates.newest(tx, request_id)
    return _file(data, f"record-{request_id}.json", "application/json")


def key(asked: Asked) -> Response:
    """Hand out the public key that records are checked with."""
    return _file(certificates.verifier_key_file(asked.desk.ledger).read_bytes(), "ledger.pub", "text/plain")


def _file(data: bytes, name: str, kind: str) -> Response:
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
