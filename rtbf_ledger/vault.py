"""The vault: what a request or a handle says about a person, sealed under a data key of its own.

Only ciphertext is in the database. The data key is one 0600 file in the key folder, wrapped by the master key
(AES-256-GCM); shredding it makes every copy of the database, older ones too, unreadable for that one.
"""

import json
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, insert, select

from lineage_assets.canonical import canonical_json
from rtbf_ledger import schema
from rtbf_ledger.errors import KeyFolderError, VaultError
from rtbf_ledger.keys import KEY_BYTES, read_private, shred, write_new
from rtbf_ledger.store import Ledger

NONCE_BYTES = 12


def make_key(ledger: Ledger, owner_id: str) -> None:
    """Make the data key of a request or handle on disk, durably, before anything is sealed under it."""
    nonce = ledger.randomness(NONCE_BYTES)
    wrapped = AESGCM(ledger.keys.named("master")).encrypt(
        nonce, ledger.randomness(KEY_BYTES), f"data key {owner_id}".encode()
    )
    write_new(ledger.keys.vault / f"{owner_id}.key", nonce + wrapped)


def encrypt(ledger: Ledger, owner_id: str, part: str, value: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return nonce and ciphertext (AES-256-GCM) of a JSON value, bound to its owner and the part's name."""
    nonce = ledger.randomness(NONCE_BYTES)
    key = AESGCM(_data_key(ledger, owner_id))
    return nonce, key.encrypt(nonce, canonical_json(value), _bound(owner_id, part))


def decrypt(ledger: Ledger, owner_id: str, part: str, nonce: bytes, ciphertext: bytes) -> dict[str, Any]:
    """Return what `encrypt` was given.

    Raises:
        VaultError: the key was destroyed, or key and ciphertext do not belong together.
    """
    key = AESGCM(_data_key(ledger, owner_id))
    try:
        plain = key.decrypt(nonce, ciphertext, _bound(owner_id, part))
    except InvalidTag:
        raise VaultError(f"vault: {owner_id}: its {part} part does not open under its key") from None
    value: dict[str, Any] = json.loads(plain)
    return value


def seal(ledger: Ledger, tx: Connection, request_id: str, part: str, value: dict[str, Any]) -> None:
    """Seal a part of a request ("filed", "expanded") in the caller's transaction; replaces an earlier one."""
    nonce, sealed = encrypt(ledger, request_id, part, value)
    table = schema.sealed
    tx.execute(delete(table).where(table.c.request_id == request_id, table.c.part == part))
    row = {"request_id": request_id, "part": part, "nonce": nonce, "ciphertext": sealed}
    tx.execute(insert(table).values(row))


def unseal(ledger: Ledger, tx: Connection, request_id: str, part: str) -> dict[str, Any] | None:
    """Return a sealed part, or None where that part was never sealed.

    Raises:
        VaultError: the key was destroyed, or key and ciphertext do not belong together.
    """
    table = schema.sealed
    row = tx.execute(select(table).where(table.c.request_id == request_id, table.c.part == part)).first()
    return None if row is None else decrypt(ledger, request_id, part, row.nonce, row.ciphertext)


def shred_key(ledger: Ledger, owner_id: str) -> None:
    """Destroy the data key of a request or handle. Doing it twice is doing it once."""
    shred(ledger.keys.vault / f"{owner_id}.key", ledger.randomness)


def drop_sealed(tx: Connection, request_id: str) -> None:
    """Remove the ciphertext too, once the key is gone."""
    tx.execute(delete(schema.sealed).where(schema.sealed.c.request_id == request_id))


def _data_key(ledger: Ledger, owner_id: str) -> bytes:
    try:
        wrapped = read_private(ledger.keys.vault / f"{owner_id}.key")
        master = AESGCM(ledger.keys.named("master"))
        return master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], f"data key {owner_id}".encode())
    except KeyFolderError:
        raise VaultError(f"vault: {owner_id}: its data key is not in the key folder") from None
    except (InvalidTag, ValueError):
        raise VaultError(f"vault: {owner_id}: its data key is not wrapped by this master key") from None


def _bound(owner_id: str, part: str) -> bytes:
    return f"{owner_id}/{part}".encode()
