"""One connection for all scans of a session, and a short way to write an order."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import Declaration, Erasure
from lineage_assets.declaring import subject_data
from lineage_assets.identifiers import Kind, Namespace, Sought
from scanners.residual import Scan, ScanOrder, connect, scan

ACCOUNT = Namespace(name="account", kind=Kind.INTEGER)
NAMESPACES = {
    each.name: each
    for each in (
        ACCOUNT,
        Namespace(name="email", kind=Kind.EMAIL),
        Namespace(name="phone", kind=Kind.PHONE),
        Namespace(name="device", kind=Kind.UUID),
        Namespace(name="login", kind=Kind.TEXT),
        Namespace(name="member", kind=Kind.TEXT, distinctive="M-[0-9]{6}"),
    )
}


def _quiet(_done: int, _total: int) -> None:
    """Hear of progress, and say nothing."""


@pytest.fixture(scope="session")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open DuckDB once: it costs 80 ms."""
    with connect(tmp_path_factory.mktemp("spill"), threads=2, memory="1GB") as opened:
        yield opened


@pytest.fixture
def order(tmp_path: Path) -> Callable[..., ScanOrder]:
    """Build an order over the folder `lake` of the test."""
    (tmp_path / "lake").mkdir()

    def build(
        subjects: tuple[Sought, ...],
        keys: Mapping[str, Any] | None = None,
        *,
        namespaces: Mapping[str, Namespace] = NAMESPACES,
        **declared: Any,
    ) -> ScanOrder:
        fields = {"purposes": {"test"}, "erasure": Erasure.DELETE_ROWS, "retention_days": 1} | declared
        fields["erasure"] = Erasure(fields["erasure"])
        declaration = Declaration(subject=False, because="a test")
        if keys is not None:
            declaration = read_declaration(subject_data("{lake}/", keys=keys, **fields)["rtbf"])
        return ScanOrder(
            asset="watched",
            root=tmp_path / "lake",
            declaration=declaration,
            namespaces=namespaces,
            hmac_keys={"training": b"a key of a test"},
            subjects=subjects,
        )

    return build


@pytest.fixture
def look(connection: duckdb.DuckDBPyConnection) -> Callable[[ScanOrder], Scan]:
    """Scan without looking at progress."""
    return lambda order: scan(order, connection=connection, progress=_quiet)
