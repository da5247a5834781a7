"""What bounds say of a row group: JSON cut short says nothing, and refuses nothing."""

import json

import polars as pl

from tests.rtbf_jobs.erasers.lake import order_for, run, snapshot, sought


def test_a_bound_that_is_json_cut_short_refuses_nothing(tmp_path):
    """Writers cut long bounds off; what one says of another field is not text that somebody must mend."""
    payload = json.dumps({"a": "bob@x.com wrote", "requester": {"mail": "eve@x.com"}, "rest": "y" * 80})
    pl.DataFrame({"payload": [payload]}).write_parquet(tmp_path / "a.parquet")
    before = snapshot(tmp_path)
    receipt, _ = run(order_for(tmp_path, {"payload::requester.mail": "email"}, sought("email", "bob@x.com")))
    assert (0, before) == (receipt.rows_matched, snapshot(tmp_path))
