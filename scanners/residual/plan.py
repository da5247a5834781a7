"""Everything to compare in one table: declared keys, then all text for strong identifiers, then weak equals.

All branches of a group are read in one plan (UNION ALL), which is about twice as fast as ORs of INs.
"""

from collections.abc import Iterator

import pyarrow as pa

from lineage_assets.declarations import Form
from lineage_assets.identifiers import Kind
from scanners.residual import needles as made
from scanners.residual.branches import Branch, Sees, Value
from scanners.residual.keys import key_branch, key_place, searched_keys
from scanners.residual.layout import Column, Holds, Place, leaves
from scanners.residual.needles import Needles
from scanners.residual.normal import canonical_sql
from scanners.residual.order import ScanOrder
from scanners.residual.shapes import Anywhere
from scanners.residual.spelled import as_blobs, as_texts
from scanners.residual.wants import Wants


def branches_of(
    order: ScanOrder, columns: tuple[Column, ...], needles: Needles, table: str
) -> tuple[Branch, ...]:
    """Return the branches of one table.

    Raises:
        CouldNotLook: a declared key column is missing, or its type cannot hold the identifiers.
    """
    keys = searched_keys(order)
    declared = tuple(key_branch(order, columns, needles, table, key) for key in keys)
    explained = frozenset(
        (key_place(order, columns, path).label, key.namespace)
        for path, key in keys
        if key.form is not Form.PSEUDONYM
    )
    places = tuple(leaves(columns))
    made_for = {
        place.label: frozenset(name for label, name in explained if label == place.label) for place in places
    }
    texts = {names: as_texts(needles, names) for names in set(made_for.values())}
    wants, blobs = Wants.of(needles), as_blobs(needles)
    text = (b for place in places for b in _text(place, wants, texts[made_for[place.label]], table))
    whole = (b for place in places for b in _whole(place, blobs, table))
    weak = (b for place in places for b in _weak(place, needles, table, made_for[place.label]))
    return (*(b for b in declared if b is not None), *text, *whole, *weak)


def _text(place: Place, wants: Wants, sought: pa.Table, table: str) -> Iterator[Branch]:
    if place.textual and wants and sought.num_rows:
        value = Anywhere(text=place.text("v"), wants=wants, repeated=place.repeated)
        yield Branch(sees=None, leaf=place.label, rows=place.rows(table), value=value, needles=sought)


def _whole(place: Place, sought: pa.Table, table: str) -> Iterator[Branch]:
    """Binary values as they are: UUIDs, digests, pseudonyms."""
    if place.holds is Holds.BINARY and sought.num_rows:
        value = Value(candidates="v", where="octet_length(t) IN (16, 20, 32)")
        yield Branch(sees=None, leaf=place.label, rows=place.rows(table), value=value, needles=sought)


def _weak(place: Place, needles: Needles, table: str, explained: frozenset[str]) -> Iterator[Branch]:
    """Numbers in number columns and words in text columns; numbers in text are found with all else there."""
    wanted = tuple(n for n in needles.weak() if n.sought.namespace not in explained)
    integers, words = (
        tuple(n for n in wanted if needles.kind_of(n) is kind) for kind in (Kind.INTEGER, Kind.TEXT)
    )
    if place.holds is Holds.INTEGER:
        sought, value = made.as_integers(integers, place.engine_type), Value(candidates="v")
    elif place.holds is Holds.TEXT:
        sought = made.as_text(words)
        value = Value(text=place.text("v"), candidates=canonical_sql(Kind.TEXT, "t"))
    else:
        return
    if sought.num_rows:
        yield Branch(sees=Sees.WEAK, leaf=place.label, rows=place.rows(table), value=value, needles=sought)
