"""Every place and form of the catalogue is found, under its name, and nobody's neighbour is."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from lineage_assets.declarations import Format
from scanners.residual import Scan, scan
from tests.scanners.canaries.files import PLACES
from tests.scanners.canaries.keys import KEYS
from tests.scanners.canaries.lake import (
    CASES,
    FILED,
    NESTED,
    WRITTEN,
    Case,
    looking_for,
    write_csv,
    write_files,
    write_neighbours,
    write_nestings,
    write_texts,
)
from tests.scanners.canaries.nestings import NESTINGS
from tests.scanners.canaries.spellings import SPELLINGS

Hits = dict[int, list[tuple[str, str, int]]]
LAKES: dict[str, tuple[tuple[Case, ...], Callable[[Path], None], Format]] = {
    "texts": (WRITTEN, write_texts, Format.PARQUET),
    "csv": (WRITTEN, write_csv, Format.CSV),
    "nestings": (NESTED, write_nestings, Format.PARQUET),
    "files": (FILED, write_files, Format.PARQUET),
    "neighbours": (FILED, write_neighbours, Format.PARQUET),
}
SLOW = {"csv", "nestings", "files"}
EVERY = [
    pytest.param(lake, case, id=f"{lake}: {case.name}", marks=[pytest.mark.slow] if lake in SLOW else [])
    for lake, (cases, _, _) in LAKES.items()
    for case in cases
    if lake != "neighbours"
]


@pytest.fixture(scope="module")
def look(tmp_path_factory, connection) -> Callable[[str], tuple[Scan, Hits]]:
    """Write a lake and scan it, once each."""
    seen: dict[str, tuple[Scan, Hits]] = {}

    def once(lake: str) -> tuple[Scan, Hits]:
        if lake not in seen:
            cases, write, kept_as = LAKES[lake]
            root = tmp_path_factory.mktemp("canaries") / lake
            write(root)
            asked = looking_for(cases, root, kept_as=kept_as)
            found = scan(asked, connection=connection, progress=lambda _done, _of: None)
            seen[lake] = (found, _by_request(found))
        return seen[lake]

    return once


def _by_request(seen: Scan) -> Hits:
    found: Hits = defaultdict(list)
    for hit in seen.residual:
        found[hit.request].append((hit.column, hit.form, hit.count))
    return found


@pytest.mark.parametrize(("lake", "case"), EVERY)
def test_each_place_is_found_and_no_neighbour(look, lake: str, case: Case) -> None:
    """One hit, one row or file: a second would be a neighbour."""
    found = look(lake)[1][case.request]
    if lake != "files":
        assert [(case.column, case.form, 1)] == found
    else:  # what a footer says can be there twice, as it is and inside Arrow's schema
        assert {case.column} == {column for column, _, _ in found}
        assert {form for _, form, _ in found} & {case.form, "plain", "token", "base64"}


@pytest.mark.slow
def test_nobodys_neighbour_is_found_outside_cells(look) -> None:
    """The same files, names and footers with the values of others."""
    assert () == look("neighbours")[0].residual


@pytest.mark.slow
def test_nothing_that_is_recorded_shows_a_value(look) -> None:
    """Not even where a column or a field is named for a person."""
    told = repr(look("files")[0]) + repr(look("files")[0].to_json())
    assert [] == [case.name for case in FILED if case.who.value in told.replace("\\", "")]


def test_the_catalogue_is_wide() -> None:
    """The issue asks for sixty places; each is a test above, or in `test_keys`."""
    places = len(NESTINGS) + len(PLACES) + len(KEYS)
    spellings = {spelling.name.partition(" ")[2] for spelling in SPELLINGS}
    assert (places >= 100, len(spellings) >= 60, len(CASES) >= 400) == (True, True, True)
