"""Who is meant: expands the filed identifiers over declared links, and seals the result before anything goes.

A link is directed: account to device expands. The way back to a person (device to account) is gone only where
a link says `identifies`, and there one value with two people is a failure, never a guess.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from lineage_assets.declarations import Link
from lineage_assets.identifiers import Sought
from rtbf_jobs.look import failed, order_for
from rtbf_jobs.work import Work
from rtbf_ledger import batches, log, requests, vault
from rtbf_ledger.errors import VaultError
from rtbf_ledger.log import Kind
from rtbf_ledger.requests import Failure
from scanners.errors import CouldNotLook
from scanners.residual import linked

Found = dict[tuple[int, str, str], Sought]
Leads = dict[tuple[int, str, str, str], set[str]]


def identify(work: Work) -> None:
    """Expand and seal the identifiers of every request of the batch; one that cannot be fails alone."""
    found: Found = {}
    for ordinal, request_id in work.members().items():
        try:
            found |= _known(work, ordinal, request_id)
        except VaultError as error:
            work.drop(request_id, [Failure(code="vault", asset="", sentence=str(error))])
    links = [
        (asset, link)
        for asset in sorted(work.graph.nodes)
        if (declared := work.graph.nodes[asset].declaration) is not None
        for link in declared.links
    ]
    _expand(work, found, links)
    _mark_shared(work, found, links)
    for ordinal, request_id in work.members().items():
        _seal(work, ordinal, request_id, [one for one in found.values() if one.request == ordinal])


def _known(work: Work, ordinal: int, request_id: str) -> Found:
    """Return the filed identifiers and those of an earlier expansion: a new expansion may only add.

    What was shared stays shared: the rows that said so may be erased by now.
    """
    with work.ledger.read() as tx:
        filed = vault.unseal(work.ledger, tx, request_id, "filed") or {"identifiers": []}
        earlier = vault.unseal(work.ledger, tx, request_id, "expanded") or {"identifiers": []}
    given = {(ns, value) for ns, value in filed["identifiers"]}
    shared = {(one["namespace"], one["value"]): one["shared"] for one in earlier["identifiers"]}
    return {
        (ordinal, ns, value): Sought(
            namespace=ns,
            value=value,
            request=ordinal,
            given=(ns, value) in given,
            shared=shared.get((ns, value), False),
        )
        for ns, value in given | shared.keys()
    }


def _expand(work: Work, found: Found, links: list[tuple[str, Link]]) -> None:
    """Follow every link until nothing new is found."""
    asked: set[tuple[str, Link, tuple[int, str, str]]] = set()
    leads: Leads = {}
    grew = True
    while grew:
        grew = False
        for asset, link in links:
            fresh = [
                one
                for key, one in found.items()
                if one.namespace == link.source and (asset, link, key) not in asked
            ]
            asked |= {(asset, link, (one.request, one.namespace, one.value)) for one in fresh}
            for one in _follow(work, asset, link, fresh, leads):
                grew |= found.setdefault((one.request, one.namespace, one.value), one) is one


def _follow(work: Work, asset: str, link: Link, fresh: list[Sought], leads: Leads) -> list[Sought]:
    members = work.members()
    wanted = [one for one in fresh if one.request in members]
    if not wanted:
        return []
    try:
        rows = linked(order_for(work, asset, wanted), link.source, link.target, work.connection)
    except CouldNotLook as error:
        _drop(work, set(error.requests) or {one.request for one in wanted}, failed(error))
        return []
    if link.identifies:
        ambiguous = _ambiguous(link, rows, leads)
        why = f"asset {asset}: one {link.source} leads to more than one {link.target}; name the latter itself"
        _drop(work, ambiguous, Failure(code="ambiguous_link", asset=asset, sentence=why))
        rows = [row for row in rows if row[0] not in ambiguous]
    return [
        Sought(namespace=link.target, value=target, request=request, given=False)
        for request, _, target in rows
    ]


def _ambiguous(link: Link, rows: Iterable[tuple[int, str, str]], leads: Leads) -> set[int]:
    """Add where rows lead to; return the requests where one value leads to two people, in any link asset."""
    for request, source, target in rows:
        leads.setdefault((request, link.source, source, link.target), set()).add(target)
    return {request for (request, *_), targets in leads.items() if len(targets) > 1}


def _drop(work: Work, ordinals: set[int], failure: Failure) -> None:
    members = work.members()
    for ordinal in sorted(ordinals & set(members)):
        work.drop(members[ordinal], [failure])


def _mark_shared(work: Work, found: Found, links: list[tuple[str, Link]]) -> None:
    """Mark identifiers that the link assets give to more than one person."""
    for asset, link in links:
        if link.identifies:
            continue
        members = work.members()
        wanted = [one for one in found.values() if one.namespace == link.target and one.request in members]
        if not wanted:
            continue
        try:
            rows = linked(order_for(work, asset, wanted), link.target, link.source, work.connection)
        except CouldNotLook as error:
            _drop(work, set(error.requests) or {one.request for one in wanted}, failed(error))
            continue
        for key, people in _people(found, link, rows).items():
            if people > 1:
                found[key] = replace(found[key], shared=True)


def _people(
    found: Found, link: Link, rows: Iterable[tuple[int, str, str]]
) -> Mapping[tuple[int, str, str], int]:
    """Return how many people have an identifier: what the request is about counts as one, however many."""
    others: dict[tuple[int, str, str], set[str | None]] = {}
    for request, target, source in rows:
        mine = (request, link.source, source) in found
        others.setdefault((request, link.target, target), set()).add(None if mine else source)
    return {key: len(people) for key, people in others.items()}


def _seal(work: Work, ordinal: int, request_id: str, identifiers: list[Sought]) -> None:
    if ordinal not in work.members():
        return
    plain = sorted(
        (
            {"namespace": one.namespace, "value": one.value, "given": one.given, "shared": one.shared}
            for one in identifiers
        ),
        key=lambda one: (str(one["namespace"]), str(one["value"])),
    )
    with work.ledger.write() as tx:
        batches.check(tx, work.batch)
        filed = vault.unseal(work.ledger, tx, request_id, "filed") or {}
        vault.seal(work.ledger, tx, request_id, "expanded", {"identifiers": plain})
        log.append(
            tx,
            Kind.SUBJECT_RESOLVED,
            work.ledger.now(),
            request_id=request_id,
            count=len(plain),
            commitment=requests.commitment(filed["salt"], plain),
        )
