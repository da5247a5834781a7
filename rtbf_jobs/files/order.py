"""The order to erase one file, made from what the command line says instead of a declaration."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from lineage_assets.declarations import Declaration, Erasure, Format, Key
from lineage_assets.identifiers import Kind
from lineage_assets.paths import ELEMENTS, KeyPath
from rtbf_jobs.erasers import EraseOrder
from rtbf_jobs.erasers.errors import SENTENCES, Reason
from rtbf_jobs.erasers.matching import Wanted, wanted
from rtbf_jobs.erasers.parquet_file.shape import in_our_words, opened
from rtbf_jobs.erasers.parquet_file.source import Source
from rtbf_jobs.files.errors import FileRefused
from rtbf_jobs.files.ids import Ids, namespaces

ASSET = "file"
UUID_BYTES = 16
OTHERS = (pa.types.is_primitive, pa.types.is_decimal, pa.types.is_null)  # of what `_kind_of` does not know
LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


@dataclass(frozen=True, kw_only=True)
class Sieve:
    """Whose rows go: those that hold one of the ids under one of the keys."""

    keys: tuple[KeyPath, ...]
    ids: Ids
    kind: Kind | None = None
    sought: dict[tuple[Kind, ...], tuple[Wanted, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def kinds(self, schema: pa.Schema | None) -> tuple[Kind, ...]:
        """Return each key's kind of identifier: as was said, else by its column's type, else by the ids.

        Args:
            schema: the file's; None where columns have no type.

        Raises:
            FileRefused: a key is not there, or is text and the ids could be of more than one kind.
        """
        if self.kind is not None:
            return (self.kind,) * len(self.keys)
        return tuple(self._kind(schema, path) for path in self.keys)

    def _kind(self, schema: pa.Schema | None, path: KeyPath) -> Kind:
        if schema is None:
            return self.ids.only_kind()
        try:
            leaf = leaf_type(schema, path)
        except KeyError:
            raise FileRefused(f"{SENTENCES[Reason.MISSING_KEY]} (key {str(path)!r})") from None
        if pa.types.is_nested(leaf):
            raise FileRefused(f"key {str(path)!r} is no value but {_shape(leaf)}")
        kind = None if path.json else _kind_of(leaf)
        if kind is None and any(is_other(leaf) for is_other in OTHERS):
            raise FileRefused(f"key {str(path)!r} holds {leaf}, and no ids: they are text, integers or UUIDs")
        return kind or self.ids.only_kind()

    def wants(self, order: EraseOrder, kinds: tuple[Kind, ...]) -> tuple[Wanted, ...]:
        """Return what is looked for in a file; many ids are taken apart once, not for each file.

        Raises:
            EraseRefused: a key's namespace cannot be searched.
        """
        if kinds not in self.sought:
            self.sought[kinds] = wanted(order)
        return tuple(replace(one, known={}) for one in self.sought[kinds])

    def order(self, file: Path, made: Format, kinds: Sequence[Kind]) -> EraseOrder:
        """Return the order that erases one file.

        Raises:
            FileRefused: an id is not of the kind that a key asks for.
        """
        keys = [(path, Key(namespace=str(kind))) for path, kind in zip(self.keys, kinds, strict=True)]
        declaration = Declaration(
            subject=True,
            location=str(file),
            format=made,
            keys=tuple(sorted(keys, key=lambda item: str(item[0]))),
            purposes=("erasure",),
            erasure=Erasure.DELETE_ROWS,
            retention_days=1,
        )
        return EraseOrder(
            asset=ASSET,
            root=file,
            declaration=declaration,
            namespaces=namespaces(),
            hmac_keys={},
            subjects=tuple(sought for kind in dict.fromkeys(kinds) for sought in self.ids.sought(kind)),
            digest_key=secrets.token_bytes(32),
        )


def schema_of(source: Source, made: Format) -> pa.Schema | None:
    """Return a Parquet file's schema, None for another format.

    Raises:
        EraseRefused: it is damaged or encrypted.
        StorageFailed: the file system refused.
    """
    if made is not Format.PARQUET:
        return None
    with in_our_words(ASSET, ""), opened(source) as read:
        return read.schema_arrow


def leaf_type(schema: pa.Schema, path: KeyPath) -> pa.DataType:
    """Return the type of the values that a path leads to, before any JSON.

    Raises:
        KeyError: the schema has no such path.
    """
    kind: pa.DataType = schema.field(path.column).type
    for step in path.steps[1:]:
        kind = _inner(kind, step)
    return kind


def _inner(kind: Any, step: str) -> pa.DataType:
    if step != ELEMENTS:
        if not pa.types.is_struct(kind) or kind.get_field_index(step) < 0:
            raise KeyError(step)
        return cast("pa.DataType", kind.field(kind.get_field_index(step)).type)
    if pa.types.is_map(kind):
        return pa.struct([kind.key_field.with_name("key"), kind.item_field.with_name("value")])
    if not any(is_list(kind) for is_list in LISTS):
        raise KeyError(step)
    return cast("pa.DataType", kind.value_type)


def _shape(leaf: Any) -> str:
    if pa.types.is_struct(leaf):
        fields = ", ".join(repr(leaf.field(number).name) for number in range(leaf.num_fields))
        return f"a struct: name one of its fields ({fields}) after a dot"
    if pa.types.is_map(leaf):
        return "a map: write [].key or [].value after it"
    return "a list: write [] after it"


def _kind_of(leaf: pa.DataType) -> Kind | None:
    if pa.types.is_dictionary(leaf):
        return _kind_of(leaf.value_type)
    if isinstance(leaf, pa.UuidType) or (
        pa.types.is_fixed_size_binary(leaf) and leaf.byte_width == UUID_BYTES
    ):
        return Kind.UUID
    return Kind.INTEGER if pa.types.is_integer(leaf) else None
