"""Counter-entries on the suppression list: who is no longer suppressed, and why.

Format: `docs/formats/tombstone.md`. Nothing else ends a tombstone.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select

from rtbf_ledger import log, schema
from rtbf_ledger.errors import LogFieldError
from rtbf_ledger.log import Kind
from rtbf_ledger.states import State
from rtbf_ledger.store import Ledger, stamp
from rtbf_ledger.tombstones import PLAIN, check_key, forms_of, in_force, mac_of


class Return(StrEnum):
    """Why somebody who was erased is lawfully there again."""

    NEW_CONTRACT = "new_contract"
    NEW_ACCOUNT = "new_account"
    CONSENT = "consent"


def readmit(
    ledger: Ledger, namespace: str, value: str, *, reason: str, staff: str, begins: datetime | None = None
) -> int:
    """Write the counter-entry for a person who came back lawfully; returns how many tombstones it answers.

    It answers every form on the list: the identifier as it is, and its pseudonyms. Nobody is left out of a
    rebuild by a tombstone that is answered.

    Args:
        ledger: the open ledger.
        namespace: kind of the identifier.
        value: its canonical form.
        reason: a code of `Return`, such as "new_contract".
        staff: code of the person who decides.
        begins: rows about this time and later are lawful; rows from before it are still a resurrection, where
            an asset declares its event time. All are lawful where it is None.

    Raises:
        ValueError: `begins` has no zone.
        KeyFolderError: the list was made with another tombstone key.
        LogFieldError: reason or staff is no code; the message does not repeat it.
    """
    log.check_staff(staff)
    if reason not in list(Return):
        raise LogFieldError(f"reason of a readmission: it is one of {', '.join(Return)}")
    lawful_from = None if begins is None else stamp(begins)
    key = ledger.keys.named("tombstone")
    tomb, back = schema.tombstone, schema.readmission
    with ledger.write() as tx:
        check_key(tx, key)
        names = tx.execute(select(tomb.c.form).where(tomb.c.namespace == namespace).distinct()).scalars()
        keys = {one: ledger.keys.named(one.replace(":", "/", 1)) for one in names if one != PLAIN}
        named = {one.partition(":")[2]: key for one, key in keys.items()}
        sought = [mac_of(key, form) for form in forms_of(namespace, value, named)]
        hits = tx.execute(in_force(tomb.c.id, tomb.c.request_id).where(tomb.c.mac.in_(sought))).all()
        for request_id in sorted({hit.request_id for hit in hits}):
            log.append(tx, Kind.READMITTED, ledger.now(), request_id=request_id, code=reason, staff=staff)
        answer = {"reason": reason, "by": staff, "since": ledger.now(), "begins": lawful_from}
        rows = [{"tombstone_id": hit.id} | answer for hit in hits]
        if rows:
            tx.execute(insert(back), rows)
    return len(rows)


def lift(tx: Connection, request_id: str, *, reason: str, staff: str, now: str) -> int:
    """Write the counter-entries of a request that ended without an erasure; returns how many."""
    tomb = schema.tombstone
    ids = tx.execute(in_force(tomb.c.id).where(tomb.c.request_id == request_id)).scalars().all()
    rows = [{"tombstone_id": one, "reason": reason, "by": staff, "since": now} for one in ids]
    if rows:
        tx.execute(insert(schema.readmission), rows)
        log.append(tx, Kind.READMITTED, now, request_id=request_id, code=reason, staff=staff)
    return len(rows)


def ever_readmitted(tx: Connection, request_ids: Iterable[str]) -> bool:
    """Return whether somebody of these requests was readmitted, whole or from a time on."""
    tomb, back, request = schema.tombstone, schema.readmission, schema.request
    mine = (
        select(back.c.id)
        .join(tomb, tomb.c.id == back.c.tombstone_id)
        .join(request, request.c.id == tomb.c.request_id)
    )
    ended = (str(State.REFUSED), str(State.CANCELLED))
    mine = mine.where(tomb.c.request_id.in_(list(request_ids)), request.c.state.not_in(ended))
    return tx.execute(mine.limit(1)).first() is not None


def came_back_lawfully(tx: Connection, request_id: str) -> bool:
    """Return whether a sweep filed a request about people of whom somebody was readmitted.

    An erasure would take their lawful rows too. A request that a person filed is that person's decision.
    """
    finding = schema.finding
    erased_before = select(finding.c.request_id).where(finding.c.child_id == request_id)
    parents = set(tx.execute(erased_before).scalars())
    return bool(parents) and ever_readmitted(tx, {*parents, request_id})
