"""Which of the named columns can hold which kinds of identifiers, in one file."""

from lineage_assets.declarations import Form, Key
from lineage_assets.identifiers import STRONG_KINDS
from lineage_assets.paths import KeyPath
from scanners.errors import CouldNotLook
from scanners.files.order import FilesOrder
from scanners.files.words import NotLookedAt
from scanners.residual.keys import Declared, check_kind
from scanners.residual.layout import Column, Holds, Place, find
from scanners.residual.order import ScanOrder


def fitting_keys(
    order: FilesOrder, scan_order: ScanOrder, columns: tuple[Column, ...]
) -> tuple[Declared, ...]:
    """Return each named column with each kind that its type can hold.

    Raises:
        NotLookedAt: a column is missing or there twice, or a kind fits none and is sought nowhere else.
    """
    made = []
    for path in order.keys:
        place = _place(path, columns)
        made += [
            (path, key)
            for key in (_key(order, path, place, str(kind)) for kind in order.kinds)
            if _fits(scan_order, (path, key), place)
        ]
    at_home = {key.namespace for _, key in made}
    for kind in order.kinds if order.keys else ():
        elsewhere = order.all_columns and kind in STRONG_KINDS
        if str(kind) not in at_home and not elsewhere:
            ids = tuple(sorted({one.request for one in order.subjects if one.namespace == str(kind)}))
            raise NotLookedAt(f"no column that --key names can hold ids of kind {kind}", ids)
    return tuple(made)


def _place(path: KeyPath, columns: tuple[Column, ...]) -> Place:
    if sum(column.name == path.column for column in columns) > 1:
        raise NotLookedAt(f"it has two columns of the name {path.column!r}")
    place = find(columns, path)
    if place is None:
        raise NotLookedAt(f"it has no column {str(path)!r}")
    return place


def _key(order: FilesOrder, path: KeyPath, place: Place, namespace: str) -> Key:
    inside = order.free_text and place.holds is Holds.TEXT and not path.json
    return Key(namespace=namespace, form=Form.TOKENS if inside else Form.PLAIN)


def _fits(order: ScanOrder, declared: Declared, place: Place) -> bool:
    try:
        check_kind(order, declared, place)
    except CouldNotLook:
        return False
    return True
