"""The sidecar indexes of a deployment: which assets have one, and the order that refreshes it."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from lineage_assets.declarations import Format
from lineage_assets.graph import LineageGraph
from rtbf_jobs.erasers import EraseOrder, EraseRefused
from rtbf_jobs.erasers.order import IndexPlace
from rtbf_jobs.erasers.parquet_file.index import Refreshed, people_in, refresh, remove
from rtbf_jobs.look import pseudonym_keys
from rtbf_jobs.work import Work
from rtbf_ledger.requests import Failure
from rtbf_ledger.settings import Settings
from rtbf_ledger.store import Ledger

KEY = "index"
LEFT = "its sidecar index still holds a hash of the person; start the job rtbf_index, then retry"


def wrong_assets(graph: LineageGraph, settings: Settings) -> list[str]:
    """Return a sentence for each asset of the setting `[index]` that cannot have one."""
    wrong = []
    for name in sorted(settings.indexed):
        node = graph.nodes.get(name)
        declared = node.declaration if node is not None else None
        if declared is None or not declared.keys or declared.format is not Format.PARQUET:
            wrong.append(f"settings: index: asset {name}: no asset of Parquet files with declared keys")
    return wrong


def index_place(settings: Settings, ledger: Ledger, asset: str) -> IndexPlace | None:
    """Return where an asset's index lies, and its key; None where it has none.

    Raises:
        KeyFolderError: the key is not ours alone.
    """
    if settings.index is None or asset not in settings.indexed:
        return None
    return IndexPlace(folder=_folder(settings.index, asset), key=ledger.keys.named(KEY))


def refreshed(order: EraseOrder) -> Refreshed:
    """Refresh the index of an order's asset; where its files are refused there is none, and why is told.

    Raises:
        StorageFailed: the file system refused.
    """
    try:
        return refresh(order)
    except EraseRefused as refused:
        return Refreshed(refused=(str(refused),))


def left_in_index(work: Work, order: EraseOrder) -> dict[int, Failure]:
    """Return a failure for each request of an order whose person is in the asset's index, made current first.

    Raises:
        StorageFailed: the file system refused.
    """
    if order.index is None:
        return {}
    refreshed(order)
    sentence = f"asset {order.asset}: {LEFT}"
    failure = Failure(code="left_in_index", asset=order.asset, sentence=sentence)
    return dict.fromkeys(sorted(people_in(order) & work.members().keys()), failure)


def refresh_all(settings: Settings, ledger: Ledger, graph: LineageGraph) -> Iterator[tuple[str, Refreshed]]:
    """Refresh every index of a deployment, and remove those that no setting asks for any more; yield each.

    Raises:
        StorageFailed: the file system refused.
        KeyFolderError: a key is not at hand.
    """
    if settings.index is None:
        return
    settings.index.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = {_folder(settings.index, asset) for asset in settings.indexed}
    for folder in sorted(set(settings.index.iterdir()) - kept):
        yield folder.name, Refreshed(removed=remove(folder))
        folder.rmdir()
    for asset in sorted(settings.indexed):
        declared = graph.nodes[asset].declaration
        if declared is not None:
            order = EraseOrder(
                asset=asset,
                root=settings.place(declared.location or ""),
                declaration=declared,
                namespaces=graph.namespaces,
                hmac_keys=pseudonym_keys(ledger, graph),
                subjects=(),
                digest_key=ledger.keys.named("receipt"),
                index=index_place(settings, ledger, asset),
            )
            yield asset, refreshed(order)


def _folder(index: Path, asset: str) -> Path:
    return index / quote(asset, safe="")
