"""`ranker`: a small real model (scikit-learn) that says whether somebody will like a film.

It never sees the pseudonym and has one weight per feature, none per person. A person leaves it by retraining.
"""

import json

import dagster as dg

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import subject_data
from lineage_assets.inventory.files import replace_all
from lineage_assets.inventory.lake import GROUP, Lake, Written
from lineage_assets.inventory.training_set import training_set


@dg.asset(
    deps=[training_set],
    owners=["team:recsys"],
    group_name=GROUP,
    description="Logistic regression trained on the training set; no parameter belongs to a person.",
    metadata=subject_data(
        "{lake}/ranker/",
        format="binary",
        keys={},
        purposes={"recommendation"},
        erasure=Erasure.RETRAIN,
        retention_days=365,
    ),
)
def ranker(lake: Lake) -> Written:
    """Train on the snapshot as it is now; write the model and how good it is on what it was trained on."""
    from lineage_assets.inventory.model import train  # noqa: PLC0415 - scikit-learn takes a second to load

    model, metrics = train(lake.read("training_set"))
    told = json.dumps(metrics, indent=2, sort_keys=True).encode()
    replace_all(lake.path("ranker"), {"model.joblib": model, "metrics.json": told})
    return lake.result("ranker", metrics=metrics)
