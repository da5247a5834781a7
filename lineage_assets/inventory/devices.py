"""`devices`: which devices an account uses, MADE UP; twelve of them are shared by two people of a household.

Account 50 shares its first device with account 51, 100 with 101, and so on to 600 with 601.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import dagster as dg
import pyarrow as pa

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import link, subject_data
from lineage_assets.inventory.arrow import distinct, schema
from lineage_assets.inventory.files import MADE_UP, parquet, replace_all
from lineage_assets.inventory.lake import GROUP, Lake, Written
from lineage_assets.inventory.people import dice
from lineage_assets.inventory.profiles import profiles

SHARING = range(50, 601, 50)

_SCHEMA = schema(
    ("account_id", "device_id"),
    account_id=pa.int64(),
    device_id=pa.string(),
    first_seen=pa.timestamp("us", tz="UTC"),
)


@dg.asset(
    deps=[profiles],
    owners=["team:accounts"],
    group_name=GROUP,
    description="One to three devices per account; some are shared by a household. MADE UP.",
    metadata=subject_data(
        "{lake}/devices/",
        keys={"account_id": "account", "device_id": "device"},
        purposes={"account", "security"},
        erasure=Erasure.DELETE_ROWS,
        retention_days=1_095,
        links=[link("account", "device", cardinality="many_to_many")],
    ),
)
def devices(lake: Lake) -> Written:
    """Write the devices of every account that has a profile now."""
    accounts = distinct(lake.read("profiles", ["account_id"]), "account_id")
    rows = [row for account in accounts for row in _devices_of(account)]
    table = pa.Table.from_pylist(rows, schema=_SCHEMA)
    replace_all(lake.path("devices"), {"part-0.parquet": parquet(table, origin=MADE_UP, row_group_size=500)})
    return lake.result("devices")


def _devices_of(account: int) -> list[dict[str, object]]:
    borrows = account - 1 in SHARING
    own = 1 + dice("devices", account).randrange(2 if borrows else 3)
    found = [_device(account, number) for number in range(own)] + [_device(account - 1, 0)] * borrows
    return [{"account_id": account, "device_id": one, "first_seen": _seen(account, one)} for one in found]


def _device(account: int, number: int) -> str:
    return str(UUID(int=dice("device", f"{account}/{number}").getrandbits(128), version=4))


def _seen(account: int, device: str) -> datetime:
    minutes = dice("first_seen", f"{account}/{device}").randrange(400 * 24 * 60)
    return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
