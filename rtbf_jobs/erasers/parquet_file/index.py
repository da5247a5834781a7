"""The sidecar index of an asset: keyed hash of an identifier -> data file, row group. Optional, never needed.

Text is hashed in its canonical form, so an index excludes row groups of which no statistic says anything.
What it says counts only for the very version of a file that it was built from; every other file is read as
if there were none. It holds pseudonyms of everybody in the asset: it goes when the people go (`refresh`), and
the verification looks into it (`people_in`).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow  # noqa: ICN001 - `pa` is the same module without types, below
import pyarrow.parquet as pq

from lineage_assets.declarations import Erasure
from rtbf_jobs.erasers import jsontext
from rtbf_jobs.erasers.arrow_keys import leaves, text_of
from rtbf_jobs.erasers.atomic import check_same, sync
from rtbf_jobs.erasers.errors import EraseRefused, storage_words
from rtbf_jobs.erasers.files import DataFile, data_files
from rtbf_jobs.erasers.matching import Wanted, wanted
from rtbf_jobs.erasers.order import EraseOrder, IndexPlace
from rtbf_jobs.erasers.parquet_file.extents import FileMap, read_map
from rtbf_jobs.erasers.parquet_file.index_entry import (
    Built,
    Hasher,
    Version,
    is_of,
    pairs_of,
    read_about,
    write_entry,
)
from rtbf_jobs.erasers.parquet_file.keys import check_keys
from rtbf_jobs.erasers.parquet_file.reading import read_group
from rtbf_jobs.erasers.parquet_file.shape import in_our_words, opened
from rtbf_jobs.erasers.parquet_file.source import Source, local
from rtbf_jobs.erasers.parquet_file.traces import trace_texts

pa: Any = pyarrow  # as in arrow_keys: the stubs lag behind
KNOWN_LIMIT = 1_000_000
PAIR = pyarrow.schema([("hash", pyarrow.uint64()), ("group", pyarrow.uint32())])


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """What a refresh did: entries built, found current and removed; why files have none."""

    built: int = 0
    current: int = 0
    removed: int = 0
    refused: tuple[str, ...] = ()


def refresh(order: EraseOrder) -> Refreshed:
    """Make an asset's index be of its files as they are now: what is stale goes, then what lacks is built.

    Killed anywhere, it leaves whole entries only, and the next one goes on.

    Args:
        order: the asset, with an index; its subjects are not looked at.

    Raises:
        EraseRefused: the files cannot be listed, so that there is no index any more.
        StorageFailed: the file system refused.
    """
    place, blank = order.index, replace(order, subjects=())
    if place is None:
        return Refreshed()
    with storage_words(order.asset), _locked(place.folder):
        try:
            wants, files = wanted(blank), data_files(order)
        except EraseRefused:
            _remove_all_but(place, frozenset())
            raise
        made = [(Version.of(order, wants, file), file) for file in files]
        versions = {version.name: (version, file) for version, file in made}
        current = {name for name, (one, _) in versions.items() if is_of(read_about(place.folder / name), one)}
        removed, refused = _remove_all_but(place, current), []
        for name in sorted(versions.keys() - current):
            try:
                _build(blank, place, wants, *versions[name])
            except EraseRefused as error:
                refused.append(str(error))
        built = len(versions) - len(current) - len(refused)
    return Refreshed(built=built, current=len(current), removed=removed, refused=tuple(refused))


def remove(folder: Path) -> int:
    """Remove the index of an asset; returns how many entries there were.

    Raises:
        OSError: the file system refused.
    """
    with _locked(folder):
        return _remove_all_but(IndexPlace(folder=folder, key=b""), frozenset())


def held_in(
    order: EraseOrder, wants: tuple[Wanted, ...], file: DataFile, footer: bytes
) -> frozenset[int] | None:
    """Return the row groups of a file that may hold a sought value; None where no entry is to be trusted."""
    if order.index is None:
        return None
    version = Version.of(order, wants, file)
    entry = order.index.folder / version.name
    about = read_about(entry)
    if about is None or not is_of(about, version, footer):
        return None
    sought = {one for want in wants for one in map(Hasher(order.index.key, want).hash, want.values)}
    pairs = pairs_of(entry, sought)
    return None if pairs is None else frozenset(group for _, group in pairs) | frozenset(about["open"])


def people_in(order: EraseOrder) -> frozenset[int]:
    """Return the requests of an order whose identifiers any entry of the asset's index holds.

    An entry that cannot be read may hold everybody.
    """
    found: frozenset[int] = frozenset()
    if order.index is None:
        return found
    requests: dict[int, frozenset[int]] = {}
    for want in wanted(order):
        hasher = Hasher(order.index.key, want)
        for value, of in want.values.items():
            requests[hasher.hash(value)] = requests.get(hasher.hash(value), frozenset()) | of
    for entry in _entries(order.index):
        pairs = pairs_of(entry, requests)
        in_doubt = requests if pairs is None else {one for one, _ in pairs}
        found = found.union(*(requests[one] for one in in_doubt))
    return found


def _build(
    order: EraseOrder, place: IndexPlace, wants: tuple[Wanted, ...], version: Version, file: DataFile
) -> None:
    with in_our_words(order.asset, file.name), local(file.path) as source:
        check_same(order.asset, source.identity, file.seen)
        places = read_map(source)  # tells an encrypted column, at which the engine would end the process
        with opened(source) as read:
            check_keys(file.name, read.schema_arrow, wants, order.declaration.redact)
            rewrites = order.declaration.erasure is not Erasure.DELETE_FILE
            keys = [_Key(want, Hasher(place.key, want), traced=rewrites) for want in wants]
            parts = [
                _pairs(keys, (read, source, places), group) for group in range(read.metadata.num_row_groups)
            ]
    open_groups = frozenset(number for number, (_, whole) in enumerate(parts) if not whole)
    pairs = pa.concat_tables([PAIR.empty_table(), *(pairs for pairs, _ in parts)])
    write_entry(place.folder, version, places.footer.raw, Built(pairs=pairs, open_groups=open_groups))


def _pairs(
    keys: "list[_Key]", opened_as: tuple[pq.ParquetFile, Source, FileMap], group: int
) -> tuple[pyarrow.Table, bool]:
    """Return the pairs of a row group, and whether all of its text could be read."""
    table = read_group(opened_as[0], group, columns=sorted({one.want.path.column for one in keys}))
    found, whole = set[int](), True
    for one in keys:
        try:
            found.update(*map(one.hashed, one.texts(table)))
        except jsontext.NotJson:
            whole = False
        if one.traced:
            found.update(*map(one.hashed, trace_texts(*opened_as, group, one.want)))
    columns = [pa.array(sorted(found), pa.uint64()), pa.array([group] * len(found), pa.uint32())]
    return pa.table(columns, schema=PAIR), whole


@dataclass(frozen=True)
class _Key:
    """A declared key of a file that is indexed; texts that come in row group after row group are hashed once.

    `traced`: what only dictionaries and bounds hold counts too, because the eraser writes those anew.
    """

    want: Wanted
    hasher: Hasher
    traced: bool
    known: dict[str, tuple[int, ...]] = field(default_factory=dict, repr=False)

    def hashed(self, text: str) -> tuple[int, ...]:
        """Return the hashes of every canonical form that a text can be taken for.

        Raises:
            NotJson: the text should be JSON and is not.
        """
        found = self.known.get(text)
        if found is None:
            found = tuple(map(self.hasher.hash, self.want.forms_in(text)))
            if len(self.known) >= KNOWN_LIMIT:
                self.known.clear()
            self.known[text] = found
        return found

    def texts(self, table: pyarrow.Table) -> Iterator[str]:
        """Yield the distinct texts under the key, batch by batch."""
        for batch in table.to_batches():
            leaf, _ = leaves(batch.column(self.want.path.column), self.want.path.steps[1:])
            for value in leaf.unique().drop_null().to_pylist():
                yield text_of(value, self.want)


def _entries(place: IndexPlace) -> list[Path]:
    return sorted(place.folder.iterdir()) if place.folder.is_dir() else []


def _remove_all_but(place: IndexPlace, names: "frozenset[str] | set[str]") -> int:
    """Remove what is stale, and what a killed build left."""
    stale = [path for path in _entries(place) if path.name not in names]
    for path in stale:
        path.unlink()
    if stale:
        sync(place.folder)
    return len(stale)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time change an index; the folder is ours alone, made on first use."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
