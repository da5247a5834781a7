"""What the eraser tests share: namespaces, orders, a made-up table, and readers that are not pyarrow."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import METADATA_KEY, Erasure
from lineage_assets.declaring import subject_data
from lineage_assets.identifiers import Kind, Namespace, Sought
from rtbf_jobs.erasers import EraseOrder, FileReceipt, Receipt, erase

NAMESPACES = {
    n.name: n
    for n in (
        Namespace(name="account", kind=Kind.INTEGER),
        Namespace(name="email", kind=Kind.EMAIL),
        Namespace(name="phone", kind=Kind.PHONE),
        Namespace(name="device", kind=Kind.UUID),
        Namespace(name="handle", kind=Kind.TEXT),
        Namespace(name="ticket", kind=Kind.TEXT, distinctive=r"TK-[0-9]{4}"),
    )
}
HMAC_KEYS = {"training": b"t" * 32}


def sought(namespace, value, request=0, *, shared=False):
    """Return one identifier that is looked for."""
    return Sought(namespace=namespace, value=value, request=request, shared=shared)


def declared(keys, erasure=Erasure.DELETE_ROWS, location="lake/x/", **more):
    """Return a declaration as a value."""
    made = subject_data(location, keys=keys, purposes={"demo"}, erasure=erasure, retention_days=30, **more)
    return read_declaration(made[METADATA_KEY])


def order_for(root, keys, *found, subjects=(), **more):
    """Return the order to erase subjects below a root."""
    return EraseOrder(
        asset="watch_events",
        root=Path(root),
        declaration=declared(keys, **more),
        namespaces=NAMESPACES,
        hmac_keys=HMAC_KEYS,
        subjects=(*found, *subjects),
        digest_key=b"d" * 32,
    )


def run(order, still_mine=lambda: None) -> tuple[Receipt, list[FileReceipt]]:
    """Erase, and return the receipt and what progress was told."""
    told: list[FileReceipt] = []
    return erase(order, still_mine=still_mine, progress=told.append), told


def write(path, columns, schema=None, **options):
    """Write one Parquet file with pyarrow and return its path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns, schema=schema), path, **options)
    return path


def snapshot(root):
    """Return every file below a root with its bytes and inode."""
    return {
        p.relative_to(root): (p.read_bytes(), p.stat().st_ino) for p in Path(root).rglob("*") if p.is_file()
    }


REPO = str(Path(__file__).parents[3])
# A child process has no pytest, and an installed package is named `tests` too: this one is found by path.
CHILD = f"""
import importlib.util, sys
sys.path[:0] = [{REPO!r}]
spec = importlib.util.spec_from_file_location("lake", {__file__!r})
lake = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lake)
exec(sys.argv[1])
"""
PYTHON = sys.executable
