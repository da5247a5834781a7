"""`viewing_profile`: when and how much an account watches, the middle of delete -> rebuild -> delete.

Sessions know devices only; on a shared device they count for both people of the household.
"""

import dagster as dg
import pyarrow as pa

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import subject_data
from lineage_assets.inventory.arrow import aggregate, columns, pc
from lineage_assets.inventory.devices import devices
from lineage_assets.inventory.files import DERIVED, parquet, replace_all
from lineage_assets.inventory.lake import GROUP, Lake, Written
from lineage_assets.inventory.watch_sessions import watch_sessions

EVENING_FROM = 18


@dg.asset(
    deps=[watch_sessions, devices],
    owners=["team:playback"],
    group_name=GROUP,
    description="Sessions, seconds and share of evenings per account, from sessions and devices. Rebuilt.",
    metadata=subject_data(
        "{lake}/viewing_profile/",
        keys={"account_id": "account"},
        purposes={"recommendation", "marketing"},
        erasure=Erasure.REBUILD,
        retention_days=365,
    ),
)
def viewing_profile(lake: Lake) -> Written:
    """Write one row for each account with sessions on a device of theirs now, sorted by account."""
    links = lake.read("devices", ["account_id", "device_id"])
    links = columns(account_id=links["account_id"], device_id=pc.utf8_lower(links["device_id"]))
    sessions = _flat(lake.read("watch_sessions"))
    watched = sessions.join(links, "device_id", join_type="inner", use_threads=False)
    wanted = [("seconds", "count"), ("seconds", "sum"), ("evening", "mean"), ("started_at", "max")]
    found = aggregate(watched, "account_id", wanted)
    table = columns(
        account_id=found["account_id"],
        sessions=found["seconds_count"],
        seconds=found["seconds_sum"],
        evening_share=found["evening_mean"],
        last_seen=found["started_at_max"],
    )
    contents = parquet(table, origin=DERIVED, row_group_size=200)
    replace_all(lake.path("viewing_profile"), {"part-0.parquet": contents})
    return lake.result("viewing_profile")


def _flat(sessions: pa.Table) -> pa.Table:
    known = sessions.filter(pc.is_valid(sessions["viewer"]))
    return columns(
        device_id=pc.utf8_lower(pc.struct_field(known["viewer"], "device_id")),
        seconds=known["seconds"],
        evening=pc.greater_equal(pc.hour(known["started_at"]), EVENING_FROM).cast(pa.float64()),
        started_at=known["started_at"],
    )
