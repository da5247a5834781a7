"""The named keys of pseudonymised columns: the ledger remembers which key it was, so that a lost one is told.

A key that was lost and made anew would match nothing, and an erasure would find a pseudonymised column clean.
"""

import hashlib

from sqlalchemy import insert, select

from rtbf_ledger import schema
from rtbf_ledger.errors import KeyFolderError
from rtbf_ledger.store import Ledger


def pseudonym_key(ledger: Ledger, name: str) -> bytes:
    """Return a named pseudonym key, 32 bytes; made on first use, and never again.

    Raises:
        KeyFolderError: the key that was used before is gone, or another one is in its place.
    """
    table = schema.pseudonym_key
    with ledger.read() as tx:
        known = tx.execute(select(table.c.key_id).where(table.c.name == name)).scalar()
    file = f"pseudonym/{name}"
    if known is not None and not (ledger.keys.path / f"{file}.key").exists():
        raise KeyFolderError(f"pseudonym key {name}: it was used before and is gone; put it back")
    key = ledger.keys.named(file)
    if known is None:
        with ledger.write() as tx:
            known = tx.execute(select(table.c.key_id).where(table.c.name == name)).scalar()
            if known is None:
                known = _id(key)
                row = {"name": name, "key_id": known, "first_used_at": ledger.now()}
                tx.execute(insert(table).values(row))
    if known != _id(key):
        raise KeyFolderError(f"pseudonym key {name}: another one was used before; put that one back")
    return key


def _id(key: bytes) -> str:
    return hashlib.sha256(b"rtbf pseudonym key\x1f" + key).hexdigest()[:16]
