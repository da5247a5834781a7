"""Looks into an asset for all requests of a batch at once; one poisoned request fails alone."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from lineage_assets.declarations import Declaration, Role
from lineage_assets.graph import LineageGraph
from lineage_assets.identifiers import Sought
from rtbf_jobs.work import Work
from rtbf_ledger import decision_store, evidence
from rtbf_ledger.decisions import erasable
from rtbf_ledger.pseudonym_keys import pseudonym_key
from rtbf_ledger.requests import Failure
from rtbf_ledger.store import Ledger
from scanners.errors import CouldNotLook
from scanners.residual import Scan, ScanOrder, scan


def pseudonym_keys(ledger: Ledger, graph: LineageGraph) -> Mapping[str, bytes]:
    """Return every named pseudonym key that the graph uses."""
    return {name: pseudonym_key(ledger, name) for name in sorted(graph.pseudonyms)}


def place_of(work: Work, declared: Declaration) -> Path:
    """Return where a declared asset is."""
    return work.settings.place(declared.location or "")


def sought_at(work: Work, asset: str, subjects: Iterable[Sought]) -> tuple[Sought, ...]:
    """Return what is sought in an asset: what a person decided to erase there is nobody else's any more."""
    given, declared = tuple(subjects), work.declared(asset)
    if not any(one.shared for one in given) or not erasable(declared):
        return given
    members, owned = work.members(), {key.namespace for _, key in declared.keys if key.role is Role.OWNER}
    with work.ledger.read() as tx:
        decided = decision_store.erased_at(tx, members.values(), asset)
    return tuple(
        replace(one, shared=False) if members.get(one.request) in decided and one.namespace in owned else one
        for one in given
    )


def order_for(work: Work, asset: str, subjects: Iterable[Sought]) -> ScanOrder:
    """Return what the scanner needs to look into an asset."""
    declared = work.declared(asset)
    return ScanOrder(
        asset=asset,
        root=place_of(work, declared),
        declaration=declared,
        namespaces=work.graph.namespaces,
        hmac_keys=pseudonym_keys(work.ledger, work.graph),
        subjects=sought_at(work, asset, subjects),
    )


def moved(work: Work, asset: str) -> Failure | None:
    """Return a failure where the asset's last materialisation says it wrote elsewhere than declared."""
    declared = work.declared(asset)
    wrote = work.last_path(asset)
    if declared.location is None or wrote is None:
        return None
    root = place_of(work, declared).resolve()
    if Path(wrote).resolve() == root or root in Path(wrote).resolve().parents:
        return None
    sentence = f"asset {asset}: its last materialisation wrote outside the declared location; correct it"
    return Failure(code="moved", asset=asset, sentence=sentence)


def look(work: Work, asset: str, subjects: tuple[Sought, ...]) -> Scan | None:
    """Scan one asset; requests that cannot be looked for are failed and left out. None where none is left."""
    try:
        order = order_for(work, asset, subjects)
        return scan(order, connection=work.connection, progress=_silent, made=work.made)
    except CouldNotLook as error:
        failure = failed(error)
        poisoned = set(error.requests) or {one.request for one in subjects}
    members = work.members()
    for ordinal in sorted(poisoned & set(members)):
        work.drop(members[ordinal], [failure])
    left = tuple(one for one in subjects if one.request not in poisoned)
    return look(work, asset, left) if left else None


def failed(error: CouldNotLook) -> Failure:
    """Return the failure that a scanner's refusal means for a request."""
    return Failure(code=str(error.reason), asset=error.asset, sentence=str(error))


def drop_reaching_undeclared(work: Work) -> None:
    """Fail the requests whose people's data flows into an asset that nobody declared, naming the asset."""
    undeclared = [name for name in sorted(work.graph.reached) if work.graph.nodes[name].declaration is None]
    for request_id in work.members().values() if undeclared else ():
        with work.ledger.read() as tx:
            held = set(evidence.of_request(tx, request_id, batches=[work.batch.id]))
        reached = [name for name in undeclared if held & work.graph.upstream(name)]
        why = "the person's data flows into it and it declares nothing; declare it, then retry"
        failures = [
            Failure(code="undeclared_reached", asset=name, sentence=f"asset {name}: {why}")
            for name in reached
        ]
        if failures:
            work.drop(request_id, failures)


def _silent(_done: int, _total: int) -> None:
    """Progress is told once an asset."""
