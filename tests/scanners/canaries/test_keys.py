"""Declared keys in every physical type, nesting and way of writing."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import Erasure
from lineage_assets.declaring import subject_data
from lineage_assets.identifiers import Sought
from scanners.residual import CouldNotLook, Reason, Scan, ScanOrder, scan
from tests.scanners.canaries.keys import KEYS, KeyPlace
from tests.scanners.canaries.lake import array
from tests.scanners.canaries.people import KEY, NAMESPACES

COUNTED = [place for place in KEYS if not place.refused and place.residual is None]
REFUSED = [place for place in KEYS if place.refused]
RESIDUAL = [place for place in KEYS if place.residual is not None]


def _name(place: KeyPlace) -> str:
    return place.name


def _look(folder: Path, connection, place: KeyPlace) -> Scan:
    """Write nobody, the person and the neighbours into a column, and scan it."""
    cells = [None, *(place.cell(value) for value in (place.value, *place.near))]
    columns = {"k": array(place.type, cells), "own": pa.nulls(len(cells), pa.int64())}
    (folder / "lake").mkdir()
    pq.write_table(pa.table(columns), folder / "lake" / "a.parquet")
    return scan(_order(folder, place), connection=connection, progress=lambda _done, _of: None)


@pytest.mark.parametrize("place", COUNTED, ids=_name)
def test_each_key_is_found_and_no_neighbour(tmp_path, connection, place) -> None:
    """One row or mention, and nothing left over that would have to be explained."""
    seen = _look(tmp_path, connection, place)
    counted = (seen.mentions, seen.owners) if place.mentions else (seen.owners, seen.mentions)
    assert ({0: 1}, {}, (), {}) == (*counted, seen.residual, seen.not_decidable)


@pytest.mark.parametrize("place", REFUSED, ids=_name)
def test_a_type_that_is_none_of_a_key_is_refused(tmp_path, connection, place) -> None:
    """Fractions lose digits and bytes have no spelling: never a zero."""
    with pytest.raises(CouldNotLook) as caught:
        _look(tmp_path, connection, place)
    assert Reason.KEY_TYPE is caught.value.reason


@pytest.mark.parametrize("place", RESIDUAL, ids=_name)
def test_a_key_in_another_writing_is_a_trace(tmp_path, connection, place) -> None:
    """It is not counted as a row, and the asset is not clean."""
    seen = _look(tmp_path, connection, place)
    assert [("k", place.residual, 1)] == [(hit.column, hit.form, hit.count) for hit in seen.residual]


def _order(folder, place) -> ScanOrder:
    keys = {place.path: place.key} | ({"own": "account"} if place.mentions else {})
    made = subject_data(
        "{lake}/", keys=keys, purposes={"test"}, erasure=Erasure.DELETE_ROWS, retention_days=1
    )
    namespace = place.key if isinstance(place.key, str) else place.key.namespace
    return ScanOrder(
        asset="watched",
        root=folder / "lake",
        declaration=read_declaration(made["rtbf"]),
        namespaces=NAMESPACES,
        hmac_keys={"training": KEY},
        subjects=(Sought(namespace=namespace, value=place.value, request=0),),
    )
