"""Whether a Parquet file's columns can hold the declared keys: checked in footers, before any write."""

from typing import Any, TypeAlias

import pyarrow as pa

from lineage_assets.declarations import Form
from lineage_assets.identifiers import Kind
from lineage_assets.paths import ELEMENTS
from rtbf_jobs.erasers.errors import EraseRefused, Reason
from rtbf_jobs.erasers.matching import Wanted

Field: TypeAlias = "pa.Field[Any]"


def check_keys(name: str, schema: pa.Schema, wants: tuple[Wanted, ...], redact: tuple[str, ...]) -> None:
    """Check every declared key and every column to redact against a file's schema.

    Args:
        name: what messages may call the file.
        schema: the Arrow schema that the file is read with.
        wants: the declared keys.
        redact: columns that are nulled in owned rows.

    Raises:
        EraseRefused: a column is missing, cannot hold its identifiers, or cannot be nulled.
    """
    for want in wants:
        _Check(name, want).key(schema)
    for column in redact:
        asset = wants[0].asset
        if not _column(asset, name, schema, column).nullable:
            raise EraseRefused(
                asset, Reason.NOT_NULLABLE, f"{name}, column {column!r}: delete_rows needs no null"
            )


def _column(asset: str, name: str, schema: pa.Schema, column: str) -> Field:
    found = schema.get_all_field_indices(column)
    if not found:
        raise EraseRefused(asset, Reason.MISSING_KEY, f"{name}: no column {column!r}; was it renamed?")
    if len(set(schema.names)) != len(schema.names):
        raise EraseRefused(asset, Reason.AMBIGUOUS_COLUMN, f"{name}: give every column a name of its own")
    return schema.field(found[0])


class _Check:
    """One key against one schema."""

    def __init__(self, name: str, want: Wanted) -> None:
        self.want = want
        self.where = f"{name}, key {str(want.path)!r}"

    def key(self, schema: pa.Schema) -> None:
        field = _column(self.want.asset, self.where, schema, self.want.path.column)
        if not self.want.owner:
            self._removable(field)
        for step in self.want.path.steps[1:]:
            field = self._inner(field, step)
        self._leaf(_plain(field.type))
        if self._nulls and not field.nullable:
            raise self._refused(Reason.NOT_NULLABLE, "make the field nullable, or declare it otherwise")

    @property
    def _nulls(self) -> bool:
        return not (self.want.owner or self.want.path.in_list or self.want.path.json)

    def _inner(self, field: Field, step: str) -> Field:
        kind = field.type
        if step == ELEMENTS:
            if pa.types.is_map(kind):
                entry = [kind.key_field.with_name("key"), kind.item_field.with_name("value")]
                return pa.field("entry", pa.struct(entry), nullable=False)
            if not (
                pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
            ):
                raise self._refused(Reason.MISSING_KEY, f"{field.name!r} is no list")
            return kind.value_field
        if not pa.types.is_struct(kind) or kind.get_field_index(step) < 0:
            raise self._refused(Reason.MISSING_KEY, f"{field.name!r} has no single field {step!r}")
        return kind.field(kind.get_field_index(step))

    def _removable(self, field: Field) -> None:
        for step in self.want.path.steps[1:]:
            if pa.types.is_fixed_size_list(field.type):
                raise self._refused(Reason.NOT_NULLABLE, "an element of a fixed-size list cannot go")
            field = self._inner(field, step)

    def _leaf(self, leaf: pa.DataType) -> None:
        if pa.types.is_integer(leaf) and self._plain_integer:
            self._fits(leaf)
        elif not (_is_text(leaf) or self._is_raw(leaf)):
            hint = (
                f"type {leaf} cannot hold namespace {self.want.namespace.name!r} ({self.want.namespace.kind})"
            )
            raise self._refused(Reason.KEY_TYPE, hint)

    @property
    def _plain_integer(self) -> bool:
        plain = self.want.key.form is Form.PLAIN and not self.want.path.json
        return plain and self.want.namespace.kind is Kind.INTEGER

    def _fits(self, leaf: pa.DataType) -> None:
        bits = leaf.bit_width - (0 if pa.types.is_unsigned_integer(leaf) else 1)
        if max(self.want.integers, default=0) >> bits:
            raise self._refused(Reason.KEY_OVERFLOW, f"type {leaf} is too small; widen it to int64 or text")

    def _is_raw(self, leaf: pa.DataType) -> bool:
        if not pa.types.is_fixed_size_binary(leaf) or self.want.path.json:
            return False
        uuid = self.want.key.form is Form.PLAIN and self.want.namespace.kind is Kind.UUID
        return (leaf.byte_width, True) in {(16, uuid), (32, self.want.key.form is Form.PSEUDONYM)}

    def _refused(self, reason: Reason, what: str) -> EraseRefused:
        return EraseRefused(self.want.asset, reason, f"{self.where}: {what}")


def _plain(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(kind.storage_type)
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return text or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
