"""Looks into an asset with the scanner, for all requests of a batch at once; one poisoned request fails alone."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from lineage_assets.declarations import Declaration
from lineage_assets.graph import LineageGraph
from lineage_assets.identifiers import Sought
from rtbf_jobs.work import Work
from rtbf_ledger.requests import Failure
from scanners.errors import CouldNotLook, Reason
from scanners.residual import Scan, ScanOrder, scan


def pseudonym_names(graph: LineageGraph) -> frozenset[str]:
    """Return the names of the pseudonym keys that any declaration uses."""
    declared = (node.declaration for node in graph.nodes.values() if node.declaration)
    return frozenset(key.hmac_key for one in declared for _, key in one.keys if key.hmac_key is not None)


def pseudonym_keys(work: Work) -> Mapping[str, bytes]:
    """Return every named pseudonym key that the graph uses."""
    return work.ledger.keys.pseudonyms(pseudonym_names(work.graph))


def place_of(work: Work, declared: Declaration) -> Path:
    """Return where a declared asset is."""
    return work.settings.place(declared.location or "")


def order_for(work: Work, asset: str, subjects: Iterable[Sought]) -> ScanOrder:
    """Return what the scanner needs to look into an asset."""
    declared = work.declared(asset)
    return ScanOrder(
        asset=asset,
        root=place_of(work, declared),
        declaration=declared,
        namespaces=work.graph.namespaces,
        hmac_keys=pseudonym_keys(work),
        subjects=tuple(subjects),
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
    sentence = f"asset {asset}: its last materialisation wrote outside the declared location; correct the declaration"
    return Failure(code="moved", asset=asset, sentence=sentence)


def look(work: Work, asset: str, subjects: tuple[Sought, ...]) -> Scan | None:
    """Scan one asset; requests that cannot be looked for are failed and left out. None where none is left."""
    try:
        return _scan(work, asset, subjects)
    except CouldNotLook as error:
        poisoned = _poisoned(work, asset, subjects) if error.reason is Reason.KEY_TYPE else {}
        if not poisoned:
            poisoned = dict.fromkeys({one.request for one in subjects}, error)
    members = work.members()
    for ordinal, failure in poisoned.items():
        if ordinal in members:
            work.drop(members[ordinal], [failed(failure)])
    left = tuple(one for one in subjects if one.request not in poisoned)
    return look(work, asset, left) if left else None


def failed(error: CouldNotLook) -> Failure:
    """Return the failure that a scanner's refusal means for a request."""
    return Failure(code=str(error.reason), asset=error.asset, sentence=str(error))


def _poisoned(work: Work, asset: str, subjects: tuple[Sought, ...]) -> dict[int, CouldNotLook]:
    found = {}
    for ordinal in sorted({one.request for one in subjects}):
        try:
            _scan(work, asset, tuple(one for one in subjects if one.request == ordinal))
        except CouldNotLook as error:
            found[ordinal] = error
    return found


def _scan(work: Work, asset: str, subjects: tuple[Sought, ...]) -> Scan:
    return scan(order_for(work, asset, subjects), connection=work.connection, progress=lambda _done, _total: None)
