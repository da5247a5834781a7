"""Columns that look personal, where the declaration does not account for them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lineage_assets.declarations import Declaration
from lineage_assets.identifiers import STRONG_KINDS, Namespace
from scanners.undeclared.detectors import SUSPECT, Detector, Judgement, PersonalKind, judge
from scanners.undeclared.lineage import accounted
from scanners.undeclared.sample import ColumnSample


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One column and what it looks like."""

    column: str
    judgement: Judgement
    values: int

    @property
    def told(self) -> bool:
        """Whether anything could be told of it; what could not be told is never clean."""
        return self.judgement.kind is not PersonalKind.UNKNOWN


def judged_columns(
    declared: Declaration,
    samples: Iterable[ColumnSample],
    *,
    detectors: tuple[Detector, ...],
    namespaces: Mapping[str, Namespace],
) -> Iterator[Judged]:
    """Yield the columns that look personal and are not accounted for.

    A row that an owner key takes away takes its columns along. There only what could be a key of its own
    counts: an identifier of a kind that some namespace has, by which nobody is found as long as it is not
    declared. Where no owner key takes rows away, every personal column counts.
    """
    kinds = {str(one.kind) for one in namespaces.values() if one.kind in STRONG_KINDS}
    for sample in samples:
        if accounted(declared, sample.column):
            continue
        found = judge(sample, detectors)
        if found is None or (found.kind is not PersonalKind.UNKNOWN and found.confidence < SUSPECT):
            continue
        unknown = found.kind is PersonalKind.UNKNOWN
        if unknown or not declared.owner_namespaces or str(found.kind) in kinds:
            yield Judged(column=sample.column, judgement=found, values=sample.distinct)
