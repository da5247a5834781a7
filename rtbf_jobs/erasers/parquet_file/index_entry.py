"""One entry of a sidecar index: which row groups of one version of one data file may hold a value.

An entry is a Parquet file of (hash, row group) pairs, sorted by hash, and never edited. Its name tells which
version of which file it was built from, under which declaration: an entry of anything else has another name.
What it was built from is in it too, so that a name alone is not believed.

The hashes are keyed and of 64 bits: pseudonyms, and personal data still. Two values may share one, so an
entry says "may hold", or "does not".
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow  # noqa: ICN001 - `pa` is the same module without types, below
import pyarrow.compute
import pyarrow.parquet as pq

from lineage_assets.canonical import digest
from rtbf_jobs.erasers.atomic import Seen, sync
from rtbf_jobs.erasers.files import DataFile
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.order import EraseOrder

VERSION = 2
"""To be raised when canonical forms, tokens or the hash change: every entry is then built anew."""
HASH_BYTES = 8
WRITTEN: Mapping[str, Any] = {
    "row_group_size": 1 << 17,
    "use_dictionary": ["group"],
    "column_encoding": {"hash": "DELTA_BINARY_PACKED"},
    "compression": "zstd",
    "write_page_checksum": True,
}
ABOUT = b"rtbf-index"
SUFFIX = ".parquet"
pa: Any = pyarrow  # as in arrow_keys: the stubs lag behind
pc: Any = pyarrow.compute


@dataclass(frozen=True, kw_only=True)
class Built:
    """What an entry says. `pairs`: columns hash and group; `open_groups` could not be read to their end."""

    pairs: pyarrow.Table
    open_groups: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class Version:
    """What an entry was built from: a file as it was, how its keys are declared, what they were hashed by."""

    file: str
    seen: Seen
    keys: str

    @classmethod
    def of(cls, order: EraseOrder, wants: Iterable[Wanted], file: DataFile) -> "Version":
        """Return the version that a data file of an order with an index has now."""
        said = [
            [str(one.path), str(one.key.form), str(one.namespace.kind), one.namespace.distinctive]
            + [choices for choices in (one.namespace.choices,) if choices]
            for one in wants
        ]
        key = order.index.key if order.index is not None else b""
        hashed_by = hashlib.blake2b(key=key, person=b"rtbf-index").hexdigest()
        keys = digest([hashed_by, str(order.declaration.erasure), *said])
        return cls(file=file.digest, seen=file.seen, keys=keys)

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON value; a link more to the same file is no other version."""
        seen = self.seen
        numbers = [str(number) for number in (seen.device, seen.inode, seen.size, seen.mtime_ns)]
        return {"version": VERSION, "file": self.file, "seen": numbers, "keys": self.keys}

    @property
    def name(self) -> str:
        """The name of its entry."""
        return digest(self.to_json())[:32] + SUFFIX


class Hasher:
    """Hashes canonical values under one declared key; the same value under another key has another hash."""

    def __init__(self, key: bytes, want: Wanted) -> None:
        """Take the key of the index, 32 bytes, and the declared key."""
        self._start = hashlib.blake2b(f"{want.path}\x1f".encode(), digest_size=HASH_BYTES, key=key)

    def hash(self, value: str) -> int:
        """Return the hash of a canonical form, as `Wanted.values` and `Wanted.forms_in` have them."""
        made = self._start.copy()
        made.update(value.encode("utf-8", "surrogatepass"))
        return int.from_bytes(made.digest(), "little")


def write_entry(folder: Path, version: Version, footer: bytes, built: Built) -> None:
    """Write an entry beside its place, make it durable and rename it there: it is there whole, or not.

    Raises:
        OSError: the file system refused.
    """
    about = version.to_json() | {"footer": _footer_digest(footer), "open": sorted(built.open_groups)}
    table = built.pairs.sort_by([("hash", "ascending"), ("group", "ascending")])
    table = table.replace_schema_metadata({ABOUT: json.dumps(about).encode()})
    handle, beside = tempfile.mkstemp(prefix=".", suffix=".new", dir=folder)
    with os.fdopen(handle, "wb") as out:
        pq.write_table(
            table,
            out,
            **WRITTEN,
        )
        out.flush()
        os.fsync(out.fileno())
    Path(beside).rename(folder / version.name)
    sync(folder)


def read_about(entry: Path) -> Mapping[str, Any] | None:
    """Return what an entry says of itself; None where there is none, or it is damaged."""
    try:
        about = (pq.read_metadata(entry).metadata or {})[ABOUT]
        found: Mapping[str, Any] = json.loads(about)
    except (OSError, pyarrow.ArrowException, KeyError, ValueError):
        return None
    return found


def is_of(about: Mapping[str, Any] | None, version: Version, footer: bytes | None = None) -> bool:
    """Whether an entry was built from a version of a file; with a footer, from that very one."""
    if about is None or any(about.get(name) != value for name, value in version.to_json().items()):
        return False
    return footer is None or about.get("footer") == _footer_digest(footer)


def pairs_of(entry: Path, sought: Iterable[int]) -> list[tuple[int, int]] | None:
    """Return the (hash, row group) pairs of sought hashes; None where the entry is damaged."""
    try:
        found = pq.read_table(
            entry,
            filters=pc.field("hash").isin(pa.array(sorted(sought), pa.uint64())),
            page_checksum_verification=True,
        )
    except (OSError, pyarrow.ArrowException):
        return None
    columns = (found.column(name).to_pylist() for name in ("hash", "group"))
    return list(zip(*columns, strict=True))


def _footer_digest(footer: bytes) -> str:
    return hashlib.sha256(footer).hexdigest()
