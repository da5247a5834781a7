"""Where in a Parquet file a text can stand: one row a column type or nesting."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

Cell = Callable[[str | None], Any]


@dataclass(frozen=True, kw_only=True)
class Nesting:
    """A column of its own: its type, how a text becomes a cell, and what the scan calls the place.

    `column` stands for the whole label, with `x` for the column's own name.
    """

    name: str
    type: pa.DataType
    cell: Cell
    column: str = "x"
    form: str = "plain"
    namespaces: tuple[str, ...] = ("email", "phone", "device", "member")


def _raw(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _struct(**fields: pa.DataType) -> pa.StructType:
    return pa.struct(list(fields.items()))


TEXT = pa.string()
PAIRS = pa.map_(TEXT, TEXT)
NESTINGS = tuple(
    Nesting(name=name, type=kind, cell=cell, **more)
    for name, kind, cell, more in (
        ("string", TEXT, lambda v: v, {}),
        ("large string", pa.large_string(), lambda v: v, {}),
        ("string view", pa.string_view(), lambda v: v, {}),
        ("dictionary", pa.dictionary(pa.int32(), TEXT), lambda v: v, {}),
        ("small dictionary", pa.dictionary(pa.int8(), pa.large_string()), lambda v: v, {}),
        ("binary", pa.binary(), _raw, {}),
        ("large binary", pa.large_binary(), _raw, {}),
        ("fixed binary", pa.binary(48), lambda v: None if v is None else v.encode().ljust(48), {}),
        (
            "fixed binary with zeros",
            pa.binary(48),
            lambda v: None if v is None else v.encode().ljust(48, b"\0"),
            {"form": "token"},
        ),
        (
            "bytes that are no text",
            pa.binary(),
            lambda v: None if v is None else b"\xff\x00" + v.encode() + b"\xfe",
            {"form": "token"},
        ),
        (
            "UTF-16 in binary",
            pa.binary(),
            lambda v: None if v is None else v.encode("utf-16-le"),
            {"form": "token", "namespaces": ("email", "device", "member")},
        ),
        (
            "latin-1 around it",
            pa.binary(),
            lambda v: None if v is None else f"für {v} à".encode("latin-1"),
            {"form": "token"},
        ),
        ("JSON type", pa.json_(), lambda v: None if v is None else json.dumps({"w": v}), {"form": "token"}),
        ("struct", _struct(a=pa.int8(), b=TEXT), lambda v: {"b": v}, {"column": "x.b"}),
        ("struct in struct", _struct(a=_struct(b=TEXT)), lambda v: {"a": {"b": v}}, {"column": "x.a.b"}),
        ("field with a dot", pa.struct([("a.b", TEXT)]), lambda v: {"a.b": v}, {"column": "x.a\\.b"}),
        ("field with quotes", pa.struct([("a\"'b", TEXT)]), lambda v: {"a\"'b": v}, {"column": "x.a\"'b"}),
        ("list", pa.list_(TEXT), lambda v: [None, v, "z"], {"column": "x[]"}),
        ("large list", pa.large_list(TEXT), lambda v: [v], {"column": "x[]"}),
        ("fixed list", pa.list_(TEXT, 2), lambda v: ["z", v], {"column": "x[]"}),
        ("list of dictionaries", pa.list_(pa.dictionary(pa.int32(), TEXT)), lambda v: [v], {"column": "x[]"}),
        ("list of binary", pa.list_(pa.binary()), lambda v: [_raw(v)], {"column": "x[]"}),
        ("list of lists", pa.list_(pa.list_(TEXT)), lambda v: [[None], None, [v]], {"column": "x[][]"}),
        (
            "list of structs",
            pa.list_(_struct(q=TEXT)),
            lambda v: [{"q": "z"}, None, {"q": v}],
            {"column": "x[].q"},
        ),
        ("list in struct", _struct(q=pa.list_(TEXT)), lambda v: {"q": [v]}, {"column": "x.q[]"}),
        ("map value", PAIRS, lambda v: [("k", v)], {"column": "x{value}"}),
        ("map key", PAIRS, lambda v: [(v or "-", "w")], {"column": "x{key}"}),
        ("map in struct", _struct(m=PAIRS), lambda v: {"m": [("k", v)]}, {"column": "x.m{value}"}),
        (
            "struct in map",
            pa.map_(TEXT, _struct(a=TEXT)),
            lambda v: [("k", {"a": v})],
            {"column": "x{value}.a"},
        ),
        (
            "list in map",
            pa.map_(TEXT, pa.list_(TEXT)),
            lambda v: [("k", ["z", v])],
            {"column": "x{value}[]"},
        ),
        ("map in map", pa.map_(TEXT, PAIRS), lambda v: [("k", [("i", v)])], {"column": "x{value}{value}"}),
        ("map key in list", pa.list_(PAIRS), lambda v: [[(v or "-", "w")]], {"column": "x[]{key}"}),
        (
            "struct as map key",
            pa.map_(_struct(a=TEXT), pa.int8()),
            lambda v: [({"a": v}, 1)],
            {"column": "x{key}.a"},
        ),
        (
            "four deep",
            _struct(a=pa.list_(_struct(b=pa.map_(TEXT, pa.list_(TEXT))))),
            lambda v: {"a": [{"b": None}, {"b": [("k", ["z", v])]}]},
            {"column": "x.a[].b{value}[]"},
        ),
        (
            "four structs deep",
            _struct(a=_struct(b=_struct(c=_struct(d=TEXT)))),
            lambda v: {"a": {"b": {"c": {"d": v}}}},
            {"column": "x.a.b.c.d"},
        ),
        (
            "four lists deep",
            pa.list_(pa.list_(pa.list_(pa.list_(TEXT)))),
            lambda v: [[[["z"]]], None, [[[v]]]],
            {"column": "x[][][][]"},
        ),
        (
            "JSON in a list of structs",
            pa.list_(_struct(j=TEXT)),
            lambda v: [{"j": json.dumps({"body": json.dumps({"w": v})})}],
            {"column": "x[].j", "form": "token"},
        ),
    )
)
