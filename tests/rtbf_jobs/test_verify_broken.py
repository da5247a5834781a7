"""Deliberately broken erasers: each one has to end in a failed request, never in a certificate.

The proof does not believe the eraser. Here every eraser lies or errs in its own way.
"""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from erasure_project import Project, project
from small_lakes import read, table, write

from lineage_assets import Erasure
from lineage_assets.declarations import Format
from rtbf_jobs.erasers import ERASERS, EraseOrder, FileReceipt, Receipt
from rtbf_ledger import requests, schema

Frame = pl.DataFrame
PERSON, NEIGHBOUR = "ada@example.com", "ada@example.co"
REAL = ERASERS[Format.PARQUET, Erasure.DELETE_ROWS]


def _rewrites(order: EraseOrder, progress, change: Callable[[Frame], Frame], **claims: int) -> Receipt:
    """Change every file with a match in some way, with receipts as a right erasure would write them."""
    receipts = []
    for path in sorted(order.root.glob("*.parquet")):
        old = pl.read_parquet(path)
        mine = old.filter(pl.col("mail") == PERSON).height
        if not mine:
            continue
        before, size = order.content_digest(path), path.stat().st_size
        new = change(old)
        new.write_parquet(path)
        honest = FileReceipt(
            file=order.file_digest(path),
            before=before,
            after=order.content_digest(path),
            rows_before=old.height,
            rows_matched=mine,
            rows_after=old.height - mine,
            mentions_matched=0,
            cells_changed=0,
            bytes_before=size,
            bytes_after=path.stat().st_size,
            owners={0: mine},
        )
        receipts.append(replace(honest, **claims))
        progress(receipts[-1])
    return Receipt(
        asset=order.asset,
        strategy="delete_rows",
        files_scanned=2,
        files=tuple(receipts),
        owners={},
        mentions={},
    )


def _others(frame: Frame) -> Frame:
    return frame.filter(pl.col("mail").ne_missing(PERSON))


def skips_a_file(order: EraseOrder, still_mine, progress) -> Receipt:
    """Erase as it should be, but never open the second file."""
    hidden = order.root / "b.parquet"
    with_it = hidden.read_bytes()
    hidden.unlink()
    receipt = REAL(order, still_mine, progress)
    hidden.write_bytes(with_it)
    return receipt


def writes_the_column_back(order: EraseOrder, _still_mine, progress) -> Receipt:
    """Delete the rows, and keep the old key column beside, under another name."""
    return _rewrites(
        order, progress, lambda old: _others(old).with_columns(old_mail=pl.lit(PERSON, pl.String))
    )


def keeps_the_key_in_metadata(order: EraseOrder, _still_mine, progress) -> Receipt:
    """Delete the rows, and note in the file's metadata whose they were."""

    def change(old: Frame) -> Frame:
        return _others(old)

    receipt = _rewrites(order, lambda _receipt: None, change)
    for path in order.root.glob("*.parquet"):
        kept = pq.read_table(path)
        pq.write_table(kept.replace_schema_metadata({"erased": PERSON}), path)
    for item in receipt.files:
        now = next(path for path in order.root.glob("*") if order.file_digest(path) == item.file)
        progress(replace(item, after=order.content_digest(now)))
    return receipt


def takes_null_rows_too(order: EraseOrder, _still_mine, progress) -> Receipt:
    """Drop the rows without a key, as `NOT IN` does, and claim to have taken the person's alone."""
    return _rewrites(order, progress, lambda old: old.filter(pl.col("mail") != PERSON))


def takes_null_rows_and_says_so(order: EraseOrder, _still_mine, progress) -> Receipt:
    """Drop the rows without a key, and put the true number of rows on the receipt."""

    def noted(receipt: FileReceipt) -> None:
        path = next(path for path in order.root.glob("*") if order.file_digest(path) == receipt.file)
        progress(replace(receipt, rows_after=pl.read_parquet(path).height))

    return _rewrites(order, noted, lambda old: old.filter(pl.col("mail") != PERSON))


def takes_null_rows_as_matches(order: EraseOrder, _still_mine, progress) -> Receipt:
    """Drop the rows without a key, and count them as matches, so that the receipt adds up in itself."""

    def noted(receipt: FileReceipt) -> None:
        path = next(path for path in order.root.glob("*") if order.file_digest(path) == receipt.file)
        left = pl.read_parquet(path).height
        progress(replace(receipt, rows_after=left, rows_matched=receipt.rows_before - left))

    return _rewrites(order, noted, lambda old: old.filter(pl.col("mail") != PERSON))


def claims_more(order: EraseOrder, _still_mine, progress) -> Receipt:
    """Delete the right rows, and count one more than there were."""
    return _rewrites(order, progress, _others, owners={0: 3})


def claims_nothing(order: EraseOrder, still_mine, _progress) -> Receipt:
    """Delete the right rows, and keep no receipt."""
    return REAL(order, still_mine, lambda _receipt: None)


def does_nothing(order: EraseOrder, _still_mine, _progress) -> Receipt:
    """Say that there was nothing to do."""
    return REAL(replace(order, subjects=()), _still_mine, _progress)


def leaves_a_copy(order: EraseOrder, still_mine, progress) -> Receipt:
    """Erase as it should be, and leave a copy of the old file beside under a temporary name."""
    for path in sorted(order.root.glob("*.parquet")):
        shutil.copy(path, path.with_name(f".{path.name}.old.tmp"))
    return REAL(order, still_mine, progress)


def hashes_the_key(order: EraseOrder, _still_mine, progress) -> Receipt:
    """Put an unkeyed hash in place of the key, and call that deleted."""

    def hashed(mail: str | None) -> str | None:
        return hashlib.sha256(mail.encode()).hexdigest() if mail == PERSON else mail

    return _rewrites(
        order,
        progress,
        lambda old: old.with_columns(
            mail=pl.Series([hashed(one) for one in old["mail"].to_list()], dtype=pl.String)
        ),
    )


def hashes_and_says_so(order: EraseOrder, _still_mine, progress) -> Receipt:
    """Put a hash in place of the key, and say truly that no row went."""

    def noted(receipt: FileReceipt) -> None:
        progress(replace(receipt, rows_after=receipt.rows_before))

    return hashes_the_key(order, _still_mine, noted)


def takes_the_neighbour(order: EraseOrder, _still_mine, progress) -> Receipt:
    """Erase by prefix: the neighbour goes too."""
    return _rewrites(
        order, progress, lambda old: old.filter(~pl.col("mail").fill_null("").str.starts_with(NEIGHBOUR))
    )


def takes_the_neighbour_instead(order: EraseOrder, _still_mine, progress) -> Receipt:
    """Erase the neighbour's rows in place of the person's."""
    return _rewrites(order, progress, lambda old: old.filter(pl.col("mail").ne_missing(NEIGHBOUR)))


BROKEN = {
    skips_a_file: "residual",
    writes_the_column_back: "residual",
    keeps_the_key_in_metadata: "residual",
    takes_null_rows_too: "uneven",
    takes_null_rows_and_says_so: "uneven",
    takes_null_rows_as_matches: "uneven",
    claims_more: "uneven",
    claims_nothing: "uneven",
    does_nothing: "residual",
    leaves_a_copy: "residual",
    hashes_the_key: "residual",
    hashes_and_says_so: "residual",
    takes_the_neighbour: "uneven",
    takes_the_neighbour_instead: "residual",
}


QUICK = {
    skips_a_file,
    writes_the_column_back,
    takes_null_rows_too,
    claims_more,
    leaves_a_copy,
    hashes_the_key,
    takes_the_neighbour,
}
ALL = [
    pytest.param(eraser, code, id=eraser.__name__, marks=[] if eraser in QUICK else pytest.mark.slow)
    for eraser, code in BROKEN.items()
]


def _deployment(folder: Path) -> tuple[Project, str]:
    made = project(folder, [table("people", {"mail": "email"})])
    write(made.lake, "people", {"mail": [PERSON, NEIGHBOUR, None, "z@example.com"], "n": [1, 2, 3, 4]})
    write(made.lake, "people", {"mail": [PERSON, None], "n": [5, 6]}, file="b.parquet")
    request_id = made.file(f"email={PERSON}")
    made.settle_directly()
    made.approve(request_id)
    return made, request_id


def _certificates(made: Project) -> int:
    with made.ledger.read() as tx:
        return len(tx.execute(schema.certificate.select()).all())


@pytest.mark.parametrize(("broken", "code"), ALL)
def test_a_broken_eraser_never_closes_a_request(tmp_path: Path, monkeypatch, broken, code: str) -> None:
    """The request fails at the asset, keeps its vault entry, and has no certificate."""
    made, request_id = _deployment(tmp_path)
    monkeypatch.setitem(ERASERS, (Format.PARQUET, Erasure.DELETE_ROWS), broken)
    made.settle_directly()
    assert ("failed", [(code, "people")]) == (
        made.state(request_id),
        [(item.code, item.asset) for item in made.failures(request_id)],
    )
    assert 0 == _certificates(made)
    assert [False] == [passed for _, passed, _ in made.told.checked_]
    assert PERSON not in repr(made.told) + repr(made.failures(request_id))


def test_the_real_eraser_closes_it(tmp_path: Path) -> None:
    """The twin of the tests above: the same deployment with the eraser as it is."""
    made, request_id = _deployment(tmp_path)
    made.settle_directly()
    assert ("closed", []) == (made.state(request_id), made.failures(request_id))
    assert [2, 3, 4, 6] == read(made.lake, "people")["n"].to_list()
    assert [True] == [passed for _, passed, _ in made.told.checked_]


def test_rows_that_came_meanwhile_are_no_fault(tmp_path: Path, monkeypatch) -> None:
    """A file that others write between the two searches does not fail the request."""
    made, request_id = _deployment(tmp_path)

    def then_a_batch_arrives(order: EraseOrder, still_mine, progress) -> Receipt:
        receipt = REAL(order, still_mine, progress)
        write(made.lake, "people", {"mail": ["new@example.com"], "n": [9]}, file="c.parquet")
        return receipt

    monkeypatch.setitem(ERASERS, (Format.PARQUET, Erasure.DELETE_ROWS), then_a_batch_arrives)
    made.settle_directly()
    assert ("closed", []) == (made.state(request_id), made.failures(request_id))
    assert [2, 3, 4, 6, 9] == read(made.lake, "people")["n"].to_list()


@pytest.mark.slow
def test_a_failed_proof_is_mended_by_a_retry(tmp_path: Path, monkeypatch) -> None:
    """With the eraser mended the retry takes the rest, and the counts of both batches add up."""
    made, request_id = _deployment(tmp_path)
    with monkeypatch.context() as patched:
        patched.setitem(ERASERS, (Format.PARQUET, Erasure.DELETE_ROWS), skips_a_file)
        made.settle_directly()
    assert "failed" == made.state(request_id)
    requests.retry(made.ledger, request_id, staff="test")
    made.settle_directly()
    made.approve(request_id)
    made.settle_directly()
    assert ("closed", []) == (made.state(request_id), made.failures(request_id))
    evidence = made.body(request_id)["assets"][0]["evidence"]
    assert (2, 2, 0) == tuple(evidence[name] for name in ("found_before", "removed", "found_after"))
