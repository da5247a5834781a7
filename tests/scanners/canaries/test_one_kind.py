"""The same catalogue with one kind sought at a time: then short ways are taken that many kinds rule out."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scanners.residual import scan
from tests.scanners.canaries.lake import WRITTEN, looking_for, write_texts

KINDS = ("email", "phone", "device", "member", "account", "login")
EVERY = [pytest.param(one, marks=[] if one == "email" else [pytest.mark.slow]) for one in KINDS]


def wanted_of(namespace, column):
    """(request, column, form, count) of every spelling of a namespace."""
    return {(case.request, column, case.form, 1) for case in cases_of(namespace)}


def cases_of(namespace):
    """The spellings of a namespace."""
    return tuple(case for case in WRITTEN if case.who.namespace == namespace)


def found_in(root, namespace, connection):
    """What a scan for the people of one namespace reports."""
    seen = scan(
        looking_for(cases_of(namespace), root), connection=connection, progress=lambda _done, _of: None
    )
    return {(hit.request, hit.column, hit.form, hit.count) for hit in seen.residual}


@pytest.mark.parametrize("namespace", EVERY)
def test_every_spelling_in_a_column_is_found(tmp_path, connection, namespace):
    write_texts(tmp_path / "lake")

    assert found_in(tmp_path / "lake", namespace, connection) == wanted_of(namespace, "note")


@pytest.mark.parametrize("namespace", EVERY)
def test_every_spelling_in_a_column_of_few_values_is_found(tmp_path, connection, namespace):
    """A column that repeats its values is compared by the different ones."""
    texts = [case.how.spell(case.who.value) for case in cases_of(namespace)]
    notes = pa.array([*texts, *["nothing"] * 50_000])
    pq.write_table(pa.table({"note": notes}), tmp_path / "a.parquet")

    assert found_in(tmp_path, namespace, connection) == wanted_of(namespace, "note")


@pytest.mark.parametrize("namespace", EVERY)
def test_every_spelling_in_a_dictionary_that_no_row_uses_is_found(tmp_path, connection, namespace):
    """A column each, so that each has a page of its own, which may be left out by its bytes."""
    columns = {}
    for number, case in enumerate(cases_of(namespace)):
        entries = ["nobody", case.how.spell(case.who.value), "x" * 20]
        columns[f"c{number}"] = pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array(entries))
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", write_statistics=False)

    assert found_in(tmp_path, namespace, connection) == wanted_of(namespace, "(dictionary)")
