"""Where identifiers stand in files that a person names: file, row group, column, rows; never the value.

The search is `scanners.residual`'s; here it goes file by file, so that one bad file does not hide the others,
and tells places where the scan of an asset tells counts.
"""

from scanners.files.look import Looker
from scanners.files.order import FilesOrder
from scanners.files.places import Match, Place, Seen
from scanners.files.words import NotLookedAt

__all__ = ["FilesOrder", "Looker", "Match", "NotLookedAt", "Place", "Seen"]
