"""What stands beside rows in Parquet: statistics, dictionaries, metadata, bytes that nothing refers to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from scanners.files.order import FilesOrder
from scanners.files.places import Match, Place, Seen
from scanners.residual.beside import Beside, leads_to
from scanners.residual.files import Found
from scanners.residual.keys import Declared
from scanners.residual.needles import TOKEN
from scanners.residual.scan import Look, add_told, seen_beside
from scanners.residual.told import DICTIONARY, METADATA, STATISTICS, Told

VALUES = frozenset({STATISTICS, DICTIONARY})
"""Places of whole values, where a part of one counts as it does in rows."""


def with_beside(
    order: FilesOrder, look: Look, files: Sequence[Found], keys: tuple[Declared, ...], rows: Sequence[Seen]
) -> tuple[Seen, ...]:
    """Add to what the rows of each file held what stands beside them and is not explained by them.

    Args:
        order: what to look for; where only keys are searched, only what their columns tell is.
        look: what the files are looked at with.
        files: the files, in the order of `rows`.
        keys: the named columns with the kinds that they can hold.
        rows: what the rows held.

    Raises:
        CouldNotLook: a file cannot be read, or the engine failed.
    """
    declared = replace(look.order.declaration, keys=keys)
    beside = Beside(order=replace(look.order, declaration=declared), needles=look.needles)

    def wanted(told: Told) -> bool:
        return order.anywhere or any(leads_to(path, told.path) for path, _ in keys)

    for file in files:
        add_told(look, beside, file, wanted)
    explained = {file.ordinal: seen.subjects for file, seen in zip(files, rows, strict=True)}
    found: defaultdict[int, defaultdict[tuple[str, str], set[int]]] = defaultdict(lambda: defaultdict(set))
    for cell, needle, form in seen_beside(look, beside):
        subject = needle.sought.request
        counts = order.free_text or form != TOKEN or cell.place not in VALUES
        if counts and (cell.place == METADATA or subject not in explained[cell.file]):
            found[cell.file][cell.place, form].add(subject)
    return tuple(
        _added(seen, found[file.ordinal], order.shown) for file, seen in zip(files, rows, strict=True)
    )


def _added(seen: Seen, found: dict[tuple[str, str], set[int]], shown: int) -> Seen:
    places = (
        place_without_rows(column, form, subjects, shown)
        for (column, form), subjects in sorted(found.items())
    )
    return replace(seen, places=(*places, *seen.places), subjects=seen.subjects.union(*found.values()))


def place_without_rows(column: str, form: str, subjects: set[int], shown: int) -> Place:
    """Return a place that has no rows."""
    matches = tuple(Match(row=None, subject=one) for one in sorted(subjects)[:shown])
    return Place(column=column, form=form, subjects=len(subjects), matches=matches)
