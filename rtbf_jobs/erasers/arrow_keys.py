"""Subject keys inside Arrow batches: walking to them, matching them, taking mentions out.

A null parent has no key: its row is nobody's here, and stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow  # noqa: ICN001 - `pa` is the same module without types, below
import pyarrow.compute

from lineage_assets.declarations import Form
from lineage_assets.identifiers import Kind
from lineage_assets.paths import ELEMENTS
from rtbf_jobs.erasers.matching import NOBODY, Wanted
from rtbf_jobs.erasers.order import Tally

UUID_BYTES, DIGEST_BYTES = 16, 32
# The stubs lag behind pyarrow 26 (arange, masks of from_arrays), so arrays and compute go unchecked here.
Array = Any
pa: Any = pyarrow
pc: Any = pyarrow.compute

Hit = tuple[int, frozenset[int]]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a batch holds: `owned` marks the subjects' own rows."""

    owned: Array
    tally: Tally


def look(batch: pyarrow.RecordBatch, wants: tuple[Wanted, ...]) -> Look:
    """Match every key in a batch. A row counts no mentions of those whose own it is, but of the others."""
    own: dict[int, frozenset[int]] = {}
    for want in (w for w in wants if w.owner):
        for row, requests in hits(batch, want):
            own[row] = own.get(row, frozenset()) | requests
    tally = Tally(rows=batch.num_rows)
    tally.own(own.values())
    cells: set[tuple[int, str]] = set()
    for want in (w for w in wants if not w.owner):
        for row, requests in hits(batch, want):
            tally.mention(requests - own.get(row, NOBODY))
            if row not in own:
                cells.add((row, want.path.column))
    tally.cells_changed = len(cells)
    return Look(owned=mask_of(batch.num_rows, set(own)), tally=tally)


def hits(batch: pyarrow.RecordBatch, want: Wanted) -> Iterator[Hit]:
    """Yield (row, requests) for every value under a key that is sought; a row may come more than once."""
    if not want.values:
        return
    leaf, rows = leaves(batch.column(want.path.column), want.path.steps[1:])
    codes, groups = _found(leaf, want)
    hit = codes.is_valid()
    for row, code in zip(rows.filter(hit).to_pylist(), codes.filter(hit).to_pylist(), strict=True):
        yield row, groups[code]


def changed(
    batch: pyarrow.RecordBatch, seen: Look, wants: tuple[Wanted, ...], redact: tuple[str, ...]
) -> pyarrow.RecordBatch:
    """Return a batch after erasure: without owned rows, or with the columns to redact nulled in them."""
    if not redact:
        batch = batch.filter(pc.invert(seen.owned))
    for want in (w for w in wants if not w.owner and w.values):
        batch = _with(
            batch, want.path.column, lambda column, want=want: unmentioned(column, want.path.steps[1:], want)
        )
    for name in redact:
        batch = _with(batch, name, lambda column: null_where(column, seen.owned))
    return batch


def redacted_cells(batch: pyarrow.RecordBatch, owned: Array, redact: tuple[str, ...]) -> int:
    """Return how many cells of owned rows are not null yet in the columns to redact."""
    return sum(pc.sum(pc.and_(owned, batch.column(name).is_valid())).as_py() or 0 for name in redact)


def leaves(array: Array, steps: tuple[str, ...]) -> tuple[Array, Array]:
    """Return the values that a path leads to, and for each the row it stands in."""
    rows = pa.arange(0, len(array))
    for step in steps:
        if step == ELEMENTS:
            array = entries(array)
            rows = rows.take(pc.list_parent_indices(array))
            array = pc.list_flatten(array)
        else:
            array = pc.struct_field(array, [step])
    return plain(array), rows


def unmentioned(array: Array, steps: tuple[str, ...], want: Wanted) -> Array:
    """Return a column without a mention: the innermost element goes, else the field is null or loses text."""
    if not steps:
        return _without_leaf(array, want)
    if steps[0] != ELEMENTS:
        return _with_field(array, steps, want)
    listed = entries(array)
    values = pc.list_flatten(listed)
    if ELEMENTS in steps[1:] or want.path.json:
        return _relisted(array, listed, unmentioned(values, steps[1:], want), None)
    leaf, _ = leaves(values, steps[1:])
    keep = _found(leaf, want)[0].is_null()
    return _relisted(array, listed, values.filter(keep), keep)


def entries(array: Array) -> Array:
    """Return a map as the list of its (key, value) structs, and a list as it is."""
    if not pa.types.is_map(array.type):
        return array
    made = pa.struct([array.type.key_field.with_name("key"), array.type.item_field.with_name("value")])
    return array.cast(pa.list_(made))


def plain(array: Array) -> Array:
    """Return an array without extension type and dictionary."""
    if isinstance(array, pa.ExtensionArray):
        return plain(array.storage)
    return array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array


def null_where(array: Array, mask: Array) -> Array:
    """Return an array of the same type with null where the mask says so."""
    return array.take(pc.if_else(mask, pa.scalar(None, pa.int64()), pa.arange(0, len(array))))


def mask_of(length: int, rows: set[int]) -> Array:
    """Return a mask that is true at the given rows."""
    return pc.is_in(pa.arange(0, length), value_set=pa.array(sorted(rows), pa.int64()))


def text_of(value: Any, want: Wanted) -> str:
    """Return a cell's value as the text that identifiers are compared as: bytes may be a UUID or a digest."""
    if not isinstance(value, bytes):
        return str(value)
    uuid = want.namespace.kind is Kind.UUID and want.key.form is Form.PLAIN
    if (uuid and len(value) == UUID_BYTES) or (
        want.key.form is Form.PSEUDONYM and len(value) == DIGEST_BYTES
    ):
        return value.hex()
    return value.decode("utf-8", "replace")


def _found(leaf: Array, want: Wanted) -> tuple[Array, list[frozenset[int]]]:
    if pa.types.is_integer(leaf.type):
        sought, requests = _integers(leaf.type, want)
        return pc.index_in(leaf, value_set=sought), requests
    read = [
        (value, want.requests_in(text_of(value, want))) for value in leaf.unique().drop_null().to_pylist()
    ]
    pairs = [(value, requests) for value, requests in read if requests]
    sought = pa.array([value for value, _ in pairs], leaf.type)
    return pc.index_in(leaf, value_set=sought), [requests for _, requests in pairs]


def _integers(kind: pyarrow.DataType, want: Wanted) -> tuple[Array, list[frozenset[int]]]:
    """Return what is sought as an array of a type, and the requests of each; made once for all row groups."""
    if kind not in want.typed:
        want.typed[kind] = pa.array([int(value) for value in want.values], kind), list(want.values.values())
    made: tuple[Array, list[frozenset[int]]] = want.typed[kind]
    return made


def _with(batch: pyarrow.RecordBatch, name: str, made: Any) -> pyarrow.RecordBatch:
    index = batch.schema.get_field_index(name)
    return batch.set_column(index, batch.schema.field(index), made(batch.column(index)))


def _without_leaf(array: Array, want: Wanted) -> Array:
    leaf = plain(array)
    hit = _found(leaf, want)[0].is_valid()
    if not want.path.json:
        return null_where(array, hit)
    texts = {text: want.without(text_of(text, want)) for text in leaf.filter(hit).unique().to_pylist()}
    new = [texts[text] for text in leaf.filter(hit).to_pylist()]
    spliced = pc.replace_with_mask(leaf, hit, pa.array(new, pa.string()).cast(leaf.type))
    return _like(spliced, array.type)


def _like(array: Array, wanted: pyarrow.DataType) -> Array:
    if isinstance(wanted, pa.BaseExtensionType):
        return wanted.wrap_array(_like(array, wanted.storage_type))
    return array.dictionary_encode().cast(wanted) if pa.types.is_dictionary(wanted) else array


def _with_field(array: Array, steps: tuple[str, ...], want: Wanted) -> Array:
    index = array.type.get_field_index(steps[0])
    fields = [array.type.field(i) for i in range(array.type.num_fields)]
    children = [array.field(i) for i in range(array.type.num_fields)]
    children[index] = unmentioned(pc.struct_field(array, [steps[0]]), steps[1:], want)
    return pa.StructArray.from_arrays(children, fields=fields, mask=array.is_null())


def _relisted(array: Array, listed: Array, values: Array, keep: Array | None) -> Array:
    offsets = _running(pc.fill_null(pc.list_value_length(listed), 0))
    if keep is not None:
        offsets = _running(keep).take(offsets)
    large = pa.types.is_large_list(array.type)
    offsets = offsets.cast(pa.int64() if large else pa.int32())
    if pa.types.is_map(array.type):
        parts = [pc.struct_field(values, ["key"]), pc.struct_field(values, ["value"])]
        return pa.MapArray.from_arrays(offsets, *parts, type=array.type, mask=array.is_null())
    kind = pa.LargeListArray if large else pa.ListArray
    return kind.from_arrays(offsets, values, type=array.type, mask=array.is_null())


def _running(counts: Array) -> Array:
    return pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(counts.cast(pa.int64()))])
