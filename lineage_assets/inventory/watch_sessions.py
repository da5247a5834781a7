"""`watch_sessions`: what ran on which device, MADE UP; it knows devices, and accounts only as co-viewers.

Devices with the app "ios" write their identifier in capitals; some sessions have no viewer at all.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any

import dagster as dg
import pyarrow as pa

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import mention, subject_data
from lineage_assets.inventory.arrow import schema
from lineage_assets.inventory.devices import devices
from lineage_assets.inventory.files import MADE_UP, parquet, replace_all
from lineage_assets.inventory.lake import GROUP, Lake, Written
from lineage_assets.inventory.movielens import films_of_source
from lineage_assets.inventory.people import dice

APPS = ("tv", "web", "android", "ios")
GUESTS = 200

_SCHEMA = schema(
    viewer=pa.struct([("device_id", pa.string()), ("app", pa.string())]),
    co_viewers=pa.list_(pa.int64()),
    film_id=pa.int64(),
    seconds=pa.int32(),
    started_at=pa.timestamp("us", tz="UTC"),
)


@dg.asset(
    deps=[devices],
    owners=["team:playback"],
    group_name=GROUP,
    description="Sessions by device, one file a month; co-viewers are other people's accounts. MADE UP.",
    metadata=subject_data(
        "{lake}/watch_sessions/",
        keys={"viewer.device_id": "device", "co_viewers[]": mention("account")},
        purposes={"recommendation", "playback"},
        erasure=Erasure.DELETE_ROWS,
        retention_days=730,
    ),
)
def watch_sessions(lake: Lake) -> Written:
    """Write the sessions of every device there is now, in the order of time."""
    months: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(_sessions(lake), key=itemgetter("started_at", "film_id", "seconds")):
        months[f"part-{row['started_at']:%Y-%m}.parquet"].append(row)
    tables = {name: pa.Table.from_pylist(rows, schema=_SCHEMA) for name, rows in months.items()}
    contents = {name: parquet(table, origin=MADE_UP, row_group_size=1_000) for name, table in tables.items()}
    replace_all(lake.path("watch_sessions"), contents)
    return lake.result("watch_sessions", counted=True)


def _sessions(lake: Lake) -> Iterator[dict[str, Any]]:
    owners: dict[str, set[int]] = defaultdict(set)
    for row in lake.read("devices", ["account_id", "device_id"]).to_pylist():
        owners[row["device_id"]].add(row["account_id"])
    everybody = set[int]().union(*owners.values())
    for device, people in owners.items():
        yield from _sessions_of(device, everybody - people)
    guests = dice("watch_sessions", "guests")
    yield from (_session(guests, viewer=None, others=set()) for _ in range(GUESTS))


def _sessions_of(device: str, others: set[int]) -> Iterator[dict[str, Any]]:
    chance = dice("watch_sessions", device)
    app = chance.choice(APPS)
    viewer = {"device_id": device.upper() if app == "ios" else device, "app": app}
    for _ in range(chance.randrange(10, 21)):
        yield _session(chance, viewer=viewer, others=others)


def _session(chance: Random, *, viewer: dict[str, str] | None, others: set[int]) -> dict[str, Any]:
    company = [chance.randrange(1, 672) for _ in range(chance.choice((0, 0, 0, 0, 0, 1, 2)))]
    started = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(184 * 24 * 3600))
    return {
        "viewer": viewer,
        "co_viewers": None if viewer is None else [account for account in company if account in others],
        "film_id": chance.choice(films_of_source()),
        "seconds": chance.randrange(60, 9_000),
        "started_at": started,
    }
