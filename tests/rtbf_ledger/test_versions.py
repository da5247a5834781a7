"""Graphs and plans are kept once, under the digest that everything else refers to."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from lineage_assets.canonical import digest
from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import METADATA_KEY
from lineage_assets.declaring import no_subject_data
from lineage_assets.graph import LineageGraph, Node
from lineage_assets.identifiers import Kind, Namespace
from rtbf_ledger import schema, versions
from rtbf_ledger.errors import UnknownRequestError


def graph_of(*names):
    """Return a graph of assets without subject data."""
    declared = read_declaration(no_subject_data(because="films")[METADATA_KEY])
    return LineageGraph(
        code_location="films",
        namespaces={"account": Namespace(name="account", kind=Kind.INTEGER, distinctive="[0-9]+")},
        nodes={name: Node(asset=name, declaration=declared) for name in names},
        edges=frozenset(),
    )


def newest(ledger):
    """Return the newest graph."""
    with ledger.read() as tx:
        return versions.graph_of(tx)


def test_a_graph_comes_back_as_it_was(ledger):
    """The value, and the digest it is kept under."""
    graph = graph_of("films", "titles")
    assert graph.digest == versions.save_graph(ledger, graph)
    assert graph == newest(ledger)
    with ledger.read() as tx:
        assert graph == versions.graph_of(tx, graph.digest)


def test_a_graph_is_kept_once_and_the_one_loaded_last_is_the_newest(ledger, clock):
    """Also when an older version is loaded again after a roll back."""
    first, second = graph_of("films"), graph_of("films", "titles")
    for graph in (first, first, second, first):
        clock.forward(minutes=1)
        versions.save_graph(ledger, graph)
        assert graph == newest(ledger)
    with ledger.read() as tx:
        assert 2 == tx.execute(select(func.count()).select_from(schema.graph)).scalar()
        assert second == versions.graph_of(tx, second.digest)


def test_code_servers_that_load_at_once_save_it_once(ledger):
    """`dagster dev` loads the definitions in several processes in the same moment."""
    graph = graph_of("films")
    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda _: versions.save_graph(ledger, replace(graph)), range(8)))
    assert [graph.digest] * 8 == saved
    assert graph == newest(ledger)


def test_an_unknown_graph_or_plan_is_refused(ledger):
    """With the hint that helps before the first load."""
    with ledger.read() as tx:
        with pytest.raises(UnknownRequestError, match="none is saved yet; load the definitions"):
            versions.graph_of(tx)
        with pytest.raises(UnknownRequestError, match="none of that digest"):
            versions.graph_of(tx, "0" * 64)
        with pytest.raises(UnknownRequestError, match="plan: none of that digest"):
            versions.plan_of(tx, "0" * 64)


def test_a_plan_is_kept_once_under_its_digest(ledger):
    """Whatever order its fields come in."""
    plan = {"steps": [{"asset": "ratings"}], "graph": "x"}
    with ledger.write() as tx:
        saved = [versions.save_plan(tx, one) for one in (plan, dict(reversed(plan.items())))]
        assert [digest(plan)] * 2 == saved
        assert plan == versions.plan_of(tx, saved[0])
        assert 1 == tx.execute(select(func.count()).select_from(schema.plan)).scalar()
