"""`audience_export`: segments for an advertising partner as small CSV files; the end of the chain.

The chain is delete -> rebuild -> delete. A file holds at most ten people, so deleting the file of one of them
costs little: the next export has the rest.
"""

import dagster as dg

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import subject_data
from lineage_assets.inventory.files import delimited, replace_all
from lineage_assets.inventory.lake import GROUP, Lake, Written
from lineage_assets.inventory.viewing_profile import viewing_profile

CAMPAIGN = "2026-w45"
PEOPLE_PER_FILE = 10
HEADER = ("account_id", "segment", "minutes")

Row = tuple[object, ...]

_EVENINGS, _LONG = 0.25, 4_500


@dg.asset(
    deps=[viewing_profile],
    owners=["team:marketing"],
    group_name=GROUP,
    description="Audience segments of one week, at most ten people in a CSV file; handed over as files.",
    metadata=subject_data(
        "{lake}/audience_export/",
        format="csv",
        keys={"account_id": "account"},
        purposes={"marketing"},
        erasure=Erasure.DELETE_FILE,
        retention_days=90,
    ),
)
def audience_export(lake: Lake) -> Written:
    """Write the files of every segment, from the viewing profiles there are now."""
    segments: dict[str, list[Row]] = {}
    for row in lake.read("viewing_profile").sort_by("account_id").to_pylist():
        name = _segment(row["evening_share"], row["seconds"] / row["sessions"])
        segments.setdefault(name, []).append((row["account_id"], name, row["seconds"] // 60))
    contents = {
        f"{CAMPAIGN}/{name}-{number:03}.csv": delimited(HEADER, people)
        for name, rows in segments.items()
        for number, people in enumerate(_parts(rows))
    }
    replace_all(lake.path("audience_export"), contents)
    return lake.result("audience_export")


def _parts(rows: list[Row]) -> list[list[Row]]:
    return [rows[start : start + PEOPLE_PER_FILE] for start in range(0, len(rows), PEOPLE_PER_FILE)]


def _segment(evening_share: float, seconds: float) -> str:
    when = "evening" if evening_share >= _EVENINGS else "daytime"
    return f"{when}-{'long' if seconds >= _LONG else 'short'}"
