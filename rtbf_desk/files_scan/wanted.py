"""From a list of ids to what is sought: each in every kind that its shape allows."""

from collections.abc import Iterable

from lineage_assets.identifiers import STRONG_KINDS, Kind, Sought, canonical
from rtbf_jobs.files.ids import LOOKS, Ids
from rtbf_jobs.files.names import Names

FEW = 5


def subjects_of(ids: Ids, kind: Kind | None) -> tuple[Sought, ...]:
    """Return the ids in canonical form; `request` is the position in the list, the namespace the kind.

    Args:
        ids: as they were given.
        kind: what all of them are; None guesses for each, and one that could be of two kinds is there twice.

    Raises:
        FileRefused: one is not of the kind given; the message says where it stands.
    """
    if kind is not None:
        ids.sought(kind)
    return tuple(
        Sought(namespace=str(each), value=form, request=position)
        for position, text in enumerate(ids.texts)
        for each in (kinds_of(text) if kind is None else (kind,))
        if (form := canonical(each, text)) is not None
    )


def kinds_of(text: str) -> tuple[Kind, ...]:
    """Return the kinds whose shape an id has; text where it has none of them."""
    looks = [kind for kind in LOOKS if canonical(kind, text) is not None]
    if Kind.PHONE in looks and text.startswith("+"):
        return (Kind.PHONE,)
    return tuple(looks) or (Kind.TEXT,)


def weak_of(subjects: Iterable[Sought]) -> tuple[int, ...]:
    """Return the positions of ids that are of a kind too common to be sought everywhere."""
    return tuple(sorted({one.request for one in subjects if Kind(one.namespace) not in STRONG_KINDS}))


def told(ids: Ids, positions: Iterable[int]) -> str:
    """Say where ids stand in their list: the first few, and how many more."""
    where = [ids.where[position] for position in sorted(positions)]
    more = f" and {len(where) - FEW:,} more" if len(where) > FEW else ""
    return ", ".join(where[:FEW]) + more


def names_of(ids: Ids, subjects: Iterable[Sought]) -> Names:
    """Return what masks ids in names of files and columns, as typed and in the spellings that are sought."""
    forms = {one.value for one in subjects}
    bare = {form.replace("-", "") for form in forms if canonical(Kind.UUID, form) == form}
    digits = {form[1:] for form in forms if canonical(Kind.PHONE, form) == form}
    return Names({*ids.texts, *forms, *bare, *digits})
