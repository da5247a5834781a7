"""`support_tickets`: what people wrote to support, MADE UP.

The account is inside JSON text, e-mail addresses are in free text. Three of four accounts wrote once. A few
name the e-mail address of somebody else (of the next account).
"""

import json
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

import dagster as dg
import pyarrow as pa

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import in_text, subject_data
from lineage_assets.inventory.arrow import schema
from lineage_assets.inventory.files import MADE_UP, parquet, replace_all
from lineage_assets.inventory.lake import GROUP, Lake, Written
from lineage_assets.inventory.people import dice, email
from lineage_assets.inventory.profiles import profiles

_CATEGORIES = ("playback", "billing", "account", "content")
_OWN = "Please answer to {own}, thank you."
_OTHER = "My neighbour ({other}) has the same trouble, and I am at {own}."
_NONE = (
    "The picture freezes after 42 minutes.",
    "Where did film 300 go?",
    "I cannot log in on my TV.",
)

_SCHEMA = schema(
    ticket_id=pa.string(),
    category=pa.string(),
    opened_at=pa.timestamp("us", tz="UTC"),
    payload=pa.string(),
    body=pa.string(),
)


@dg.asset(
    deps=[profiles],
    owners=["team:support"],
    group_name=GROUP,
    description="Tickets: the requester is inside JSON text, e-mail addresses in free text. MADE UP.",
    metadata=subject_data(
        "{lake}/support_tickets/",
        keys={
            "payload::requester.account": "account",
            "payload::requester.email": "email",
            "body": in_text("email"),
        },
        purposes={"support"},
        erasure=Erasure.REDACT_COLUMNS,
        redact=["payload", "body"],
        retention_days=1_095,
    ),
)
def support_tickets(lake: Lake) -> Written:
    """Write the tickets of the accounts that have a profile now, in the order of time."""
    addresses = {row["account_id"]: row["email"] for row in lake.read("profiles").to_pylist()}
    tickets = [_ticket(account, addresses) for account in sorted(addresses) if account % 4 != 3]  # noqa: PLR2004
    tickets.sort(key=itemgetter("opened_at", "ticket_id"))
    table = pa.Table.from_pylist(tickets, schema=_SCHEMA)
    contents = parquet(table, origin=MADE_UP, row_group_size=100)
    replace_all(lake.path("support_tickets"), {"part-0.parquet": contents})
    return lake.result("support_tickets")


def _ticket(account: int, addresses: dict[int, str]) -> dict[str, Any]:
    chance = dice("support_tickets", account)
    requester = {"account": account, "email": addresses[account]}
    return {
        "ticket_id": f"T-{chance.randrange(10**7, 10**8)}",
        "category": chance.choice(_CATEGORIES),
        "opened_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(300 * 24 * 60)),
        "payload": json.dumps({"requester": requester, "app": chance.choice(("web", "ios"))}),
        "body": _body(account, addresses, chance.choice(_NONE)),
    }


def _body(account: int, addresses: dict[int, str], text: str) -> str:
    if account % 20 == 1 and account + 1 in addresses:
        return f"{text} {_OTHER.format(own=email(account), other=email(account + 1))}"
    return f"{text} {_OWN.format(own=email(account))}" if account % 3 == 0 else text
