"""Opens what a scan for the undeclared works with: an engine in a private folder, and the detectors."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lineage_assets.graph import LineageGraph
from rtbf_ledger.settings import Settings
from rtbf_ledger.store import Ledger
from scanners.residual import connect
from scanners.undeclared.detectors.configured import configured_detectors
from scanners.undeclared.order import Looking


@contextlib.contextmanager
def open_looking(settings: Settings, ledger: Ledger, graph: LineageGraph) -> Iterator[Looking]:
    """Open what scans work with; the engine can read nothing but the storage roots and its own folder.

    Raises:
        SettingsError: the evaluator's key is not there.
        ScannerError: a detector that the settings ask for is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="rtbf-") as temp:
        connection = connect(
            Path(temp), threads=settings.threads, memory=settings.memory, roots=settings.roots.values()
        )
        with contextlib.closing(connection):
            yield Looking(
                ledger=ledger,
                graph=graph,
                place=settings.place,
                roots=settings.roots,
                connection=connection,
                detectors=configured_detectors(settings, now=ledger.clock),
            )
