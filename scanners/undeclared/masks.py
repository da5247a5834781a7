"""Paths without what names can hold: a person's number in a folder's name is an identifier too.

`{lake}/ratings/day=*#3/*#2.csv.bak`: a part that a declared location has is shown as it is, and so are words
of storage systems and endings of files; of `k=v` the k is shown. All else is `*` and the number of the entry
in its folder, by name (as `LC_ALL=C ls -A` lists them), so that a person who may look there can find it.
"""

import os
import re

WORDS = frozenset(
    {"_delta_log", "_temporary", "metadata", "data", ".hoodie", "tmp", "temp", "backup", "backups", "archive"}
    | {"old", ".trash", "trash", "staging", "_staging", "checkpoints", "snapshots", "exports", "export"}
)
ENDINGS = frozenset(
    {"arrow", "avro", "backup", "bak", "bz2", "crc", "csv", "db", "dump", "feather", "gz", "html", "json"}
    | {"jsonl", "log", "lz4", "npy", "old", "orc", "orig", "parquet", "part", "partial", "pdf", "pkl", "sql"}
    | {"sqlite", "swo", "swp", "tar", "temp", "tmp", "tsv", "txt", "xlsx", "xml", "xz", "zip", "zst"}
)
_PARTITION = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,40})=.*", re.DOTALL)
_NUMBER = re.compile(r"@|[0-9]{5}|[0-9][0-9 ./()-]{5,}[0-9]")
MOST_ENDINGS, MOST_COLUMN = 2, 120


def masked(name: str, number: int, *, known: bool) -> str:
    """Return one part of a path as it may be shown.

    Args:
        name: the part.
        number: which entry of its folder it is, by name, from 1.
        known: whether it is part of a declared location.
    """
    if known or name.lower() in WORDS:
        return name
    partition = _PARTITION.fullmatch(name)
    if partition:
        return f"{partition.group(1)}=*#{number}"
    return f"*#{number}{_endings(name)}"


def masked_column(label: str, number: int) -> str:
    """Return a column's label as it may be shown: where a file has no header, its first row stands there.

    Args:
        label: see `ColumnSample.column`.
        number: which of the asset's columns it is, by name, from 1.
    """
    shady = _NUMBER.search(label) or len(label) > MOST_COLUMN or not label.isprintable()
    return f"(column {number} by name)" if shady else label


def by_name(names: list[str]) -> list[str]:
    """Return names as a plain listing sorts them: by their bytes."""
    return sorted(names, key=os.fsencode)


def _endings(name: str) -> str:
    found: list[str] = []
    rest = name
    while len(found) < MOST_ENDINGS:
        rest, dot, last = rest.rpartition(".")
        if not dot or last.lower() not in ENDINGS:
            break
        found.insert(0, last)
    tail = "~" if name.endswith("~") else ""
    return "".join(f".{one}" for one in found) + tail
