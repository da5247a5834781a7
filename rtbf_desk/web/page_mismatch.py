"""`/rtbf/scans/<id>`: one thing that nobody declared, and whether it may stay as it is."""

from collections.abc import Mapping

from starlette.responses import Response

from rtbf_desk.web import undeclared, words
from rtbf_desk.web.decisions import staff_wrong
from rtbf_desk.web.desk import Asked
from rtbf_desk.web.serving import must_hold_token
from rtbf_ledger import undeclared as kept
from rtbf_ledger.mismatches import Because


def show(asked: Asked, *, wrong: Mapping[str, str] | None = None) -> Response:
    """Show a mismatch; `wrong` says what a decision lacks: field -> sentence."""
    with asked.desk.ledger.read() as tx:
        one = kept.get(tx, asked.path["id"])
    return asked.page(
        "mismatch.html",
        status=422 if wrong else 200,
        one=undeclared.row(asked, one),
        because=words.BECAUSE,
        wrong=wrong or {},
    )


def accept(asked: Asked) -> Response:
    """Accept a mismatch for a reason: it is told no more."""
    must_hold_token(asked)
    given = asked.one("because")
    wrong = staff_wrong(asked)
    if given not in list(Because):
        wrong["because"] = "Choose why it is right as it is."
    if wrong:
        return show(asked, wrong=wrong)
    ledger = asked.desk.ledger
    with ledger.write() as tx:
        kept.accept(ledger, tx, asked.path["id"], because=Because(given), staff=asked.one("by"))
    return asked.to("/rtbf/scans")


def withdraw(asked: Asked) -> Response:
    """Take an acceptance back: the mismatch is open again."""
    must_hold_token(asked)
    wrong = staff_wrong(asked)
    if wrong:
        return show(asked, wrong=wrong)
    ledger = asked.desk.ledger
    with ledger.write() as tx:
        kept.withdraw(ledger, tx, asked.path["id"], staff=asked.one("by"))
    return asked.to("/rtbf/scans")
