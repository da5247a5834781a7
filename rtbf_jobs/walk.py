"""The walk: ONE topological order in which each asset, its own commit point, is erased or rebuilt.

A rebuild is a run of the owner's asset: the walk asks for it, goes on where nothing depends on it, and ends;
a sensor waits for the run, and the next attempt resumes here from the ledger.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lineage_assets.canonical import digest
from lineage_assets.identifiers import Sought
from rtbf_jobs.erasers import EraseOrder, EraseRefused, FileReceipt, erase, sweep_temporary
from rtbf_jobs.index import index_place, refreshed
from rtbf_jobs.look import place_of, pseudonym_keys, sought_at
from rtbf_jobs.plan import Action, Plan
from rtbf_jobs.prepare import searched
from rtbf_jobs.progress import Progress, size_of
from rtbf_jobs.report import HOURS_OVER, shown
from rtbf_jobs.work import Work
from rtbf_ledger import batches, evidence, log, requests
from rtbf_ledger.batches import BatchState
from rtbf_ledger.evidence import AssetStep
from rtbf_ledger.log import Kind
from rtbf_ledger.requests import Failure
from rtbf_ledger.states import State

FINISHED = frozenset({AssetStep.ERASED, AssetStep.REBUILT, AssetStep.KEPT})


def walk(work: Work) -> None:
    """Take every asset that can be taken now; then hand over to the rebuilds, or to the verification."""
    plans = work.plans()
    if not plans:
        return
    if _uncounted(work, plans):
        return
    subjects, taken = work.subjects(), False
    for asset in work.graph.order({step.asset for plan in plans.values() for step in plan.steps}):
        if not _ready(work, asset):
            continue
        if work.time_up and taken:
            work.report.said(HOURS_OVER)
            return
        taken = True
        actions = {ordinal: plans[ordinal].step(asset).action for ordinal in work.members()}
        _take(work, asset, actions, subjects)
    _hand_over(work, plans)


def _uncounted(work: Work, plans: Mapping[int, Plan]) -> bool:
    """Whether the count before is not whole yet: a run that had had its hours left the rest to the next."""
    seen = work.evidence()
    return any(
        asset not in seen or seen[asset].before is None for plan in plans.values() for asset in searched(plan)
    )


def _ready(work: Work, asset: str) -> bool:
    """Whether the asset is not taken yet and everything it is made from is finished."""
    steps = work.steps()
    upstream = [up for up in work.graph.upstream(asset) if work.graph.nodes[up].declaration is not None]
    return steps.get(asset) is None and all(steps.get(up) in FINISHED for up in upstream)


def _take(work: Work, asset: str, actions: Mapping[int, Action], subjects: tuple[Sought, ...]) -> None:
    erased = {ordinal for ordinal, action in actions.items() if action is Action.ERASE}
    rebuilt = {ordinal for ordinal, action in actions.items() if action is Action.REBUILD}
    if erased:
        _erase(work, asset, tuple(one for one in subjects if one.request in erased))
    elif rebuilt and _touched(work, asset):
        with work.ledger.write() as tx:
            batches.check(tx, work.batch)
            evidence.record(tx, work.batch.id, asset, step=AssetStep.ASKED, asked_at=work.ledger.now())
        work.report.said(f"asset {asset}: asked its owner's code to build it again")
    else:
        with work.ledger.write() as tx:
            batches.check(tx, work.batch)
            evidence.record(tx, work.batch.id, asset, step=AssetStep.KEPT)


def _touched(work: Work, asset: str) -> bool:
    """Whether the asset, or what it is made from, held a person of this batch, now or in an earlier one."""
    members = set(work.members().values())
    with work.ledger.read() as tx:
        held = {
            name
            for request_id in members
            for name in evidence.of_request(tx, request_id, batches=evidence.erase_batches_of(tx, request_id))
        }
    return bool(held & (work.graph.upstream(asset) | {asset}))


def _erase(work: Work, asset: str, subjects: tuple[Sought, ...]) -> None:
    still_mine = batches.lease_asset(work.ledger, work.batch, asset, lease=work.lease)
    order = erase_order(work, asset, subjects)
    still_mine()
    sweep_temporary(order.root)

    far = Progress(asset, work.report.said, work.ledger.clock, lambda: size_of(order))

    def keep(receipt: FileReceipt) -> None:
        with work.ledger.write() as tx:
            batches.check(tx, work.batch)
            evidence.keep_file(tx, work.batch.id, asset, receipt.to_json())
        far.count(receipt)

    files_scanned = _erase_or_refuse(work, order, still_mine, keep)
    refreshed(order)
    _commit(work, order, files_scanned)


def erase_order(work: Work, asset: str, subjects: tuple[Sought, ...]) -> EraseOrder:
    """Return what the eraser of an asset is told."""
    declared = work.declared(asset)
    return EraseOrder(
        asset=asset,
        root=place_of(work, declared),
        declaration=declared,
        namespaces=work.graph.namespaces,
        hmac_keys=pseudonym_keys(work.ledger, work.graph),
        subjects=sought_at(work, asset, subjects),
        digest_key=work.ledger.keys.named("receipt"),
        index=index_place(work.settings, work.ledger, asset),
    )


def _erase_or_refuse(
    work: Work,
    order: EraseOrder,
    still_mine: Callable[[], None],
    keep: Callable[[FileReceipt], None],
) -> int:
    """Erase; requests that the eraser refuses fail alone. Returns how many files it read.

    The others are erased in ONE pass, so that a mention in a row that goes with its owner is counted.
    """
    try:
        return erase(order, still_mine=still_mine, progress=keep).files_scanned
    except EraseRefused as refused:
        first = refused
    members, asked = work.members(), {one.request for one in order.subjects}
    why = _refused(order) or dict.fromkeys(asked, first)
    for ordinal in sorted(why):
        failure = Failure(code=str(why[ordinal].reason), asset=order.asset, sentence=str(why[ordinal]))
        work.drop(members[ordinal], [failure])
    left = tuple(one for one in order.subjects if one.request not in why)
    return _erase_or_refuse(work, replace(order, subjects=left), still_mine, keep) if left else 0


def _refused(order: EraseOrder) -> dict[int, EraseRefused]:
    """Return the requests that the eraser refuses, each with why, found by halves; nothing is written."""
    asked = sorted({one.request for one in order.subjects})
    refused = _refuses(order)
    if refused is None:
        return {}
    if len(asked) <= 1 or _refuses(replace(order, subjects=())) is not None:
        return dict.fromkeys(asked, refused)
    half = set(asked[: len(asked) // 2])
    parts = [
        tuple(one for one in order.subjects if (one.request in half) is first) for first in (True, False)
    ]
    return _refused(replace(order, subjects=parts[0])) | _refused(replace(order, subjects=parts[1]))


class _NotNow(Exception):
    """Raised where the first file would be exchanged."""


def _refuses(order: EraseOrder) -> EraseRefused | None:
    """Return why the eraser refuses an order; it looks at every file before it exchanges the first."""

    def not_now() -> None:
        raise _NotNow

    try:
        erase(order, still_mine=not_now, progress=lambda _receipt: None)
    except EraseRefused as refused:
        return refused
    except _NotNow:
        return None
    return None


def _came_true(order: EraseOrder, files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out receipts of commits that did not happen: the file is not what the receipt says it became."""
    base = order.root if order.root.is_dir() else order.root.parent
    paths = {order.file_digest(path): path for path in base.rglob("*") if path.is_file()}
    went_on = {(item["file"], item["before"]) for item in files}

    def happened(item: dict[str, Any]) -> bool:
        path = paths.get(item["file"])
        now = order.content_digest(path) if path is not None else None
        return now == item["after"] or (item["file"], item["after"]) in went_on

    return [item for item in files if happened(item)]


def _commit(work: Work, order: EraseOrder, files_scanned: int) -> None:
    members, asset = work.members(), order.asset
    with work.ledger.read() as tx:
        files = _came_true(order, evidence.file_receipts(tx, work.batch.id, asset))
    with work.ledger.write() as tx:
        batches.check(tx, work.batch)
        summary = _summary(files) | {"files_scanned": files_scanned}
        evidence.record(tx, work.batch.id, asset, step=AssetStep.ERASED, receipt=summary)
        erased = {request_id: summary["people"].get(str(o), 0) for o, request_id in members.items()}
        evidence.record_erased(tx, work.batch.id, asset, erased)
        log.append(
            tx,
            Kind.ERASED,
            work.ledger.now(),
            batch_id=work.batch.id,
            asset=asset,
            receipt=summary["digest"],
            count=len(files),
        )
    numbers = {"rtbf/files_rewritten": len(files), "rtbf/bytes_rewritten": summary["bytes"]}
    work.report.observed(asset, shown(numbers, {"rtbf/rows_erased": summary["rows"]}, people=len(members)))


def _summary(files: list[dict[str, Any]]) -> dict[str, Any]:
    people: dict[str, int] = {}
    for item in files:
        for part in ("owners", "mentions"):
            for ordinal, count in item[part].items():
                people[ordinal] = people.get(ordinal, 0) + count
    return {
        "files": len(files),
        "rows": sum(item["rows_before"] - item["rows_after"] for item in files),
        "rows_matched": sum(item["rows_matched"] for item in files),
        "cells": sum(item["cells_changed"] for item in files),
        "bytes": sum(item["bytes_after"] for item in files),
        "people": people,
        "digest": digest(files),
    }


def _hand_over(work: Work, plans: Mapping[int, Plan]) -> None:
    """Move the requests on: to rebuilding where a rebuild was asked for, to verifying where all is done."""
    steps = work.steps()
    finished = all(steps.get(step.asset) in FINISHED for plan in plans.values() for step in plan.steps)
    asked = AssetStep.ASKED in steps.values()
    if not finished and not asked:
        return
    with work.ledger.write() as tx:
        if asked:
            batches.set_state(tx, work.batch, BatchState.WAITING)
        batches.check(tx, work.batch)
        for request_id in batches.members(tx, work.batch.id).values():
            if State(requests.get(tx, request_id).state) is State.ERASING:
                requests.move(tx, request_id, State.REBUILDING if asked else State.VERIFYING)
