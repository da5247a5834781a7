"""What broken erasers leave behind: the rows are gone, a trace is not, and the same search has to find it.

Every trace is tried against the scan, one person a trace; whole requests end in a failure in the slow set.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
from broken_traces import REFUSED, RESIDUAL, Trace
from erasure_project import NAMESPACES, Project, project
from small_lakes import holds, table, write

from lineage_assets import Erasure
from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import Format
from lineage_assets.identifiers import Sought
from rtbf_jobs.erasers import ERASERS, EraseOrder, Receipt
from scanners.residual import CouldNotLook, Scan, ScanOrder, connect, scan

REAL = ERASERS[Format.PARQUET, Erasure.DELETE_ROWS]
BUGS = {**RESIDUAL, **{trace.__name__: trace for trace in REFUSED}}


def _person(number: int) -> str:
    return f"ada{number:03}@example.com"


def _people(lake: Path, name: str, who: str) -> dict[str, bytes]:
    """Write a person, a neighbour, nobody and another into two files, and return their bytes."""
    write(lake, name, {"mail": [who, who[:-1], None, "z@example.com"], "n": [1, 2, 3, 4]})
    write(lake, name, {"mail": [who.title(), None], "n": [5, 6]}, file="b.parquet")
    return {path.name: path.read_bytes() for path in (lake / name).iterdir()}


def _erased(root: Path, who: str) -> None:
    """Do what an eraser should: the oracle."""
    for path in root.glob("*.parquet"):
        frame = pl.read_parquet(path)
        frame.filter(pl.col("mail").str.to_lowercase().ne_missing(who)).write_parquet(path)


def _look(root: Path, people: list[str], connection: duckdb.DuckDBPyConnection) -> Scan:
    order = ScanOrder(
        asset="people",
        root=root,
        declaration=read_declaration(holds("people", {"mail": "email"})["rtbf"]),
        namespaces=NAMESPACES,
        hmac_keys={},
        subjects=tuple(Sought(namespace="email", value=who, request=i) for i, who in enumerate(people)),
    )
    return scan(order, connection=connection, progress=lambda _done, _of: None)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open DuckDB once."""
    with connect(tmp_path_factory.mktemp("spill"), threads=2, memory="1GB") as opened:
        yield opened


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory, connection) -> tuple[Scan, Scan]:
    """Return what is seen of all people after a right erasure, and after every trace was left."""
    lake = tmp_path_factory.mktemp("lake")
    people = [_person(i) for i in range(len(RESIDUAL))]
    old = [_people(lake, f"t{i}", who) for i, who in enumerate(people)]
    for i, who in enumerate(people):
        _erased(lake / f"t{i}", who)
    clean = _look(lake, people, connection)
    for i, (who, trace) in enumerate(zip(people, RESIDUAL.values(), strict=True)):
        trace(lake / f"t{i}", old[i], who)
    return clean, _look(lake, people, connection)


def test_a_right_erasure_is_clean(scans: tuple[Scan, Scan]) -> None:
    """The twin of the tests below."""
    assert scans[0].clean


@pytest.mark.parametrize("name", RESIDUAL)
def test_the_scan_finds_what_a_broken_eraser_leaves(scans: tuple[Scan, Scan], name: str) -> None:
    """Each person is seen again, by rows or by a trace."""
    request, seen = list(RESIDUAL).index(name), scans[1]
    assert request in {*seen.owners, *seen.mentions, *(hit.request for hit in seen.residual)}


def test_no_label_shows_whom(scans: tuple[Scan, Scan]) -> None:
    """What is recorded of a trace is a place and a form, though a column be named for a person."""
    assert "ada0" not in repr(scans[1]) + repr(scans[1].to_json())


@pytest.mark.parametrize(("trace", "reason"), REFUSED.items(), ids=[one.__name__ for one in REFUSED])
def test_the_scan_refuses_what_it_cannot_look_into(tmp_path: Path, connection, trace: Trace, reason) -> None:
    """What is hidden is never a zero."""
    old = _people(tmp_path, "people", _person(0))
    _erased(tmp_path / "people", _person(0))
    trace(tmp_path / "people", old, _person(0))
    with pytest.raises(CouldNotLook) as caught:
        _look(tmp_path / "people", [_person(0)], connection)
    assert reason is caught.value.reason


def test_what_is_put_back_after_the_proof_is_found_by_the_next(tmp_path: Path, connection) -> None:
    """Size and times as they were do not help: nothing is remembered from one search to the next."""
    root, who = tmp_path / "people", _person(0)
    _people(tmp_path, "people", who)
    shutil.copytree(root, tmp_path / "kept")
    _erased(root, who)
    assert _look(root, [who], connection).clean
    shutil.copytree(tmp_path / "kept", root, dirs_exist_ok=True)
    assert {0: 2} == _look(root, [who], connection).owners


def _leaving(trace: Trace, who: str) -> Callable[..., Receipt]:
    """Return the real eraser with a trace behind it."""

    def eraser(order: EraseOrder, still_mine, progress) -> Receipt:
        old = {path.name: path.read_bytes() for path in order.root.iterdir()}
        receipt = REAL(order, still_mine, progress)
        trace(order.root, old, who)
        return receipt

    return eraser


def _deployment(folder: Path, who: str) -> tuple[Project, str]:
    made = project(folder, [table("people", {"mail": "email"})])
    _people(made.lake, "people", who)
    request_id = made.file(f"email={who}")
    made.settle_directly()
    made.approve(request_id)
    return made, request_id


@pytest.mark.slow
@pytest.mark.parametrize("name", BUGS)
def test_no_request_closes_over_it(tmp_path: Path, monkeypatch, name: str) -> None:
    """The request fails at the asset, with the real eraser before the trace."""
    who, trace = _person(7), BUGS[name]
    made, request_id = _deployment(tmp_path, who)
    monkeypatch.setitem(ERASERS, (Format.PARQUET, Erasure.DELETE_ROWS), _leaving(trace, who))
    made.settle_directly()
    found = [(item.code, item.asset) for item in made.failures(request_id)]
    code = REFUSED.get(trace, "residual")
    assert ("failed", [(str(code), "people")]) == (made.state(request_id), found)
    assert who not in repr(made.told) + repr(made.failures(request_id))
