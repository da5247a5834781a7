"""Kills a process at each call that writes, names or makes durable, and tells how every attempt ended.

    python kill_child.py FOLDER        prints one JSON list, an object per point, the last one not killed

Every actor is a fork of this process, which only imports: pyarrow's threads do not survive a fork.
"""

import fcntl
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import lake
import pandas as pd  # noqa: F401 - else pyarrow imports it in every fork
import pyarrow.parquet as pq

from rtbf_jobs.erasers import atomic, sweep_temporary

WRITES = [(os, "pwrite"), (os, "copy_file_range"), (os, "ftruncate"), (os, "fsync"), (os, "chmod")]
NAMES = [(os, "open"), (os, "unlink"), (os, "rename"), (atomic, "exchange"), (fcntl, "ioctl")]


def die_at(number):
    """Kill this process right before its n-th call of those, counted from 1."""
    seen = [0]

    def counted(real):
        def call(*args, **more):
            seen[0] += 1
            if seen[0] == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **more)

        return call

    for module, name in WRITES + NAMES:
        setattr(module, name, counted(getattr(module, name)))


def in_a_fork(work):
    """Run in another process; returns what it returned, None where it was killed."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.write(writer, json.dumps(work()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        return None
    return json.loads(text)


def order(folder):
    """Return the order to erase 42 from the two files."""
    return lake.order_for(folder, {"user_id": "account"}, lake.sought("account", "42"))


def fill(folder):
    """Write two files: one that keeps its layout, one with a row group that goes."""
    columns = {"user_id": [*range(20), 42, *range(100, 119)], "n": list(range(40))}
    lake.write(folder / "a.parquet", columns, row_group_size=10, write_page_index=True)
    lake.write(folder / "b.parquet", {"user_id": [1, 2, 42, 42, 3, 4], "n": list(range(6))}, row_group_size=2)
    return True


def users(folder):
    """Return the users of each file, and every other name in the folder."""
    names = sorted(path.name for path in folder.iterdir())
    files = [name for name in names if name.endswith(".parquet")]
    return [
        {name: pq.read_table(folder / name)["user_id"].to_pylist() for name in files},
        [name for name in names if name not in files],
    ]


def attempt(template, folder, number):
    """Kill at a point, look, sweep, run again, look again."""
    shutil.copytree(template, folder)

    def victim():
        die_at(number)
        return len(lake.run(order(folder))[1])

    def successor():
        meanwhile = users(folder)
        sweep_temporary(folder)
        lake.run(order(folder))
        return {"meanwhile": meanwhile, "after": users(folder)}

    done = in_a_fork(victim)
    found = in_a_fork(successor)
    shutil.rmtree(folder)
    return {"killed": done is None, **found}


def main(folder):
    """Go on until nobody is killed any more."""
    template = folder / "template"
    template.mkdir()
    in_a_fork(lambda: fill(template))
    out = []
    while not out or out[-1]["killed"]:
        out.append(attempt(template, folder / str(len(out)), len(out) + 1))
    print(json.dumps(out))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
