"""`training_set`: a snapshot for the ranker, keyed by a pseudonym of the account.

A snapshot is what a model was trained on, so later ratings never change it: a person leaves it by their rows,
not by a rebuild. The pseudonym is keyed (HMAC, key "training" of the key folder) and still personal data.
"""

import dagster as dg
import numpy as np
import pyarrow as pa

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import pseudonym, subject_data
from lineage_assets.inventory.arrow import columns, pc
from lineage_assets.inventory.files import DERIVED, parquet, replace_all
from lineage_assets.inventory.lake import GROUP, Lake, Written
from lineage_assets.inventory.ports import Pseudonyms
from lineage_assets.inventory.ratings import ratings
from lineage_assets.inventory.user_features import genre_flags, user_features

HMAC_KEY = "training"
LIKED_FROM = 4.0
ROWS_PER_FILE = 25_000


@dg.asset(
    deps=[ratings, user_features],
    owners=["team:recsys"],
    group_name=GROUP,
    description="Features and label of each rating, keyed by an HMAC pseudonym of the account. A snapshot.",
    metadata=subject_data(
        "{lake}/training_set/",
        keys={"subject": pseudonym("account", hmac_key=HMAC_KEY)},
        purposes={"model_training"},
        erasure=Erasure.DELETE_ROWS,
        retention_days=365,
    ),
)
def training_set(lake: Lake, rtbf_pseudonyms: dg.ResourceParam[Pseudonyms]) -> Written:
    """Write one row for each rating whose account has features now, sorted by pseudonym."""
    features = lake.read("user_features")
    accounts = features["account_id"].to_pylist()
    subjects = pa.array(
        [rtbf_pseudonyms.pseudonym("account", str(account), HMAC_KEY) for account in accounts]
    )
    table = _rows(lake.read("ratings"), features.append_column("subject", subjects))
    starts = range(0, max(table.num_rows, 1), ROWS_PER_FILE)
    slices = {f"part-{n:03}.parquet": table.slice(start, ROWS_PER_FILE) for n, start in enumerate(starts)}
    contents = {name: parquet(part, origin=DERIVED, row_group_size=5_000) for name, part in slices.items()}
    replace_all(lake.path("training_set"), contents)
    return lake.result("training_set", counted=True)


def _rows(given: pa.Table, features: pa.Table) -> pa.Table:
    place = pc.index_in(given["account_id"], features["account_id"].combine_chunks())
    known = pc.is_valid(place)
    given, own = given.filter(known), features.take(place.filter(known))
    flags = genre_flags(given["genres"])
    affinity = sum(own[f"{name}_share"].to_numpy() * flag.to_numpy() for name, flag in flags.items())
    table = columns(
        subject=own["subject"],
        film_id=given["film_id"],
        mean_rating=own["mean_rating"],
        ratings=own["ratings"],
        affinity=np.asarray(affinity, dtype=np.float64),
        **flags,
        liked=pc.greater_equal(given["rating"], LIKED_FROM),
    )
    return table.sort_by([("subject", "ascending"), ("film_id", "ascending")])
