"""`ratings`: what people said about films; the one asset of this lake that is real."""

import dagster as dg

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import subject_data
from lineage_assets.inventory.arrow import pc
from lineage_assets.inventory.files import REAL, parquet, replace_all
from lineage_assets.inventory.lake import GROUP, Lake, Written
from lineage_assets.inventory.movielens import YEARS, ratings_of_source


@dg.asset(
    owners=["team:recsys"],
    group_name=GROUP,
    description="MovieLens ratings, one file for each year in which they were given. Real data.",
    partitions_def=dg.StaticPartitionsDefinition(list(YEARS)),
    metadata=subject_data(
        "{lake}/ratings/",
        keys={"account_id": "account"},
        purposes={"recommendation"},
        erasure=Erasure.DELETE_ROWS,
        retention_days=14_610,  # 40 years: the ratings are of 1995 to 2016
    ),
)
def ratings(context: dg.AssetExecutionContext, lake: Lake) -> Written:
    """Write the files of the years asked for; the other years are left alone."""
    table = ratings_of_source()
    years = pc.year(table["rated_at"])
    for key in context.partition_keys:
        of_year = table.filter(pc.equal(years, int(key)))
        folder = lake.path("ratings") / f"year={key}"
        replace_all(folder, {"part-0.parquet": parquet(of_year, origin=REAL)})
    return lake.result("ratings", counted=True)
