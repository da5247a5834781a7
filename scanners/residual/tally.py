"""Counts of many groups of files, added up."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from scanners.residual.engine import Counts
from scanners.residual.files import Found
from scanners.residual.needles import Needle
from scanners.residual.order import Hit, Scan


@dataclass(kw_only=True)
class Tally:
    """What was seen so far in one asset; groups hold different files, so their counts add up."""

    asset: str
    files: tuple[Found, ...]
    rows: int = 0
    rows_matched: int = 0
    matched: set[int] = field(default_factory=set)
    owners: Counter[int] = field(default_factory=Counter)
    mentions: Counter[int] = field(default_factory=Counter)
    undecided: Counter[int] = field(default_factory=Counter)
    found: set[tuple[int, str]] = field(default_factory=set)
    hits: Counter[tuple[str, str, int, bool]] = field(default_factory=Counter)
    weak: Counter[str] = field(default_factory=Counter)

    def add(self, files: tuple[Found, ...], rows: int, counts: Counts) -> None:
        """Add one group of tables."""
        self.rows += rows
        self.rows_matched += counts.rows
        self.matched |= {files[i].ordinal for i in counts.files}
        self.owners.update(counts.owners)
        self.mentions.update(counts.mentions)
        self.undecided.update(counts.undecided)
        self.found |= counts.found
        self.hits.update({(h.column, h.form, h.request, h.in_owned_row): h.count for h in counts.hits})
        self.weak.update(counts.weak)

    def add_beside(self, file: int, place: str, seen: Collection[tuple[Needle, str]]) -> None:
        """Add what stood in bytes of a file, its name or what it tells beside its rows, and in which form."""
        self.matched |= {file} if seen else set()
        self.found |= {(n.sought.request, n.sought.namespace) for n, _ in seen if n.sought.given}
        self.hits.update({(place, form, n.sought.request, False) for n, form in seen})

    def scan(self) -> Scan:
        """Return the sum."""
        hits = (
            Hit(column=column, form=form, request=request, count=n, in_owned_row=owned)
            for (column, form, request, owned), n in self.hits.items()
        )
        return Scan(
            asset=self.asset,
            files=len(self.files),
            bytes=sum(file.size for file in self.files),
            rows=self.rows,
            files_matched=len(self.matched),
            bytes_matched=sum(file.size for file in self.files if file.ordinal in self.matched),
            rows_matched=self.rows_matched,
            owners=dict(sorted(self.owners.items())),
            mentions=dict(sorted(self.mentions.items())),
            undecided=dict(sorted(self.undecided.items())),
            found=frozenset(self.found),
            residual=tuple(sorted(hits)),
            not_decidable=dict(sorted(self.weak.items())),
        )
