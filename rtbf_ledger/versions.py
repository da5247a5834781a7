"""Versions: the declared graphs and the plans, each kept once under its digest."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from lineage_assets.canonical import canonical_json, digest
from lineage_assets.graph import LineageGraph
from rtbf_ledger import schema
from rtbf_ledger.errors import UnknownRequestError
from rtbf_ledger.store import Ledger


def save_graph(ledger: Ledger, graph: LineageGraph) -> str:
    """Keep a graph under its digest, once; returns the digest."""
    with ledger.read() as tx:
        latest = tx.execute(select(schema.graph.c.digest).order_by(schema.graph.c.saved_at.desc())).scalar()
    if latest == graph.digest:
        return graph.digest
    with ledger.write() as tx:
        table = schema.graph
        known = tx.execute(select(table.c.saved_at).where(table.c.digest == graph.digest)).scalar()
        if known is None:
            body = canonical_json(graph.to_json()).decode()
            tx.execute(insert(table).values(digest=graph.digest, body=body, saved_at=ledger.now()))
        else:
            tx.execute(update(table).where(table.c.digest == graph.digest).values(saved_at=ledger.now()))
    return graph.digest


def graph_of(tx: Connection, digest_value: str | None = None) -> LineageGraph:
    """Return the graph of a digest, or the newest one.

    Raises:
        UnknownRequestError: none is saved yet, or none of that digest.
    """
    table = schema.graph
    found = select(table.c.body).order_by(table.c.saved_at.desc())
    if digest_value is not None:
        found = found.where(table.c.digest == digest_value)
    body = tx.execute(found.limit(1)).scalar()
    if body is None:
        which = "is saved yet" if digest_value is None else "of that digest is saved"
        raise UnknownRequestError(f"graph: none {which}; load the definitions once (`rtbf inventory`)")
    return LineageGraph.from_json(json.loads(body))


def save_plan(tx: Connection, plan: Mapping[str, Any]) -> str:
    """Keep a plan under its digest, once; returns the digest."""
    key = digest(plan)
    table = schema.plan
    if tx.execute(select(table.c.digest).where(table.c.digest == key)).scalar() is None:
        tx.execute(insert(table).values(digest=key, body=canonical_json(plan).decode()))
    return key


def plan_of(tx: Connection, digest_value: str) -> dict[str, Any]:
    """Return a saved plan.

    Raises:
        UnknownRequestError: there is none of that digest.
    """
    table = schema.plan
    body = tx.execute(select(table.c.body).where(table.c.digest == digest_value)).scalar()
    if body is None:
        raise UnknownRequestError("plan: none of that digest is saved")
    plan: dict[str, Any] = json.loads(body)
    return plan
