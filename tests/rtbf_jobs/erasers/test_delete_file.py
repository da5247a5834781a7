"""Deleting whole files that hold a match."""

import pyarrow as pa
import pytest

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import mention
from rtbf_jobs.erasers import EraseRefused, FileChanged, Reason
from tests.rtbf_jobs.erasers.lake import declared, order_for, run, sought, write

KEYS = {"user_id": "account", "by": mention("account")}


@pytest.fixture(params=["parquet", "csv"])
def order(request, tmp_path):
    """Four files: an owner's, one with a mention, one of near-misses, an empty one."""
    rows = {
        "owner": ([42, 1], [1, 1]),
        "mention": ([1], [42]),
        "other": ([421, 4, 2], [7, 7, 7]),
        "empty": ([], []),
    }
    for name, (users, by) in rows.items():
        if request.param == "parquet":
            write(
                tmp_path / f"{name}.parquet",
                {"user_id": pa.array(users, pa.int64()), "by": pa.array(by, pa.int64())},
            )
        else:
            lines = ["user_id,by", *(f"{u},{b}" for u, b in zip(users, by, strict=True))]
            (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return order_for(
        tmp_path, KEYS, sought("account", "42", 5), erasure=Erasure.DELETE_FILE, format=request.param
    )


def test_files_with_a_match_go_and_others_stay(order):
    """An owner's row or a mention takes the whole file; twice is once."""
    receipt, told = run(order)
    assert {"other", "empty"} == {path.stem for path in order.root.iterdir()}
    assert (4, 2, {5: 1}, {5: 1}) == (
        receipt.files_scanned,
        len(told),
        dict(receipt.owners),
        dict(receipt.mentions),
    )
    assert [(None, 0, 0)] * 2 == [(f.after, f.rows_after, f.bytes_after) for f in receipt.files]
    assert (2, ()) == (run(order)[0].files_scanned, run(order)[0].files)


def test_changed_file_is_not_deleted(order):
    """Somebody wrote into it between reading and unlinking."""

    def late_writer():
        for path in order.root.iterdir():
            path.write_bytes(path.read_bytes() + b"\n")

    with pytest.raises(FileChanged):
        run(order, late_writer)
    assert 4 == len(list(order.root.iterdir()))


def test_what_has_no_eraser_is_refused(tmp_path):
    """A binary file and a strategy of another kind are said, not skipped."""
    order = order_for(tmp_path, {"k": "account"}, erasure=Erasure.REBUILD)
    with pytest.raises(EraseRefused) as told:
        run(order)
    assert Reason.UNSUPPORTED is told.value.reason
    assert declared({"k": "account"}, Erasure.REBUILD) == order.declaration
