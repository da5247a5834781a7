"""What is still there: the same scan before an erasure and after it.

The scan is the proof, so it does not believe the eraser: it lists files itself, normalises in SQL on its own,
and never imports `rtbf_jobs`.

    with contextlib.closing(connect(temp, threads=2, memory="1500MB")) as connection:
        before = scan(order, connection=connection, progress=lambda done, of: None)
"""

from scanners.errors import CouldNotLook, Reason, ScannerError
from scanners.residual.connection import connect
from scanners.residual.engine import Progress
from scanners.residual.links import linked
from scanners.residual.needles import Made
from scanners.residual.order import Hit, Scan, ScanOrder
from scanners.residual.scan import scan

__all__ = [
    "CouldNotLook",
    "Hit",
    "Made",
    "Progress",
    "Reason",
    "Scan",
    "ScanOrder",
    "ScannerError",
    "connect",
    "linked",
    "scan",
]
