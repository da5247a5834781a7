"""`loyalty`: the loyalty tier, computed from invoices that must be kept: suppressed people are left out."""

import dagster as dg

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import subject_data
from lineage_assets.inventory.arrow import aggregate, columns, pc
from lineage_assets.inventory.files import DERIVED, parquet, replace_all
from lineage_assets.inventory.lake import GROUP, Lake, Written
from lineage_assets.inventory.partner import billing
from lineage_assets.inventory.ports import Suppression

_GOLD_FROM = 24_000


@dg.asset(
    deps=[billing],
    owners=["team:marketing"],
    group_name=GROUP,
    description="Sum paid and tier per account. A suppressed person is left out.",
    metadata=subject_data(
        "{lake}/loyalty/",
        keys={"account_id": "account"},
        purposes={"marketing"},
        erasure=Erasure.REBUILD,
        retention_days=730,
        filters_suppressed=True,
    ),
)
def loyalty(lake: Lake, rtbf_suppression: dg.ResourceParam[Suppression]) -> Written:
    """Write one row for each account with invoices that is not suppressed now, sorted by account."""
    invoices = lake.read("billing", ["account_id", "amount_cents"])
    kept = rtbf_suppression.filter_arrow(invoices, "account_id", "account")
    paid = aggregate(kept, "account_id", [("amount_cents", "sum")])
    cents = paid["amount_cents_sum"]
    tier = pc.if_else(pc.greater_equal(cents, _GOLD_FROM), "gold", "silver")
    table = columns(account_id=paid["account_id"], paid_cents=cents, tier=tier)
    contents = parquet(table, origin=DERIVED, row_group_size=200)
    replace_all(lake.path("loyalty"), {"part-0.parquet": contents})
    return lake.result("loyalty")
