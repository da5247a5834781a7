"""Small lakes of Parquet tables, and what every test of the jobs asks of a failed request."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
from erasure_project import Project

from lineage_assets import Erasure, Key, link, subject_data
from rtbf_desk.reading import request_detail
from rtbf_ledger import vault

LINKS = (link("account", "device"),)


def write(lake: Path, name: str, columns: Mapping[str, list[Any]], *, file: str = "a.parquet") -> Path:
    """Write one Parquet file of an asset and return its path."""
    path = lake / name / file
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(columns).write_parquet(path)
    return path


def read(lake: Path, name: str) -> pl.DataFrame:
    """Return the rows of an asset."""
    return pl.read_parquet(lake / name / "*.parquet")


def holds(name: str, keys: Mapping[str, str | Key], **changes: Any) -> dict[str, Any]:
    """Return the metadata of an asset that lives in `{lake}/name/`; its rows are deleted unless said."""
    plain = {"purposes": {"x"}, "erasure": Erasure.DELETE_ROWS, "retention_days": 9} | changes
    return subject_data(plain.pop("location", f"{{lake}}/{name}/"), keys=keys, **plain)


def table(
    name: str, keys: Mapping[str, str | Key], *, deps: Iterable[Any] = (), **changes: Any
) -> dg.AssetSpec:
    """Return an asset that no code of ours builds."""
    return dg.AssetSpec(name, deps=list(deps), owners=["team:a"], metadata=holds(name, keys, **changes))


def undeclared(name: str, *, deps: Iterable[Any] = ()) -> dg.AssetSpec:
    """Return an asset that declares nothing."""
    return dg.AssetSpec(name, deps=list(deps), owners=["team:a"])


def check_failed(made: Project, request_id: str, code: str, asset: str, *secrets: str) -> str:
    """Assert that a request failed at an asset, loud, and without a value; returns the sentence.

    It keeps its vault entry, and `rtbf show` says the same sentence.
    """
    assert "failed" == made.state(request_id)
    failures = [item for item in made.failures(request_id) if (item.code, item.asset) == (code, asset)]
    assert [(code, asset)] == [(item.code, item.asset) for item in failures]
    sentence = failures[0].sentence
    assert f"asset {asset}" in sentence
    shown = request_detail(made.ledger, request_id)
    assert {"asset": asset, "why": sentence} in shown["failures"]
    said = repr(shown) + repr(made.told)
    assert [] == [secret for secret in secrets if secret in said]
    with made.ledger.read() as tx:
        assert vault.unseal(made.ledger, tx, request_id, "filed") is not None
    return sentence


def counts(made: Project, request_id: str) -> dict[str, tuple[int | None, int | None]]:
    """Return asset -> (found before, removed) of a request's newest certificate."""
    assets = made.body(request_id)["assets"]
    return {one["asset"]: (one["evidence"]["found_before"], one["evidence"]["removed"]) for one in assets}


def tree(folder: Path) -> dict[str, str]:
    """Return path -> digest of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
