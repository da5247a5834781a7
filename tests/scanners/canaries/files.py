"""Where identifiers can stand outside the cells of a table: one row a kind of file, name or footer."""

import base64
import json
import pickle
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.scanners.canaries import footers
from tests.scanners.canaries.spellings import b64, digest, keyed

Values = Sequence[str]
Plant = Callable[[Path, Values], None]
Kinds = tuple[str, ...]
KINDS: Kinds = ("email", "phone", "device", "member")
SIGNED: Kinds = ("email", "phone")


@dataclass(frozen=True, kw_only=True)
class FilePlace:
    """A way to plant values in a folder of its own, and what the scan says of each."""

    name: str
    plant: Plant
    column: str
    namespaces: Kinds = KINDS
    form: str = "plain"


def _lines(name: str, made: Callable[[str], bytes]) -> Plant:
    return lambda folder, values: _put(folder / name, b"\n".join(made(value) for value in values))


def _whole(name: str, made: Callable[[list[str]], bytes]) -> Plant:
    return lambda folder, values: _put(folder / name, made(list(values)))


def _named(name: Callable[[str], str]) -> Plant:
    """Name an empty file, or a folder, by each value."""

    def plant(folder: Path, values: Values) -> None:
        for value in values:
            _put(folder / name(value), b"")

    return plant


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _sqlite(folder: Path, values: Values) -> None:
    with closing(sqlite3.connect(folder / "a.db")) as base, base:
        base.execute("CREATE TABLE t (n int, who text)")
        base.executemany("INSERT INTO t VALUES (0, ?)", [(value,) for value in values])


def _array(folder: Path, values: Values) -> None:
    np.save(folder / "a.npy", np.array([[f"{value} ", ""] for value in values]))


def _noted(notes: Callable[[list[str]], dict[str, str]]) -> Plant:
    """Put notes into the key-value metadata of a footer."""

    def plant(folder: Path, values: Values) -> None:
        made = pa.table({"n": [1]}).replace_schema_metadata(notes(list(values)))
        pq.write_table(made, folder / "a.parquet")

    return plant


def _field_metadata(folder: Path, values: Values) -> None:
    fields = [pa.field(f"c{i}", pa.int8(), metadata={"note": value}) for i, value in enumerate(values)]
    pq.write_table(pa.table([pa.array([1])] * len(fields), schema=pa.schema(fields)), folder / "a.parquet")


def _pandas_attributes(folder: Path, values: Values) -> None:
    frame = pd.DataFrame({"n": [1]})
    frame.attrs["who"] = list(values)
    frame.to_parquet(folder / "a.parquet")


def _pandas_index(folder: Path, values: Values) -> None:
    frame = pd.DataFrame({"n": [1]}, index=pd.Index([7], name="; ".join(values)))
    frame.to_parquet(folder / "a.parquet")


def _common_metadata(folder: Path, values: Values) -> None:
    made = pa.schema([("n", pa.int8())], metadata={"made by": " ".join(values)})
    pq.write_metadata(made, folder / "_common_metadata")


def _column_names(folder: Path, values: Values) -> None:
    pq.write_table(pa.table({value: [1] for value in values}), folder / "a.parquet")


def _field_names(folder: Path, values: Values) -> None:
    pq.write_table(pa.table({"wide": [dict.fromkeys(values, 1)]}), folder / "a.parquet")


def _file(name: str, plant: Plant, column: str, namespaces: Kinds = KINDS, form: str = "plain") -> FilePlace:
    return FilePlace(name=name, plant=plant, column=column, namespaces=namespaces, form=form)


BYTES, PATH, METADATA = "(bytes)", "(path)", "(metadata)"
STATISTICS, DICTIONARY = "(statistics)", "(dictionary)"
PLACES = (
    _file("a text file", _lines("notes.txt", lambda v: f"x\n{v}\ny".encode()), BYTES),
    _file("a log", _lines("a.log", lambda v: f"INFO who={v} ok".encode()), BYTES),
    _file("lines of JSON", _lines("a.jsonl", lambda v: f'{{"who": "{v}"}}'.encode()), BYTES),
    _file("a hidden leftover", _lines(".part.tmp", str.encode), BYTES),
    _file("a file that Spark leaves", _lines("_SUCCESS", str.encode), BYTES),
    _file("a CSV among Parquet", _lines("a.csv", lambda v: f'1,"{v}"'.encode()), BYTES),
    _file("UTF-16", _lines("a.txt", lambda v: f"x {v} yz".encode("utf-16-le")), BYTES),
    _file("UTF-16, odd", _lines("a.bin", lambda v: b"\1\2\3" + v.encode("utf-16-le") + b"\1\0"), BYTES),
    _file("upper case", _lines("a.txt", lambda v: v.upper().encode()), BYTES),
    _file("a pickle", _whole("a.pkl", pickle.dumps), BYTES),
    _file("a database of SQLite", _sqlite, BYTES, ("email", "phone", "member")),
    _file("an array of numpy", _array, BYTES),
    _file(
        "percent in a log",
        _lines("a.log", lambda v: f"/?w={quote(v, safe='')}&n".encode()),
        BYTES,
        SIGNED,
        "percent",
    ),
    _file(
        "base64 in JSON", _lines("a.json", lambda v: json.dumps({"b": b64(v)}).encode()), BYTES, form="base64"
    ),
    _file("md5", _lines("a.txt", lambda v: digest("md5", v).hex().encode()), BYTES, form="md5"),
    _file("sha256", _lines("a.txt", lambda v: digest("sha256", v).hex().encode()), BYTES, form="sha256"),
    _file("sha1 as bytes", _lines("a.bin", lambda v: b"\0" + digest("sha1", v)), BYTES, form="sha1"),
    _file("keyed", _lines("a.txt", lambda v: keyed(v).hex().encode()), BYTES, form="pseudonym:training"),
    _file("keyed, as bytes", _lines("a.bin", lambda v: b"\0" + keyed(v)), BYTES, form="pseudonym:training"),
    _file("a file's name", _named(lambda v: f"{v}.txt"), PATH),
    _file("a folder's name", _named(lambda v: f"{v}/part-0"), PATH),
    _file("a partition", _named(lambda v: f"user={v}/part-0"), PATH),
    _file("a partition in upper case", _named(lambda v: f"user={v.upper()}/part-0"), PATH),
    _file("the middle of a name", _named(lambda v: f"export-{v}-2024.txt"), PATH, ("member", "device")),
    _file("a partition, encoded", _named(lambda v: f"u={quote(v, safe='')}/part-0"), PATH, SIGNED, "percent"),
    _file("md5 in a path", _named(lambda v: f"{digest('md5', v).hex()}/a"), PATH, form="md5"),
    _file("sha256 in a path", _named(lambda v: f"{digest('sha256', v).hex()}/a"), PATH, form="sha256"),
    _file("keyed in a path", _named(lambda v: f"u={keyed(v).hex()}/a"), PATH, form="pseudonym:training"),
    _file(
        "base64 in a path",
        _named(lambda v: base64.urlsafe_b64encode(v.encode()).decode()),
        PATH,
        form="base64",
    ),
    _file("metadata", _noted(lambda vs: {f"by {i}": v for i, v in enumerate(vs)}), METADATA),
    _file("a key of metadata", _noted(lambda vs: dict.fromkeys(vs, "x")), METADATA),
    _file("JSON in metadata", _noted(lambda vs: {"lineage": json.dumps({"gone": vs})}), METADATA),
    _file(
        "a hash in metadata",
        _noted(lambda vs: {str(i): digest("sha256", v).hex() for i, v in enumerate(vs)}),
        METADATA,
        form="sha256",
    ),
    _file("metadata of a field", _field_metadata, METADATA),
    _file("attributes of pandas", _pandas_attributes, METADATA),
    _file("an index of pandas", _pandas_index, METADATA),
    _file("the writer's name", footers.created_by, METADATA),
    _file("a sidecar of the schema", _common_metadata, METADATA),
    _file("columns' names", _column_names, METADATA),
    _file("fields' names", _field_names, METADATA),
    _file("minimum and maximum of a chunk", footers.statistics, STATISTICS),
    _file("minimum and maximum of a page", footers.page_index, STATISTICS),
    _file("bytes that no footer refers to", footers.unreferred, BYTES),
    _file("entries of a dictionary that no row has", footers.dictionary, DICTIONARY),
)
