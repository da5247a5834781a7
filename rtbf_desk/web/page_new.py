"""`/rtbf/new`: a request is filed; identifiers go sealed into the vault and nowhere else."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from rtbf_desk.web import filing
from rtbf_desk.web.desk import Asked
from rtbf_ledger import requests
from rtbf_ledger.clocks import LAWS
from rtbf_ledger.errors import LedgerError

LABELS = {
    "law": "Law",
    "kind": "Kind",
    "value": "Value",
    "received": "Day and time",
    "zone": "Time zone",
    "by": "Your staff code",
}
"""The labels of the fields that may be wrong."""
STALE = "The page was open for too long, or in another session. Nothing was filed; press the button again."


def show(asked: Asked) -> Response:
    """Show the empty form."""
    return _form(asked, filing.blank(asked.desk))


def post(asked: Asked) -> Response:
    """File what was typed, or show it again with another row, or with what is wrong."""
    form = filing.typed(asked)
    if not asked.token_held:
        return _form(asked, form, top=STALE, status=403)
    if asked.one("do") != "file":
        added = asked.one("do") == "add"
        return _form(asked, form, focus=f"value-{len(form.rows)}" if added else "add")
    what, wrong = filing.checked(asked.desk, form)
    if what is None:
        return _form(asked, form, wrong=wrong, status=422)
    try:
        request_id = requests.file(asked.desk.ledger, what)
    except LedgerError as error:
        return _form(asked, form, top=f"Nothing was filed: {error}.", status=409)
    return asked.to(f"/rtbf/requests/{request_id}")


def _form(
    asked: Asked,
    form: filing.Typed,
    *,
    wrong: Mapping[str, str] | None = None,
    top: str = "",
    focus: str = "",
    status: int = 200,
) -> Response:
    kinds: list[tuple[str, Any]] = [
        (name, filing.HINTS[one.kind]) for name, one in asked.desk.settings.namespaces.items()
    ]
    return asked.page(
        "new.html",
        status=status,
        form=form,
        kinds=kinds,
        laws=LAWS.values(),
        zones=filing.zones(),
        wrong=wrong or {},
        labels=LABELS,
        top=top,
        focus=focus,
    )
