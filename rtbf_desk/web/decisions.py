"""What a person decides about a request: erase it, take it up again, cancel or refuse it. POST only."""

from collections.abc import Callable

from starlette.responses import Response

from rtbf_desk.web import page_request, record
from rtbf_desk.web.desk import Asked
from rtbf_desk.web.filing import NO_STAFF
from rtbf_desk.web.serving import must_hold_token
from rtbf_ledger import requests
from rtbf_ledger.errors import ReadmittedError
from rtbf_ledger.log import STAFF
from rtbf_ledger.states import State
from rtbf_ledger.store import Ledger

PERCENT = 100
CHANGED = "The plan has changed since this page was opened; look at it again, then decide."
READMITTED = (
    "A sweep filed this, and somebody it is about was readmitted; cancel it, or file a new request if they "
    "are to be erased nevertheless."
)
UNSURE = "Tick this to go on; it cannot be undone."


def approve(asked: Asked) -> Response:
    """Approve the plan that the page showed; the data is erased with the next run."""
    must_hold_token(asked)
    desk, request_id = asked.desk, asked.path["id"]
    row = record.row_of(desk.ledger, request_id)
    may = record.decision(desk, row, record.preview(asked, request_id))
    share = _share(asked.one("share"))
    wrong = staff_wrong(asked)
    if may.approve and asked.one("plan") != row.plan_digest:
        wrong["plan"] = CHANGED
    if may.found_nowhere and not asked.one("nothing"):
        wrong["nothing"] = "Tick this when you have checked it with the person."
    if may.share is not None and share is None:
        wrong["share"] = f"Write a share in percent, such as {may.share:g}."
    if wrong:
        return page_request.show(asked, wrong=wrong, acted="approve")
    staff, nothing = asked.one("by"), bool(asked.one("nothing"))
    try:
        requests.approve(desk.ledger, request_id, staff=staff, share=share, confirm_nothing=nothing)
    except ReadmittedError:
        return page_request.show(asked, wrong={"plan": READMITTED}, acted="approve")
    return asked.to(f"/rtbf/requests/{request_id}")


def _share(text: str) -> float | None:
    """Return a share written in percent; None where it is none."""
    try:
        percent = float(text.replace(",", ".").removesuffix("%"))
    except ValueError:
        return None
    return percent / PERCENT if 0 < percent <= PERCENT else None


def staff_wrong(asked: Asked) -> dict[str, str]:
    """Return what is wrong with the staff code of a form: field -> sentence."""
    return {} if STAFF.fullmatch(asked.one("by")) else {"by": NO_STAFF}


def retry(asked: Asked) -> Response:
    """Take a stopped or partly done request up again."""
    return _decided(asked, "retry", lambda ledger, one, staff: requests.retry(ledger, one, staff=staff), {})


def cancel(asked: Asked) -> Response:
    """Cancel a request; its identifiers are destroyed."""
    return _ended(asked, "cancel", State.CANCELLED)


def refuse(asked: Asked) -> Response:
    """Refuse a request; its identifiers are destroyed."""
    return _ended(asked, "refuse", State.REFUSED)


def _ended(asked: Asked, name: str, state: State) -> Response:
    wrong = {} if asked.one("sure") else {"sure": UNSURE}
    return _decided(
        asked, name, lambda ledger, one, staff: requests.end(ledger, one, state, staff=staff), wrong
    )


def _decided(
    asked: Asked, name: str, action: Callable[[Ledger, str, str], None], wrong: dict[str, str]
) -> Response:
    must_hold_token(asked)
    wrong = staff_wrong(asked) | wrong
    if wrong:
        return page_request.show(asked, wrong=wrong, acted=name)
    action(asked.desk.ledger, asked.path["id"], asked.one("by"))
    return asked.to(f"/rtbf/requests/{asked.path['id']}")
