"""What a scan for the undeclared works with (`Looking`) and what it came to (`Told`); never a value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from lineage_assets.graph import LineageGraph
from rtbf_ledger.mismatches import Mismatch, MismatchState
from rtbf_ledger.store import Ledger
from rtbf_ledger.sweeps import SweepState
from scanners.undeclared.detectors import Detector
from scanners.undeclared.files import Unlooked

Progress = Callable[[str, int, int], None]
"""Called with a target, files done and files in all."""


@dataclass(frozen=True, kw_only=True)
class Looking:
    """What scans of a deployment work with. `roots` are the storage roots by name."""

    ledger: Ledger
    graph: LineageGraph
    place: Callable[[str], Path]
    roots: Mapping[str, Path] = field(repr=False)
    connection: duckdb.DuckDBPyConnection
    detectors: tuple[Detector, ...]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a scan of one asset or root came to.

    Attributes:
        target: the asset, or the root as "{name}".
        new: mismatches that this scan opened.
        known: all that are open or accepted now, the new ones too.
        unlooked: what could not be looked at.
        columns, files: how many there are; `skipped` of the files were unchanged since the last scan.
        unsure: columns of which a detector could not tell.
    """

    target: str
    new: tuple[Mismatch, ...]
    known: tuple[Mismatch, ...]
    unlooked: tuple[Unlooked, ...] = ()
    columns: int = 0
    files: int = 0
    skipped: int = 0
    unsure: int = 0

    @property
    def open(self) -> tuple[Mismatch, ...]:
        """Those that nobody accepted."""
        return tuple(one for one in self.known if one.state is MismatchState.OPEN)

    @property
    def state(self) -> SweepState:
        """How it ended; could not look is never clean."""
        if self.open:
            return SweepState.FOUND
        return SweepState.COULD_NOT if self.unlooked or self.unsure else SweepState.CLEAN
