"""Where certificates are kept: logged, proven, signed and stored in one transaction."""

from pathlib import Path

from sqlalchemy import Connection, func, insert, select

from rtbf_ledger import log, merkle, schema
from rtbf_ledger.certificate import Body, Inclusion, certified_entry, issue
from rtbf_ledger.checkpoint import SigningKey, sign_checkpoint
from rtbf_ledger.errors import UnknownRequestError
from rtbf_ledger.log import Kind
from rtbf_ledger.signing_keys import create_signing_key, load_signing_key, save_verifier_key
from rtbf_ledger.store import Ledger, moment, origin

__all__ = ["issue_once", "newest", "origin", "signing_key", "verifier_key_file"]
SEED_BYTES = 32


def signing_key(ledger: Ledger, name: str) -> SigningKey:
    """Return the ledger's signing key, made on first use; its name is the log's origin."""
    file = ledger.keys.path / "signing.pem"
    try:
        return load_signing_key(file, name=name)
    except FileNotFoundError:
        pass
    try:
        return create_signing_key(file, name=name, seed=ledger.randomness(SEED_BYTES))
    except FileExistsError:
        return load_signing_key(file, name=name)


def verifier_key_file(ledger: Ledger) -> Path:
    """Return the public key file that certificates are verified with, written on first use."""
    file = ledger.keys.path / "ledger.pub"
    if not file.exists():
        with ledger.read() as tx:
            name = origin(tx)
        save_verifier_key(file, signing_key(ledger, name).verifier)
    return file


def issue_once(ledger: Ledger, batch_id: str, body: Body) -> None:
    """Issue a request's certificate; one with the same body is not issued again.

    Raises:
        CertificateInvalid: what was made does not verify.
    """
    table = schema.certificate
    with ledger.write() as tx:
        mine = table.c.request_id == body.request_id
        if tx.execute(select(table.c.serial).where(mine, table.c.batch_id == batch_id)).first() is not None:
            return
        now = ledger.now()
        key = signing_key(ledger, origin(tx))
        entry = certified_entry(body, moment(now).replace(microsecond=0))
        index = log.append_bytes(tx, Kind.CERTIFIED, entry.to_bytes(), request_id=body.request_id)
        checkpoint = log.checkpoint(tx)
        proof = merkle.inclusion_proof(index, checkpoint.size, log.reader(tx))
        file = issue(body, entry, Inclusion(index=index, hashes=proof), sign_checkpoint(checkpoint, key), key)
        serial = tx.execute(select(func.coalesce(func.max(table.c.serial), 0)).where(mine)).scalar_one()
        row = {
            "request_id": body.request_id,
            "serial": serial + 1,
            "batch_id": batch_id,
            "title": str(body.title),
            "issued_at": now,
            "file": file,
        }
        tx.execute(insert(table).values(row))


def newest(tx: Connection, request_id: str) -> bytes:
    """Return the bytes of a request's newest certificate.

    Raises:
        UnknownRequestError: there is none yet.
    """
    table = schema.certificate
    found = select(table.c.file).where(table.c.request_id == request_id).order_by(table.c.serial.desc())
    file = tx.execute(found.limit(1)).scalar()
    if file is None:
        raise UnknownRequestError("certificate: this request has none yet")
    return bytes(file)
