"""The declared keys are where the people are: in every file, and nowhere by another name."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq

from lineage_assets import Form, Role, pseudonym_of
from lineage_assets.declaration_json import read_declaration
from lineage_assets.identifiers import Kind, canonical
from lineage_assets.inventory.people import email, phone
from lineage_assets.paths import ELEMENTS

KINDS = {"account": Kind.INTEGER, "device": Kind.UUID, "email": Kind.EMAIL, "phone": Kind.PHONE}
DELIMITERS = {"crm_export": ";", "audience_export": ","}


def _declaration(spec):
    return read_declaration(spec.metadata["rtbf"])


def _files(lake, declaration):
    place = Path(declaration.location.format(lake=lake.root))
    return [path for path in place.rglob("*") if path.is_file()] if place.is_dir() else [place]


def _rows(name, path):
    if path.suffix == ".parquet":
        return pq.ParquetFile(path).read().to_pylist()
    with path.open(newline="", encoding="utf-8") as text:
        return list(csv.DictReader(text, delimiter=DELIMITERS[name]))


def _steps(path):
    """Return the path's steps from the column inwards: a field, a list, or JSON text."""
    return [*path.steps, *(["::"] if path.json else []), *path.json]


def _values(value, steps):
    if value is None or not steps:
        return [] if value is None else [value]
    head, *rest = steps
    if head == ELEMENTS:
        return [found for one in value for found in _values(one, rest)]
    return _values(json.loads(value) if head == "::" else value[head], rest)


def _of_person(lake, account):
    devices = {row["device_id"] for row in lake.read("devices").to_pylist() if row["account_id"] == account}
    return {
        "account": {str(account)},
        "email": {email(account)},
        "phone": {f"+493023125{account:03}"},
        "device": devices,
    }


def test_every_declared_key_is_in_every_file(lake, declared):
    """Schemas of all files: the column, and inside it the struct fields and list elements."""
    for name, spec in declared.items():
        for file in _files(lake, _declaration(spec)):
            for path, _ in _declaration(spec).keys:
                if file.suffix == ".csv":
                    assert path.column in _rows(name, file)[0], (name, file.name)
                    continue
                kind = pq.read_schema(file).field(path.column).type
                for step in path.steps[1:]:
                    kind = kind.value_type if step == ELEMENTS else kind.field(step).type


def test_account_42_is_under_every_declared_key(lake, declared):
    """Each asset, each key: owners, mentions, free text and the pseudonym."""
    sought = _of_person(lake, 42)
    for name, spec in declared.items():
        made = _declaration(spec)
        if not made.keys:
            continue
        rows = [row for file in _files(lake, made) for row in _rows(name, file)]
        for path, key in made.keys:
            found = {str(value) for row in rows for value in _values(row, _steps(path))}
            if key.form is Form.TOKENS:
                assert any(value in text for text in found for value in sought[key.namespace]), (name, path)
            elif key.form is Form.PSEUDONYM:
                assert pseudonym_of("42", b"account:training") in found
            else:
                forms = {canonical(KINDS[key.namespace], value) for value in found}
                assert None not in forms, (name, path)
                assert sought[key.namespace] & forms, (name, path)


def test_the_phone_of_the_fixture_is_the_phone_of_the_lake():
    """All five written forms of a number mean one number."""
    assert {"+493023125042"} == {canonical(Kind.PHONE, phone(42, form=form)) for form in range(5)}


def test_the_training_set_knows_people_by_pseudonym_only(lake, declared):
    """No account, e-mail or device beside the pseudonym, and as many pseudonyms as people."""
    table = lake.read("training_set")
    assert ["subject"] == [
        str(path) for path, key in _declaration(declared["training_set"]).keys if key.role is Role.OWNER
    ]
    assert "account_id" not in table.column_names
    assert {64} == {len(subject) for subject in table["subject"].to_pylist()}
    assert 671 == len(set(table["subject"].to_pylist()))
