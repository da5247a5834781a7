"""`film_popularity`: counts per film of films that 50 people or more rated; not about anybody."""

import dagster as dg

from lineage_assets.declaring import no_subject_data
from lineage_assets.inventory.arrow import aggregate, columns, pc
from lineage_assets.inventory.files import DERIVED, parquet, replace_all
from lineage_assets.inventory.lake import GROUP, Lake, Written
from lineage_assets.inventory.ratings import ratings

FEWEST = 50


@dg.asset(
    deps=[ratings],
    owners=["team:recsys"],
    group_name=GROUP,
    description="How many people rated a film and how well, for films with 50 raters or more.",
    metadata=no_subject_data(
        because="each row counts 50 people or more and has no key of a person",
        location="{lake}/film_popularity/",
    ),
)
def film_popularity(lake: Lake) -> Written:
    """Write one row for each film with enough raters now, sorted by film."""
    given = lake.read("ratings", ["account_id", "film_id", "title", "rating"])
    wanted = [("account_id", "count_distinct"), ("rating", "mean")]
    found = aggregate(given, ["film_id", "title"], wanted)
    known = found.filter(pc.greater_equal(found["account_id_count_distinct"], FEWEST))
    table = columns(
        film_id=known["film_id"],
        title=known["title"],
        raters=known["account_id_count_distinct"],
        mean_rating=known["rating_mean"],
    )
    replace_all(lake.path("film_popularity"), {"part-0.parquet": parquet(table, origin=DERIVED)})
    return lake.result("film_popularity")
