"""What to look for and where (`ScanOrder`), and what was seen (`Scan`, `Hit`). No value is ever shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lineage_assets.canonical import digest
from lineage_assets.declarations import Declaration
from lineage_assets.identifiers import Namespace, Sought


@dataclass(frozen=True, kw_only=True)
class ScanOrder:
    """One asset to search for the identifiers of a batch.

    Attributes:
        asset: the asset's name, as messages give it.
        root: the resolved location: a folder (everything below it is read) or one file.
        declaration: the asset's declaration; without subject data only the search outside keys runs.
        namespaces: every namespace that `subjects` and the declared keys use, by name.
        hmac_keys: named keys; each identifier is also sought as its pseudonym under each of them.
        subjects: what to look for; values are already canonical.
    """

    asset: str
    root: Path = field(repr=False)
    declaration: Declaration
    namespaces: Mapping[str, Namespace]
    hmac_keys: Mapping[str, bytes] = field(repr=False)
    subjects: tuple[Sought, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True, order=True)
class Hit:
    """A strong identifier in a place that no declared key explains; never the value.

    Attributes:
        column: the column (nested: `a.b`, `a[]`), or `(bytes)`, `(metadata)`, `(path)` for a file as such.
        form: `plain` (the whole value), `token` (inside a longer text) or `pseudonym:NAME`.
        request: ordinal of the request inside its batch.
        count: distinct rows; distinct files where `column` is in parentheses.
        in_owned_row: an owner key of the same request matches the row too, so it goes when the row goes.
    """

    column: str
    form: str
    request: int
    count: int
    in_owned_row: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the hit as JSON."""
        return {name: getattr(self, name) for name in sorted(self.__dataclass_fields__)}


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What one scan of one asset saw. Counts only; `bytes` are bytes on disk.

    Attributes:
        files: all files below the root, leftovers and empty ones too.
        bytes: their size together.
        rows: rows of all tables among them.
        files_matched: files with at least one owner row, mention or hit.
        bytes_matched: the size of those.
        rows_matched: distinct rows matched by an owner key, over all requests (shared ones left out).
        owners: request -> distinct rows matched by owner keys (shared identifiers left out).
        mentions: request -> matched elements or cells in rows that are not the request's own (shared ones
            left out), whoever else is searched for: what goes with one's own row is no mention.
        undecided: request -> rows that only a shared identifier of the person owns, because every other owner
            key is empty or of a kind the person shares as well; somebody has to decide.
        found: (request, namespace) of given identifiers that were seen at least once.
        residual: strong identifiers outside declared keys.
        not_decidable: column -> cells outside declared keys that equal a weak identifier, perhaps by chance.
    """

    asset: str
    files: int
    bytes: int
    rows: int
    files_matched: int
    bytes_matched: int
    rows_matched: int
    owners: Mapping[int, int]
    mentions: Mapping[int, int]
    undecided: Mapping[int, int]
    found: frozenset[tuple[int, str]]
    residual: tuple[Hit, ...]
    not_decidable: Mapping[str, int]

    @property
    def clean(self) -> bool:
        """Whether no owner row, no mention and no strong identifier elsewhere is left."""
        return not self.owners and not self.mentions and not self.residual

    def to_json(self) -> dict[str, Any]:
        """Return the scan as JSON: sorted, request ordinals as text keys."""
        return {
            **{name: getattr(self, name) for name in ("asset", "files", "bytes", "rows")},
            **{name: getattr(self, name) for name in ("files_matched", "bytes_matched", "rows_matched")},
            **{n: {str(k): v for k, v in sorted(getattr(self, n).items())} for n in _BY_REQUEST},
            "found": [[request, namespace] for request, namespace in sorted(self.found)],
            "residual": [hit.to_json() for hit in sorted(self.residual)],
            "not_decidable": dict(sorted(self.not_decidable.items())),
            "clean": self.clean,
        }

    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON, 64 hex digits."""
        return digest(self.to_json())


_BY_REQUEST = ("owners", "mentions", "undecided")
