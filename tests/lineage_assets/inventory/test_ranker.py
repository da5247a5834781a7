"""The ranker is a real model: it learns from people, keeps none of them, and is really retrained."""

import json

import joblib
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lineage_assets import pseudonym_of


def _weights(lake):
    return joblib.load(lake.path("ranker") / "model.joblib")["model"][-1].coef_.tolist()


def _bytes(lake):
    return {path.name: path.read_bytes() for path in lake.path("ranker").iterdir()}


def test_the_ranker_changes_when_a_person_leaves_the_training_set(lake, copy, materialise):
    """Retraining is real: other weights without 42, the old ones again with everybody."""
    subject = pseudonym_of("42", b"account:training")
    for file in copy.files("training_set"):
        table = pq.ParquetFile(file).read()
        pq.write_table(table.filter(pc.not_equal(table["subject"], subject)), file)
    materialise(copy, "ranker")
    assert 100_004 - 70 == copy.rows("training_set")
    assert _weights(lake) != _weights(copy)


def test_the_ranker_has_one_weight_a_feature_and_no_identifier(lake):
    """Eleven numbers; the pseudonyms are nowhere in the files; it is better than a coin."""
    assert [11] == [len(weights) for weights in _weights(lake)]
    blob = (lake.path("ranker") / "model.joblib").read_bytes()
    subjects = set(lake.read("training_set")["subject"].to_pylist())
    assert not [subject for subject in subjects if subject.encode() in blob]
    assert 0.7 < json.loads((lake.path("ranker") / "metrics.json").read_text())["roc_auc"]


def test_an_empty_training_set_is_a_loud_failure(copy, materialise):
    """No rows, no model: scikit-learn's own sentence, and the old model stays whole."""
    before = _bytes(copy)
    for file in copy.files("training_set"):
        pq.write_table(pq.ParquetFile(file).read().slice(0, 0), file)
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        materialise(copy, "ranker")
    assert before == _bytes(copy)
