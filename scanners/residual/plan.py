"""Everything to compare in one table: declared keys, then all text for strong identifiers, then weak equals.

All branches of a group are read in one plan (UNION ALL), which is about twice as fast as ORs of INs.
"""

from collections.abc import Iterator

from lineage_assets.declarations import Form
from lineage_assets.identifiers import STRONG_KINDS, Kind
from scanners.residual import needles as made
from scanners.residual.branches import Branch, Sees, Value
from scanners.residual.keys import key_branch, key_place, searched_keys
from scanners.residual.layout import Column, Holds, Place, leaves
from scanners.residual.needles import PLAIN, Needle, Needles
from scanners.residual.normal import canonical_sql
from scanners.residual.order import ScanOrder
from scanners.residual.shapes import Shape, pattern_shape, shapes_of


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
    strong = (b for place in places for b in _strong(place, needles, table))
    weak = (b for place in places for b in _weak(place, needles, table, explained))
    return (*(b for b in declared if b is not None), *strong, *weak)


def _strong(place: Place, needles: Needles, table: str) -> Iterator[Branch]:
    wanted = needles.strong()
    if not place.textual or not wanted:
        return
    kind_of = {n: None if n.form != PLAIN else needles.namespaces[n.sought.namespace].kind for n in wanted}
    kinds = frozenset(kind for kind in kind_of.values() if kind in STRONG_KINDS)
    for shape in shapes_of(place.text("v"), kinds, hashes=None in kind_of.values()):
        yield _anywhere(place, table, shape, tuple(n for n in wanted if kind_of[n] is shape.kind))
    for name in sorted({n.sought.namespace for n in wanted if n.form == PLAIN}):
        namespace = needles.namespaces[name]
        if namespace.distinctive is not None and namespace.kind not in STRONG_KINDS:
            own = tuple(n for n in wanted if n.form == PLAIN and n.sought.namespace == name)
            yield _anywhere(place, table, pattern_shape(place.text("v"), namespace), own)


def _anywhere(place: Place, table: str, shape: Shape, wanted: tuple[Needle, ...]) -> Branch:
    whole = "true"
    if shape.kind is not None:
        canonical = canonical_sql(shape.kind, place.text("x.v"))
        bare = f"replace({canonical}, '-', '')" if shape.kind is Kind.UUID else canonical
        whole = f"coalesce(n.needle = {bare}, false)"
    return Branch(
        sees=Sees.ELSEWHERE,
        leaf=place.label,
        rows=place.rows(table),
        value=shape.value,
        needles=made.as_bare(wanted) if shape.kind is Kind.UUID else made.as_text(wanted),
        whole=whole,
    )


def _weak(
    place: Place, needles: Needles, table: str, explained: frozenset[tuple[str, str]]
) -> Iterator[Branch]:
    wanted = tuple(n for n in needles.weak() if (place.label, n.sought.namespace) not in explained)
    for kind in (Kind.INTEGER, Kind.TEXT):
        own = tuple(n for n in wanted if needles.namespaces[n.sought.namespace].kind is kind)
        if place.holds is Holds.INTEGER and kind is Kind.INTEGER:
            sought, value = made.as_integers(own, place.engine_type), Value(candidates="v")
        elif place.holds is Holds.TEXT:
            sought = made.as_text(own)
            value = Value(text=place.text("v"), candidates=canonical_sql(kind, "t"), where=_early(kind))
        else:
            continue
        if sought.num_rows:
            yield Branch(
                sees=Sees.WEAK, leaf=place.label, rows=place.rows(table), value=value, needles=sought
            )


def _early(kind: Kind) -> str:
    """A cheap look first: digits, plus sign and blanks are below 58 (colon). Opaque to Parquet statistics."""
    return "ascii(t) < 58" if kind is Kind.INTEGER else "true"
