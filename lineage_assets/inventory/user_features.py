"""`user_features`: what the ratings say about each account, computed; rebuilt from the ratings there are."""

from typing import Any

import dagster as dg
import pyarrow as pa

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import subject_data
from lineage_assets.inventory.arrow import aggregate, columns, pc
from lineage_assets.inventory.files import DERIVED, parquet, replace_all
from lineage_assets.inventory.lake import GROUP, Lake, Written
from lineage_assets.inventory.ratings import ratings

GENRES = ("Drama", "Comedy", "Action", "Thriller", "Romance", "Crime", "Sci-Fi", "Horror")


def column_of(genre: str) -> str:
    """Return the column name of a genre: "Sci-Fi" is `sci_fi`."""
    return genre.lower().replace("-", "_")


def genre_flags(genres: Any) -> dict[str, Any]:
    """Return one column of 0.0 and 1.0 for each of `GENRES`, from a column such as "Drama|Crime"."""
    return {column_of(genre): pc.match_substring(genres, genre).cast(pa.float64()) for genre in GENRES}


@dg.asset(
    deps=[ratings],
    owners=["team:recsys"],
    group_name=GROUP,
    description="Mean rating, number of ratings and share of each genre, per account. Rebuilt.",
    metadata=subject_data(
        "{lake}/user_features/",
        keys={"account_id": "account"},
        purposes={"recommendation"},
        erasure=Erasure.REBUILD,
        retention_days=365,
    ),
)
def user_features(lake: Lake) -> Written:
    """Write one row for each account that has ratings now."""
    table = features_of(lake.read("ratings", ["account_id", "rating", "genres"]))
    contents = parquet(table, origin=DERIVED, row_group_size=200)
    replace_all(lake.path("user_features"), {"part-0.parquet": contents})
    return lake.result("user_features")


def features_of(given: pa.Table) -> pa.Table:
    """Return account_id, mean_rating, ratings and one share per genre, sorted by account."""
    flags = genre_flags(given["genres"])
    wide = columns(account_id=given["account_id"], rating=given["rating"], **flags)
    wanted = [("rating", "mean"), ("rating", "count"), *((name, "mean") for name in flags)]
    found = aggregate(wide, "account_id", wanted)
    return columns(
        account_id=found["account_id"],
        mean_rating=found["rating_mean"],
        ratings=found["rating_count"],
        **{f"{name}_share": found[f"{name}_mean"] for name in flags},
    )
