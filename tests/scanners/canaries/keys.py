"""How a declared key can be kept: one row a physical type, nesting or way of writing."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from lineage_assets.declaring import in_text, mention, pseudonym
from tests.scanners.canaries.spellings import b64, keyed

Cell = Callable[[str], Any]
HASHED = pseudonym("account", hmac_key="training")


@dataclass(frozen=True, kw_only=True)
class KeyPlace:
    """A column under a declared key: the path and key of the declaration, the type, the sought and others.

    `refused`: the type is no type of such a key, which fails by the key's name. `residual`: the value is not
    read as the key, and is found in this form as a trace.
    """

    name: str
    path: str
    key: Any
    type: pa.DataType
    value: str
    near: tuple[str, ...]
    cell: Cell
    mentions: bool = False
    refused: bool = False
    residual: str | None = None


ACCOUNT = ("4242424242", ("42424242421", "424242424", "4242424243", "14242424242"))
SMALL = ("42", ("43", "4", "-42", "24"))
MAIL = ("jo.q@mail.example", ("xjo.q@mail.example", "jo.q@mail.example.au", "o.q@mail.example"))
PHONE = ("+49307000137", ("+493070001371", "+4930700013", "+49307000139"))
DEVICE = (
    "6f9619ff-8b86-d011-b42d-00cf4fc96401",
    ("6f9619ff-8b86-d011-b42d-00cf4fc96402", "7f9619ff-8b86-d011-b42d-00cf4fc96401"),
)
TEXT = pa.string()


def _hex(value: str) -> bytes:
    return uuid.UUID(value).bytes


def _of(
    name: str,
    path: str,
    key: Any,
    kind: pa.DataType,
    who: tuple[str, tuple[str, ...]],
    cell: Cell,
    **more: Any,
) -> KeyPlace:
    return KeyPlace(name=name, path=path, key=key, type=kind, value=who[0], near=who[1], cell=cell, **more)


KEYS = (
    *(
        _of(f"{kind}", "k", "account", kind, SMALL, int)
        for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())
    ),
    *(
        _of(f"{kind}", "k", "account", kind, ("42", ("43", "4", "24")), int)
        for kind in (pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())
    ),
    _of(
        "greatest int64", "k", "account", pa.int64(), (str(2**63 - 1), (str(2**63 - 2), str(1 - 2**63))), int
    ),
    _of("greatest uint64", "k", "account", pa.uint64(), (str(2**64 - 1), (str(2**64 - 2), "1")), int),
    _of("decimal", "k", "account", pa.decimal128(19, 0), ACCOUNT, Decimal, refused=True),
    _of(
        "wide decimal",
        "k",
        "account",
        pa.decimal128(38, 0),
        ("1" * 25, ("1" * 24, "1" * 26)),
        Decimal,
        refused=True,
    ),
    _of("decimal with places", "k", "account", pa.decimal128(20, 2), ACCOUNT, Decimal, refused=True),
    _of("double", "k", "account", pa.float64(), ACCOUNT, float, refused=True),
    _of("float", "k", "account", pa.float32(), SMALL, float, refused=True),
    *(
        _of(f"number as {kind}", "k", "account", kind, ACCOUNT, str)
        for kind in (TEXT, pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), TEXT))
    ),
    _of("zero-padded", "k", "account", TEXT, ACCOUNT, lambda v: v.zfill(20)),
    _of("with a plus", "k", "account", TEXT, ACCOUNT, lambda v: f"+{v}"),
    _of("blanks around a number", "k", "account", TEXT, ACCOUNT, lambda v: f" {v}\t"),
    _of("number in binary", "k", "account", pa.binary(), ACCOUNT, str.encode, refused=True),
    _of(
        "number in a list",
        "k[]",
        mention("account"),
        pa.list_(pa.int64()),
        ACCOUNT,
        lambda v: [1, None, int(v)],
        mentions=True,
    ),
    _of(
        "number in a struct",
        "k.a",
        "account",
        pa.struct([("a", pa.int64())]),
        ACCOUNT,
        lambda v: {"a": int(v)},
    ),
    _of(
        "number in a list of structs",
        "k[].a",
        mention("account"),
        pa.list_(pa.struct([("a", pa.int64())])),
        ACCOUNT,
        lambda v: [None, {"a": int(v)}],
        mentions=True,
    ),
    _of("number in JSON", "k::a.b", "account", TEXT, ACCOUNT, lambda v: f'{{"a": {{"b": {v}}}}}'),
    _of("number as text in JSON", "k::a", "account", TEXT, ACCOUNT, lambda v: f'{{"a": "{v}"}}'),
    _of(
        "number below a list in JSON",
        "k::a.b",
        "account",
        TEXT,
        ACCOUNT,
        lambda v: f'{{"a": [{{"b": {v}}}]}}',
    ),
    _of("JSON type", "k::a", "account", pa.json_(), ACCOUNT, lambda v: f'{{"a": {v}}}'),
    _of(
        "number in free text",
        "k",
        in_text("account"),
        TEXT,
        ACCOUNT,
        lambda v: f"no. {v}, see",
        mentions=True,
    ),
    _of("e-mail", "k", "email", TEXT, MAIL, lambda v: f" {v.upper()} "),
    _of("e-mail in binary", "k", "email", pa.binary(), MAIL, str.encode, refused=True),
    _of(
        "e-mail in fixed binary",
        "k",
        "email",
        pa.binary(24),
        MAIL,
        lambda v: v.encode().ljust(24),
        refused=True,
    ),
    _of("e-mail in a dictionary", "k", "email", pa.dictionary(pa.int32(), TEXT), MAIL, str),
    _of("e-mail as a map's key", "k[].key", "email", pa.map_(TEXT, pa.int8()), MAIL, lambda v: [(v, 1)]),
    _of("e-mail as a map's value", "k[].value", "email", pa.map_(TEXT, TEXT), MAIL, lambda v: [("a", v)]),
    _of("phone", "k", "phone", TEXT, PHONE, lambda v: f"00{v[1:5]} / {v[5:]}"),
    _of("uuid as text", "k", "device", TEXT, DEVICE, str.upper),
    _of("uuid without dashes", "k", "device", TEXT, DEVICE, lambda v: v.replace("-", "")),
    _of("uuid type", "k", "device", pa.uuid(), DEVICE, _hex),
    _of("uuid in 16 bytes", "k", "device", pa.binary(16), DEVICE, _hex, refused=True),
    _of("uuid in bytes", "k", "device", pa.binary(), DEVICE, _hex, refused=True),
    _of("login", "k", "login", TEXT, ("jo", ("Jo", "joe", "j")), lambda v: f" {v}\n"),
    _of("keyed in hex", "k", HASHED, TEXT, ACCOUNT, lambda v: keyed(v).hex()),
    _of("keyed in upper hex", "k", HASHED, TEXT, ACCOUNT, lambda v: keyed(v).hex().upper()),
    _of("keyed in 32 bytes", "k", HASHED, pa.binary(32), ACCOUNT, keyed),
    _of("keyed in bytes", "k", HASHED, pa.binary(), ACCOUNT, keyed),
    _of(
        "keyed in base64", "k", HASHED, TEXT, ACCOUNT, lambda v: b64(keyed(v)), residual="pseudonym:training"
    ),
)
