"""The model itself, apart from its asset: scikit-learn is loaded when it trains, not with the definitions."""

import io
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

NOT_FEATURES = ("subject", "film_id", "liked")


def train(snapshot: pa.Table) -> tuple[bytes, dict[str, float]]:
    """Return a trained model and how good it is on what it was trained on.

    The bytes are a joblib file of `{"features": names, "model": pipeline}`: same rows, same bytes.

    Raises:
        ValueError: the snapshot has no rows, or nobody or everybody liked every film.
    """
    names = [name for name in snapshot.column_names if name not in NOT_FEATURES]
    features: Any = np.column_stack([snapshot[name].to_numpy().astype(np.float64) for name in names])
    liked: Any = snapshot["liked"].to_numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)).fit(features, liked)
    likely = model.predict_proba(features)[:, 1]
    right, area = accuracy_score(liked, likely >= 0.5), roc_auc_score(liked, likely)  # noqa: PLR2004
    blob = io.BytesIO()
    joblib.dump({"features": names, "model": model}, blob)
    return blob.getvalue(), {"accuracy": round(float(right), 6), "roc_auc": round(float(area), 6)}
