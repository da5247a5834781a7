"""One process of one contender: prepares, says so, and runs once for each line that it reads.

    python -m benchmarks.scan.contenders JOB

Preparing (imports, the connection, handing over who is looked for) is not timed.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.peak import peak_bytes
from benchmarks.scan import ours, peers
from benchmarks.scan.job import Job, Run

CONTENDERS: dict[str, Callable[[Job], Run]] = {
    "ours": ours.ours,
    "ours, key part": ours.key_part,
    "decode": peers.decode,
    "duckdb": peers.duckdb,
    "polars": peers.polars,
    "pyarrow": peers.pyarrow,
}
PEERS = ("duckdb", "polars", "pyarrow")


def main() -> None:
    """Answer each line with a line of JSON: seconds, CPU seconds, the most memory, and what was found."""
    job = Job.read(Path(sys.argv[1]).read_text())
    run = CONTENDERS[job.name](job)
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        start, used = time.perf_counter(), _used()
        found = run()
        took = {"seconds": time.perf_counter() - start, "cpu_seconds": _used() - used}
        print(json.dumps(took | {"peak_bytes": peak_bytes(), "found": found}), flush=True)


def _used() -> float:
    one = resource.getrusage(resource.RUSAGE_SELF)
    return one.ru_utime + one.ru_stime


if __name__ == "__main__":
    main()
