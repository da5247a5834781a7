"""Opens what a scan for the undeclared works with: an engine in a private folder, and the detectors."""

import contextlib
from collections.abc import Iterator

from lineage_assets.graph import LineageGraph
from rtbf_jobs.engine import engine
from rtbf_ledger.settings import Settings
from rtbf_ledger.store import Ledger
from scanners.undeclared.detectors.configured import configured_detectors
from scanners.undeclared.order import Looking


@contextlib.contextmanager
def open_looking(settings: Settings, ledger: Ledger, graph: LineageGraph) -> Iterator[Looking]:
    """Open what scans work with; the engine can read nothing but the storage roots and its own folder.

    Raises:
        SettingsError: the evaluator's key is not there.
        ScannerError: a detector that the settings ask for is not installed.
    """
    with engine(settings) as connection:
        yield Looking(
            ledger=ledger,
            graph=graph,
            place=settings.place,
            roots=settings.roots,
            connection=connection,
            detectors=configured_detectors(settings, now=ledger.clock),
        )
