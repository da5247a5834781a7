"""What bounds say of a row group: JSON cut short says nothing, and refuses nothing."""

import json

import polars as pl
from tests.rtbf_jobs.erasers.lake import order_for, run, sought

FILLER = "y" * 80


def test_a_bound_that_is_json_cut_short_refuses_nothing(tmp_path):
    """Writers cut long bounds off; the person's address in a cut one is not text that somebody must mend."""
    payloads = [
        json.dumps({"a": "bob@x.com", "requester": {"mail": who}, "rest": FILLER})
        for who in ("bob@x.com", "eve@x.com")
    ]
    path = tmp_path / "a.parquet"
    pl.DataFrame({"payload": payloads}).write_parquet(path)
    order = order_for(tmp_path, {"payload::requester.mail": "email"}, sought("email", "bob@x.com"))
    receipt, _ = run(order)
    assert 1 == receipt.rows_matched
    assert [payloads[1]] == pl.read_parquet(path)["payload"].to_list()
