"""From a file in which subjects were found to the recipe of the file without them.

    found = scan(order, wants, name, source)              find.py: which row groups, and all refusals
    recipe = recipe_for(order, wants, found, source, spool)
    prove(order, wants, found, source, Composed(recipe, source, spool))      prove.py
    compose(recipe, source, spool, path)          local.py; an object store carries it out in its own way

Only `scan` refuses; nothing has been written by then. The spool holds what is new, so memory holds a few row
groups whatever the file's size.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from rtbf_jobs.erasers.arrow_edits import changed
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.order import EraseOrder
from rtbf_jobs.erasers.parquet_file.encode import encode, spooled
from rtbf_jobs.erasers.parquet_file.extents import Extent, FileMap, read_map
from rtbf_jobs.erasers.parquet_file.find import Found
from rtbf_jobs.erasers.parquet_file.layout import Block, plan
from rtbf_jobs.erasers.parquet_file.recipe import Layout, Recipe, Spool
from rtbf_jobs.erasers.parquet_file.shape import opened
from rtbf_jobs.erasers.parquet_file.source import Source
from rtbf_jobs.erasers.processors import processors

# The share of zeros at which all moves together. Ten erasures of ten people each made a file 1.33 times as
# long in slots, its blocks 1.025 times as many where holes are kept; a copy elsewhere fills the holes.
# It is the only choice: at no share of touched row groups is it faster to write the whole file anew. One of
# 50,000 rows takes 62 ms to encode, with one writer for the whole file 59, and about 40 to prove either way;
# to copy, compare and hash one that stays takes 7 (docs/adr/0012).
COMPACT_AT = 0.2
Encoded = tuple[int, pa.Buffer] | None


def recipe_for(
    order: EraseOrder,
    wants: tuple[Wanted, ...],
    found: Found,
    source: Source,
    spool: Spool,
    layout: Layout | None = None,
) -> Recipe:
    """Encode the touched row groups into the spool and return the recipe of the new file.

    Args:
        order: the order.
        wants: what is looked for under each key.
        found: what a scan found in this very source.
        source: the old file.
        spool: takes the new row groups.
        layout: None keeps the offsets, unless `COMPACT_AT` of the new file would be zeros.

    Raises:
        Unsupported: the file cannot be taken apart.
        ArrowException: the engine cannot read or write a row group.
        OSError: source or spool refused.
    """
    places = found.places or read_map(source)
    new = dict(_blocks(order, wants, found, source, places, spool))
    recipe = plan(source, places, new, spool, layout or Layout.KEEP)
    if layout is None and recipe.dead >= COMPACT_AT * recipe.size:
        return plan(source, places, new, spool, Layout.SHIFT)
    return recipe


def kept_extents(found: Found) -> list[Extent]:
    """Return what stays where it is, if offsets are kept: known before anything is encoded."""
    if found.places is None:
        return []
    return found.places.live(set(range(len(found.places.groups))) - found.groups)


def _blocks(
    order: EraseOrder,
    wants: tuple[Wanted, ...],
    found: Found,
    source: Source,
    places: FileMap,
    spool: Spool,
) -> Iterator[tuple[int, Block | None]]:
    redact = order.declaration.redact

    def change(group: int, table: pa.Table) -> pa.Table:
        batches, at = [], 0
        for batch in table.to_batches():
            owned = found.owned[group].slice(at, batch.num_rows)
            batches.append(changed(batch, owned, wants, redact))
            at += batch.num_rows
        return pa.Table.from_batches(batches, table.schema)

    with opened(source) as first:
        metadata = first.metadata

    def one(group: int) -> Encoded:
        with pq.ParquetFile(source.engine_input(), metadata=metadata) as file:
            return encode(file, group, found.options[group], partial(change, group))

    for group, made in _in_threads(sorted(found.groups), one):
        yield group, None if made is None else spooled(places, group, *made, spool)


def _in_threads(groups: list[int], one: Callable[[int], Encoded]) -> Iterator[tuple[int, Encoded]]:
    """Yield what each row group became, in order, with as many at work as there are processors."""
    workers = processors()
    with ThreadPoolExecutor(workers) as pool:
        waiting: list[tuple[int, Future[Encoded]]] = []
        for group in groups:
            waiting.append((group, pool.submit(one, group)))
            if len(waiting) > workers:
                number, future = waiting.pop(0)
                yield number, future.result()
        for number, future in waiting:
            yield number, future.result()
