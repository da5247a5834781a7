"""The catalogue as one lake: each case has a person of its own, whose hits are therefore the case's."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lineage_assets.declarations import Declaration, Format
from scanners.residual import ScanOrder
from tests.scanners.canaries.files import PLACES, FilePlace
from tests.scanners.canaries.nestings import NESTINGS, Nesting
from tests.scanners.canaries.people import KEY, NAMESPACES, Planted, planted
from tests.scanners.canaries.spellings import SPELLINGS, Spelling

COLUMNS, CELLS = 8, 30


@dataclass(frozen=True, kw_only=True)
class Case:
    """One place with one identifier: its request, and the one hit that the scan has to report."""

    name: str
    request: int
    who: Planted
    how: Spelling | Nesting | FilePlace
    column: str
    form: str


def _cases() -> Iterator[Case]:
    for spelling in SPELLINGS:
        yield _case(f"text, {spelling.name}", spelling.namespace, spelling, "note", spelling.form)
    for number, nesting in enumerate(NESTINGS):
        for namespace in nesting.namespaces:
            label = f"x{number}{nesting.column[1:]}"
            yield _case(f"column, {namespace} in {nesting.name}", namespace, nesting, label, nesting.form)
    for place in PLACES:
        for namespace in place.namespaces:
            yield _case(f"file, {namespace} in {place.name}", namespace, place, place.column, place.form)


_SEEN: list[str] = []


def _case(name: str, namespace: str, how: Any, column: str, form: str) -> Case:
    request = len(_SEEN)
    _SEEN.append(name)
    who = planted(namespace, request)
    return Case(name=name, request=request, who=who, how=how, column=column, form=form)


CASES = tuple(_cases())
WRITTEN = tuple(case for case in CASES if isinstance(case.how, Spelling))
NESTED = tuple(case for case in CASES if isinstance(case.how, Nesting))
FILED = tuple(case for case in CASES if isinstance(case.how, FilePlace))


def looking_for(cases: Sequence[Case], root: Path, *, kept_as: Format = Format.PARQUET) -> ScanOrder:
    """Return the order to look for the people of some cases in an asset that declares no subject data."""
    return ScanOrder(
        asset="watched",
        root=root,
        declaration=Declaration(subject=False, because="a test", format=kept_as),
        namespaces=NAMESPACES,
        hmac_keys={"training": KEY},
        subjects=tuple(case.who.sought(case.request) for case in cases),
    )


def write_texts(root: Path) -> None:
    """Write every spelling into one column."""
    root.mkdir(parents=True)
    texts = [text for case in WRITTEN for text in _texts(case)]
    pq.write_table(pa.table({"note": [None, *texts]}), root / "a.parquet")


def write_nestings(root: Path) -> None:
    """Write some columns a file: a query of many costs more than many queries."""
    root.mkdir(parents=True)
    columns = {}
    for number, nesting in enumerate(NESTINGS):
        mine = [case for case in NESTED if case.how is nesting]
        cells = [nesting.cell(v) for case in mine for v in (None, case.who.value, *case.who.near)]
        cells += [nesting.cell(None)] * (CELLS - len(cells))
        columns[f"x{number}"] = array(nesting.type, cells)
    for first in range(0, len(columns), COLUMNS):
        some = dict(list(columns.items())[first : first + COLUMNS])
        pq.write_table(pa.table(some), root / f"nestings-{first}.parquet")


def write_files(root: Path) -> None:
    """Write the people of each place into a folder of the place."""
    _write_files(root, lambda who: [who.value])


def write_neighbours(root: Path) -> None:
    """Write who is almost one of these people into the same places."""
    _write_files(root, lambda who: list(who.near))


def _write_files(root: Path, values: Callable[[Planted], list[str]]) -> None:
    for number, place in enumerate(PLACES):
        (root / f"{number}").mkdir(parents=True)
        place.plant(root / f"{number}", [v for case in FILED if case.how is place for v in values(case.who)])


def write_csv(root: Path) -> None:
    """Write every spelling into a CSV file, quoted where CSV asks for it."""
    root.mkdir(parents=True)
    with (root / "a.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["n", "note"])
        out.writerows([n, text] for n, case in enumerate(WRITTEN) for text in _texts(case))


def array(kind: pa.DataType, cells: list[Any]) -> pa.Array:
    """Return a column of a type, extension types too."""
    if isinstance(kind, pa.BaseExtensionType):
        return kind.wrap_array(pa.array(cells, kind.storage_type))
    return pa.array(cells, kind)


def _texts(case: Case) -> list[str]:
    assert isinstance(case.how, Spelling)
    return [case.how.spell(value) for value in (case.who.value, *case.who.near)]
