"""The most memory that a contender's process had."""

import re
from pathlib import Path


def peak_bytes() -> int:
    """Return the most memory this process had; `ru_maxrss` would tell its parent's, if that was larger."""
    kibibytes = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    if kibibytes is None:
        raise RuntimeError("/proc/self/status does not tell the most memory a process had")
    return int(kibibytes[1]) * 1024
