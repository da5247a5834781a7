"""`profiles`: one row per account with e-mail and phone, MADE UP from the account number (see `people`)."""

from datetime import date, timedelta

import dagster as dg
import pyarrow as pa

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import link, subject_data
from lineage_assets.inventory.arrow import columns, distinct
from lineage_assets.inventory.files import MADE_UP, parquet, replace_all
from lineage_assets.inventory.lake import GROUP, Lake, Written
from lineage_assets.inventory.people import dice, display_name, phone, typed_email
from lineage_assets.inventory.ratings import ratings


@dg.asset(
    deps=[ratings],
    owners=["team:accounts"],
    group_name=GROUP,
    description="Name, e-mail and phone of each account. MADE UP from the account number; belongs to nobody.",
    metadata=subject_data(
        "{lake}/profiles/",
        keys={"account_id": "account", "email": "email", "phone": "phone"},
        purposes={"account"},
        erasure=Erasure.DELETE_ROWS,
        retention_days=3_650,
        links=[
            link("account", "email", cardinality="one_to_one"),
            link("account", "phone", cardinality="one_to_one"),
            link("email", "account", cardinality="one_to_one", identifies=True),
            link("phone", "account", cardinality="one_to_one", identifies=True),
        ],
    ),
)
def profiles(lake: Lake) -> Written:
    """Write a profile for every account that has ratings now."""
    accounts = distinct(lake.read("ratings", ["account_id"]), "account_id")
    table = columns(
        account_id=pa.array(accounts, pa.int64()),
        email=[typed_email(account) for account in accounts],
        phone=[phone(account) for account in accounts],
        display_name=[display_name(account) for account in accounts],
        joined_on=pa.array([_joined_on(account) for account in accounts], pa.date32()),
    )
    contents = parquet(table, origin=MADE_UP, row_group_size=200)
    replace_all(lake.path("profiles"), {"part-0.parquet": contents})
    return lake.result("profiles")


def _joined_on(account: int) -> date:
    return date(2018, 1, 1) + timedelta(days=dice("profiles", account).randrange(2_500))
