"""Who came back: the suppression list compared with the declared keys of an asset.

No identifier is there to look for: every distinct value of a declared key is made canonical by the engine,
its MAC is taken, and the MAC compared with the list. What is found is told in counts, per request whose
erasure was undone; a value never is.

    swept = sweep(order, connection=connection, progress=lambda done, of: None)
"""

from scanners.sweep.order import CameBack, File, SweepOrder, Swept
from scanners.sweep.recorded import Report, Sweeping, handed_on, sweep_asset, sweepable
from scanners.sweep.since import Made, since
from scanners.sweep.sweep import sweep

__all__ = [
    "CameBack",
    "File",
    "Made",
    "Report",
    "SweepOrder",
    "Sweeping",
    "Swept",
    "handed_on",
    "since",
    "sweep",
    "sweep_asset",
    "sweepable",
]
