"""What to look for in files that a person names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lineage_assets.identifiers import Kind, Namespace, Sought
from lineage_assets.paths import KeyPath


@dataclass(frozen=True, kw_only=True)
class FilesOrder:
    """What to look for.

    Attributes:
        subjects: the identifiers in canonical form; `request` is the position in the list that was given. One
            that could be of two kinds is there twice.
        namespaces: one a kind, named after it.
        keys: the columns that hold identifiers; empty: every column is searched.
        all_columns: whether the other columns are searched besides the keys.
        free_text: whether an identifier inside a longer text counts.
        shown: how many matches a place tells at most.
    """

    subjects: tuple[Sought, ...] = field(repr=False)
    namespaces: Mapping[str, Namespace]
    keys: tuple[KeyPath, ...] = ()
    all_columns: bool = False
    free_text: bool = False
    shown: int = 20

    @property
    def anywhere(self) -> bool:
        """Whether places that no key names are searched: other columns, names, metadata."""
        return self.all_columns or not self.keys

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of the identifiers, each once."""
        names = dict.fromkeys(one.namespace for one in self.subjects)
        return tuple(self.namespaces[name].kind for name in names)
