"""Which leaf column of a file a key's path leads to, and what its raw bytes say as text."""

import struct
from collections.abc import Iterator
from typing import Any, TypeAlias

import pyarrow  # noqa: ICN001 - `pa` is the same module without types, below

from lineage_assets.paths import ELEMENTS
from rtbf_jobs.erasers.arrow_keys import held_among, text_of
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.parquet_file.pages import WIDTHS

Field: TypeAlias = Any
pa: Any = pyarrow  # as in arrow_keys: the stubs lag behind


def leaf_of(schema: pyarrow.Schema, want: Wanted) -> tuple[int, Any]:
    """Return the number of the leaf column that holds a key, counted as the file counts, and its type.

    Raises:
        KeyError: the path does not lead to a leaf.
    """
    number = 0
    for one in schema:
        if one.name == want.path.column:
            return _down(one.type, want.path.steps[1:], number)
        number += _count(one.type)
    raise KeyError(want.path.column)


def raw_text(raw: bytes, kind: Any, want: Wanted) -> str:
    """Return a value as it stands in a page or a statistic, as the text that identifiers are compared as."""
    if pa.types.is_integer(kind):
        return str(int.from_bytes(raw, "little", signed=not pa.types.is_unsigned_integer(kind)))
    return text_of(raw, want)


def sought_among(raw: list[bytes], kind: Any, want: Wanted, physical: str) -> bool:
    """Whether any entry of a dictionary page is sought.

    Args:
        raw: the entries as `plain_values` returns them.
        kind: the leaf's type.
        want: what is sought.
        physical: the physical type, which says how many bytes an integer takes.

    Raises:
        EraseRefused: an entry should be JSON, is not, and holds a sought value.
    """
    if not pa.types.is_integer(kind):
        return bool(held_among(list(map(_decoded, raw)) if _is_string(kind) else raw, want))
    letter = "i" if WIDTHS[physical] == struct.calcsize("<i") else "q"
    form = f"<{len(raw)}{letter.upper() if pa.types.is_unsigned_integer(kind) else letter}"
    return not want.integers.isdisjoint(struct.unpack(form, b"".join(raw)))


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _is_string(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _down(kind: Any, steps: tuple[str, ...], number: int) -> tuple[int, Any]:
    kind = _storage(kind)
    if not steps:
        if _count(kind) != 1 or pa.types.is_nested(kind):
            raise KeyError("no leaf")
        return number, kind
    if steps[0] == ELEMENTS and not pa.types.is_map(kind):
        return _down(kind.value_type, steps[1:], number)
    if steps[0] == ELEMENTS:
        entry = pa.struct([pa.field("key", kind.key_type), pa.field("value", kind.item_type)])
        return _down(entry, steps[1:], number)
    for child in _children(kind):
        if child.name == steps[0]:
            return _down(child.type, steps[1:], number)
        number += _count(child.type)
    raise KeyError(steps[0])


def _count(kind: Any) -> int:
    kind = _storage(kind)
    if pa.types.is_map(kind):
        return _count(kind.key_type) + _count(kind.item_type)
    if pa.types.is_struct(kind):
        return sum(_count(child.type) for child in _children(kind))
    return _count(kind.value_type) if pa.types.is_nested(kind) else 1


def _children(kind: Any) -> Iterator[Field]:
    return (kind.field(i) for i in range(kind.num_fields))


def _storage(kind: Any) -> Any:
    if isinstance(kind, pa.BaseExtensionType):
        return _storage(kind.storage_type)
    return kind.value_type if pa.types.is_dictionary(kind) else kind
