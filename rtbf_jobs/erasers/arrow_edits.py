"""Erasure inside an Arrow batch: owned rows go, or columns are nulled in them; mentions are taken out."""

from typing import Any

import pyarrow  # noqa: ICN001 - `pa` is the same module without types, below
import pyarrow.compute

from lineage_assets.paths import ELEMENTS
from rtbf_jobs.erasers.arrow_keys import Array, entries, leaves, plain, sought_in, text_of
from rtbf_jobs.erasers.matching import Wanted

pa: Any = pyarrow  # as in arrow_keys: the stubs lag behind
pc: Any = pyarrow.compute


def changed(
    batch: pyarrow.RecordBatch, owned: Array, wants: tuple[Wanted, ...], redact: tuple[str, ...]
) -> pyarrow.RecordBatch:
    """Return a batch after erasure: without owned rows, or with the columns to redact nulled in them."""
    if not redact:
        batch = batch.filter(pc.invert(owned))
    for want in (w for w in wants if not w.owner and w.values):
        batch = _with(
            batch, want.path.column, lambda column, want=want: unmentioned(column, want.path.steps[1:], want)
        )
    for name in redact:
        batch = _with(batch, name, lambda column: null_where(column, owned))
    return batch


def redacted_cells(batch: pyarrow.RecordBatch, owned: Array, redact: tuple[str, ...]) -> int:
    """Return how many cells of owned rows are not null yet in the columns to redact."""
    return sum(pc.sum(pc.and_(owned, batch.column(name).is_valid())).as_py() or 0 for name in redact)


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
    keep = sought_in(leaf, want)[0].is_null()
    return _relisted(array, listed, values.filter(keep), keep)


def null_where(array: Array, mask: Array) -> Array:
    """Return an array of the same type with null where the mask says so."""
    return array.take(pc.if_else(mask, pa.scalar(None, pa.int64()), pa.arange(0, len(array))))


def _with(batch: pyarrow.RecordBatch, name: str, made: Any) -> pyarrow.RecordBatch:
    index = batch.schema.get_field_index(name)
    return batch.set_column(index, batch.schema.field(index), made(batch.column(index)))


def _without_leaf(array: Array, want: Wanted) -> Array:
    leaf = plain(array)
    hit = sought_in(leaf, want)[0].is_valid()
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
