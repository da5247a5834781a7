"""What is not found is not found, and the page that tells users what a scan covers says so."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage_assets.declarations import Declaration
from scanners.residual import Scan, ScanOrder, scan
from tests.scanners.canaries.misses import MISSES
from tests.scanners.canaries.people import KEY, NAMESPACES, planted

PAGE = Path(__file__).parents[3] / "docs" / "formats" / "identifiers.md"


@pytest.fixture(scope="module")
def seen(tmp_path_factory, connection) -> Scan:
    """Write a cell of each, in text or in bytes, and scan once."""
    root = tmp_path_factory.mktemp("misses")
    people = [planted(miss.namespace, request) for request, miss in enumerate(MISSES)]
    cells = [miss.cell(who.value) for miss, who in zip(MISSES, people, strict=True)]
    columns = {
        "note": [cell if isinstance(cell, str) else None for cell in cells],
        "raw": pa.array([cell if isinstance(cell, bytes) else None for cell in cells], pa.binary()),
    }
    pq.write_table(pa.table(columns), root / "a.parquet")
    order = ScanOrder(
        asset="watched",
        root=root,
        declaration=Declaration(subject=False, because="a test"),
        namespaces=NAMESPACES,
        hmac_keys={"training": KEY},
        subjects=tuple(who.sought(request) for request, who in enumerate(people)),
    )
    return scan(order, connection=connection, progress=lambda _done, _of: None)


@pytest.mark.parametrize("miss", MISSES, ids=lambda miss: miss.name)
def test_an_honest_miss_is_a_miss_and_is_told(seen: Scan, miss) -> None:
    """A form that is found one day leaves this list, and the page; until then the page names it."""
    assert MISSES.index(miss) not in {hit.request for hit in seen.residual}
    told = " ".join(PAGE.read_text().partition("## What a scan finds")[2].split())
    assert miss.words in told
