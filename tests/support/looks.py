"""Everything of ours that reads a data file, on one file, and what three readers see in it.

`verdicts` says what is wrong: a death, an error that is not ours, a "clean" of a file in which a reader sees
the person, a row of somebody else's that an erasure changed.
"""

import contextlib
import importlib
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
from forked import Fate, forked
from readers import Told, read_by_duckdb, read_by_polars, read_by_pyarrow, rows_kept
from whole_files import ACCOUNT, MAIL

from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import Erasure
from lineage_assets.declaring import subject_data
from lineage_assets.identifiers import Kind, Namespace, Sought
from rtbf_desk import cli_erase, cli_files_scan
from rtbf_ledger.tombstones import Listed, macs_of
from scanners.errors import CouldNotLook
from scanners.residual import ScanOrder, connect, scan
from scanners.sweep import SweepOrder, sweep
from scanners.undeclared.assets import read_asset

# Loaded before a process forks, not in each fork.
for name in (
    "pandas",
    "rtbf_desk.files_scan.run",
    "rtbf_desk.files_scan.scratch",
    "rtbf_jobs.files.command",
    "rtbf_jobs.files.local",
    "rtbf_jobs.files.order",
    "rtbf_jobs.erasers.parquet",
):
    importlib.import_module(name)

NAMESPACES = {
    "account": Namespace(name="account", kind=Kind.INTEGER),
    "email": Namespace(name="email", kind=Kind.EMAIL),
}
SOUGHT = (
    Sought(namespace="account", value=str(ACCOUNT), request=1),
    Sought(namespace="email", value=MAIL, request=1),
)
UNFORESEEN = "an error that should not be"
MOST_MEGABYTES = 1500


def order_of(root: Path, subjects: tuple[Sought, ...] = SOUGHT) -> ScanOrder:
    """Return an order over a folder with one file, whose key is `id`."""
    made = "csv" if any(root.glob("*.csv")) else "parquet"
    declared = subject_data(
        "{lake}/",
        keys={"id": "account"},
        purposes={"test"},
        erasure=Erasure.DELETE_ROWS,
        retention_days=1,
        format=made,
    )
    return ScanOrder(
        asset="watched",
        root=root,
        declaration=read_declaration(declared["rtbf"]),
        namespaces=NAMESPACES,
        hmac_keys={},
        subjects=subjects,
    )


def looked(root: Path, scratch: Path) -> Told:
    """Scan, sweep and profile; what is told is whether each found the person: yes, no, or could not look."""
    with connect(scratch, threads=2, memory="500MB", roots=[root]) as connection:
        for name, look in {"scan": _scan, "sweep": _sweep, "undeclared": _undeclared}.items():
            yield name, None
            try:
                yield name, look(root, connection)
            except CouldNotLook as error:
                yield name, f"could not look: {error.reason}"


def _scan(root: Path, connection: duckdb.DuckDBPyConnection) -> str:
    return "no" if scan(order_of(root), connection=connection, progress=_quiet).clean else "yes"


def _sweep(root: Path, connection: duckdb.DuckDBPyConnection) -> str:
    key, part = bytes(32), ("account", "plain")
    listed = {part: dict.fromkeys(macs_of(key, *part, [str(ACCOUNT)]), Listed(requests=("rq-1",)))}
    order = SweepOrder(place=order_of(root, ()), mac_key=key, listed=listed, digest_key=b"digests")
    seen = sweep(order, connection=connection, progress=_quiet)
    if seen.failures:
        return f"could not look: {seen.failures[0].reason}"
    return "yes" if seen.found else "no"


def _undeclared(root: Path, connection: duckdb.DuckDBPyConnection) -> str:
    read = read_asset(order_of(root, ()), connection, key=b"digests", known=None, progress=_quiet)
    return "read" if read.failure is None else f"could not look: {read.failure.reason}"


def _quiet(_done: int, _total: int) -> None:
    """Hear of progress, and say nothing."""


def commanded(name: str, command: Callable[[list[str]], int], words: list[str]) -> Told:
    """Run a command; what is told is its exit code and what it said."""
    yield name, None
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = command(words)
    yield name, [code, said.getvalue()]


def scanned_by_command(root: Path, ids: Path) -> Told:
    """`rtbf files scan`: every place for the address, then the key for the number."""
    (ids / "mail").write_text(MAIL)
    (ids / "account").write_text(str(ACCOUNT))
    yield from commanded(
        "files scan", cli_files_scan.scan, [str(root), "--ids", str(ids / "mail"), "--free-text"]
    )
    words = [str(root), "--ids", str(ids / "account"), "--key", "id", "--kind", "integer"]
    yield from commanded("files scan --key", cli_files_scan.scan, words)


def erased_by_command(root: Path, ids: Path, *more: str) -> Told:
    """`rtbf files erase`, one file at a time."""
    (ids / "account").write_text(str(ACCOUNT))
    words = [
        str(root),
        "--key",
        "id",
        "--ids",
        str(ids / "account"),
        "--kind",
        "integer",
        "--jobs",
        "1",
        *more,
    ]
    yield from commanded(" ".join(["files erase", *more]), cli_erase.erase, words)


def verdicts(path: Path, scratch: Path) -> Iterator[str]:
    """Yield what is wrong with how a file was dealt with; the file is erased in meanwhile."""
    root, old = path.parent, scratch / path.name
    shutil.copyfile(path, old)
    reading = [
        forked(lambda read=read: read(old)) for read in (read_by_pyarrow, read_by_duckdb, read_by_polars)
    ]
    seen = {
        one for fate in reading for what in fate.told.values() if what and what[0] != "error" for one in what
    }
    yield from looks_wrong(root, scratch, seen, reading)
    yield from erasing_wrong(path, old, scratch, seen)


def looks_wrong(root: Path, scratch: Path, seen: set[str], reading: list[Fate]) -> Iterator[str]:
    """Yield what is wrong with scans of a file in which readers see `seen`."""
    told: dict[str, Any] = {}
    for fate in (forked(lambda: looked(root, scratch)), forked(lambda: scanned_by_command(root, scratch))):
        yield from _deadly(fate)
        told |= fate.told
    by = [name for fate in reading for name, what in fate.told.items() if what and what[0] != "error"]
    missed = {"scan": seen, "sweep": seen & {"account"}}
    yield from (
        f"{name} is clean, but {sorted(held)} in {by}"
        for name, held in missed.items()
        if held and told.get(name) == "no"
    )
    for name, held in (("files scan", seen & {"mail"}), ("files scan --key", seen & {"account"})):
        code, said = told.get(name) or (None, "")
        if code not in {0, 1, 2} or UNFORESEEN in said or "Traceback" in said:
            yield f"{name}: {code} {said}"
        elif code == 0 and held:
            yield f"{name} is clean, but {sorted(held)} in {by}"


def erasing_wrong(path: Path, old: Path, scratch: Path, seen: set[str]) -> Iterator[str]:
    """Yield what is wrong with an erasure in a file in which readers see `seen`."""
    codes = []
    for more in (("--dry-run",), ()):
        before = path.read_bytes()
        fate = forked(lambda more=more: erased_by_command(path.parent, scratch, *more))
        yield from _deadly(fate)
        code, said = next(iter(fate.told.values()), None) or (None, "")
        codes.append(code)
        if code not in {0, 1, 2} or UNFORESEEN in said or "Traceback" in said:
            yield f"files erase {more}: {code} {said}"
        if (code != 0 or more) and path.read_bytes() != before:
            yield f"files erase {more}: {code}, but the file was changed"
    if code == 0:
        yield from _wrongly_erased(path, old, seen)


def _wrongly_erased(path: Path, old: Path, seen: set[str]) -> Iterator[str]:
    if path.read_bytes() == old.read_bytes():
        if "account" in seen:
            yield "files erase: nobody there, but a reader sees the person"
        return
    for read in (read_by_pyarrow, read_by_duckdb, read_by_polars):
        fate = forked(lambda read=read: read(path))
        if any(what and "account" in what for what in fate.told.values()):
            yield f"files erase: done, but the person is seen: {fate.told}"
    fate = forked(lambda: rows_kept(old, path))
    if fate.died or not all(fate.told.values()):
        yield f"files erase: rows of others: {fate}"


def _deadly(fate: Fate) -> Iterator[str]:
    if fate.died:
        yield f"died: {fate.died}: {fate.said}"
    if fate.megabytes > MOST_MEGABYTES:
        yield f"took {fate.megabytes} MB: {list(fate.told)}"
