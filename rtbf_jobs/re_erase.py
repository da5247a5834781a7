"""Files the requests that erase again who came back: the identifiers are those read from the data.

They go straight into the vault. A request filed so is planned and previewed like any other, and waits for a
person's approval, or for none (`rtbf_jobs.unattended`).
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from lineage_assets.graph import LineageGraph
from rtbf_ledger import findings, requests, vault
from rtbf_ledger.errors import LedgerError
from rtbf_ledger.findings import FindingKind
from rtbf_ledger.requests import Filing
from rtbf_ledger.store import Ledger
from scanners.sweep import Report, handed_on

FILED_BY = "sweep"


class _HasChildError(LedgerError):
    """Another sweep filed the request meanwhile."""


def file_children(ledger: Ledger, graph: LineageGraph, reports: Iterable[Report]) -> list[str]:
    """File one request for the people of each request that came back and has none; returns what was filed.

    A case is for a person to decide, and an identifier that passes from person to person erases nobody: of
    those nothing is filed. Nor is anything for who was readmitted: an erasure takes lawful rows too. A
    finding whose request was refused or cancelled has been decided.

    Raises:
        LedgerError: the ledger does not take it.
    """
    passing = handed_on(graph)
    found: dict[str, set[tuple[str, str]]] = {}
    where: dict[str, list[str]] = {}
    for report in reports:
        back = {one.request: one for one in report.swept.found}
        for one in report.findings:
            if one.kind is FindingKind.RESURRECTION and not back[one.request].readmitted:
                read = {pair for pair in back[one.request].identifiers if pair[0] not in passing}
                found.setdefault(one.request, set()).update(read)
                where.setdefault(one.request, []).append(one.id)
    filed = (_file(ledger, name, sorted(found[name]), where[name]) for name in sorted(found) if found[name])
    return [one for one in filed if one is not None]


def _file(
    ledger: Ledger, parent: str, identifiers: list[tuple[str, str]], finding_ids: list[str]
) -> str | None:
    with ledger.read() as tx:
        waiting = findings.without_child(tx, finding_ids)
        row = requests.get(tx, parent)
    if not waiting or _joined(ledger, parent, identifiers, waiting):
        return None
    filing = Filing(
        law=row.law,
        identifiers=identifiers,
        received_at=ledger.clock(),
        zone=row.zone,
        country=row.country,
        filed_by=FILED_BY,
    )

    def link(tx: Connection, child: str) -> None:
        if findings.without_child(tx, waiting) != waiting:
            raise _HasChildError("finding: its request is filed already")
        findings.set_child(tx, waiting, child)

    try:
        return requests.file(ledger, filing, also=link)
    except _HasChildError:
        return None


def _joined(ledger: Ledger, parent: str, identifiers: list[tuple[str, str]], waiting: list[str]) -> bool:
    """Link findings to the request that waits to erase these very identifiers, where there is one."""
    with ledger.write() as tx:
        child = findings.child_ahead(tx, parent)
        filed = vault.unseal(ledger, tx, child, "filed") if child is not None else None
        if child is None or filed is None or findings.without_child(tx, waiting) != waiting:
            return False
        if not set(identifiers) <= {(namespace, value) for namespace, value in filed["identifiers"]}:
            return False
        findings.set_child(tx, waiting, child)
    return True
