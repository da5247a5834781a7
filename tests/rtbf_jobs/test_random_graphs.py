"""Random graphs: the plan of thousands of assets, and erasures in whole random lakes on real files."""

from pathlib import Path
from random import Random

import dagster as dg
import pytest
from erasure_project import Project, settings_in
from random_lake import BUILT, NOBODY, RandomLake

from lineage_assets.canonical import digest
from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import METADATA_KEY
from lineage_assets.from_dagster import lineage_graph
from lineage_assets.graph import LineageGraph, Node
from lineage_assets.identifiers import Kind, Namespace
from rtbf_jobs.plan import Action, make_plan

ERASED = (7, 70)
NAMESPACES = {
    "account": Namespace(name="account", kind=Kind.INTEGER),
    "email": Namespace(name="email", kind=Kind.EMAIL),
    "device": Namespace(name="device", kind=Kind.UUID),
}


def planned(size: int, seed: int) -> tuple[RandomLake, LineageGraph]:
    """Return a random lake without files, and its declared graph made without Dagster."""
    lake = RandomLake(Path("nowhere"), Random(seed), size, ERASED)
    nodes = {
        name: Node(
            asset=name,
            declaration=read_declaration(lake._declared(asset)[METADATA_KEY]),
            owners=("team:test",),
            materialisable=asset.kind in BUILT,
        )
        for name, asset in lake.assets.items()
    }
    edges = frozenset((up, name) for name, asset in lake.assets.items() for up in asset.parents)
    return lake, LineageGraph(code_location="test", namespaces=NAMESPACES, nodes=nodes, edges=edges)


def check_plan(size: int, seed: int) -> None:
    """Plan a random graph: topological, complete, the same each time, and what is kept flows down."""
    lake, graph = planned(size, seed)
    assert [] == graph.problems()
    plan = make_plan(graph, {})
    places = {step.asset: place for place, step in enumerate(plan.steps)}
    assert set(lake.assets) == set(places)
    assert () == plan.outside
    assert all(places[up] < places[down] for up, down in graph.edges)
    assert {name for name in lake.assets if lake.kept(name)} == {
        step.asset for step in plan.steps if step.action is Action.KEEP
    }
    _, again = planned(size, seed)
    shuffled = list(again.nodes.items())
    Random(seed + 1).shuffle(shuffled)
    other = LineageGraph(code_location="test", namespaces=NAMESPACES, nodes=dict(shuffled), edges=again.edges)
    assert graph.digest == other.digest
    assert digest(plan.to_json()) == digest(make_plan(other, {}).to_json())


@pytest.mark.parametrize(("size", "seed"), [(10, 1), (10, 2), (60, 3), (200, 4), (1_000, 5)])
def test_the_plan_of_a_random_graph(size: int, seed: int) -> None:
    """A plan is topological, complete and deterministic, and holds flow down, up to 1,000 assets."""
    check_plan(size, seed)


@pytest.mark.slow
def test_the_plan_of_ten_thousand_assets() -> None:
    """The same at 10,000 assets, within a minute."""
    check_plan(10_000, 6)


def test_dagster_says_the_same_graph(tmp_path: Path) -> None:
    """Read from Dagster's own specs, the graph is the one that was drawn: nodes, edges, declarations."""
    lake, graph = planned(40, 7)
    given = dg.Definitions(
        assets=RandomLake(tmp_path, Random(7), 40, ERASED).definitions(),
        resources={"rtbf_suppression": dg.ResourceDefinition.none_resource()},
    )
    read = lineage_graph(given, code_location="test", namespaces=NAMESPACES)
    assert set(lake.assets) == set(read.nodes)
    assert graph.digest == read.digest


def check_erasure(folder: Path, size: int, seed: int) -> None:
    """Erase two people at once from a random lake; compare every asset with what was planted."""
    lake = RandomLake(folder / "lake", Random(seed), size, ERASED)
    made = Project(
        settings=settings_in(folder),
        theirs=dg.Definitions(assets=lake.definitions()),
        instance=dg.DagsterInstance.ephemeral(tempdir=str(folder)),
    )
    lake.key = made.ledger.keys.named("pseudonym/training")
    lake.write()
    before = {name: lake.seen(name) for name in lake.assets}
    rows = {name: lake.rows_of(name) for name in lake.assets}
    for name, found in before.items():
        assert lake.holds(name) == totals(found), name

    ids = [made.file(f"account={person}") for person in ERASED]
    made.settle_directly()
    made.approve(*ids)
    made.settle_directly()
    for request_id in ids:
        assert [] == made.failures(request_id)
        assert "closed" == made.state(request_id)

    after = {name: lake.seen(name) for name in lake.assets}
    assert_recall_and_precision(lake, before, after)
    for name, found in after.items():
        assert lake.holds(name, without=ERASED) == totals(found), name
    for name, asset in lake.assets.items():
        if lake.kept(name) or asset.kind in {"redact_columns", "no_action"} | NOBODY:
            assert rows[name] == lake.rows_of(name), name
        elif asset.kind not in BUILT:
            owned = sum(1 for _, owner, _ in asset.rows if owner in ERASED)
            assert rows[name] - owned == lake.rows_of(name), name
    for person, request_id in zip(ERASED, ids, strict=True):
        assert_closed_world(lake, person, dict(made.verdicts(request_id)))


def totals(found: dict[tuple[int, int], int]) -> dict[int, int]:
    """Return person -> how often, over all rows."""
    people = {person for _, person in found}
    return {one: sum(n for (_, person), n in found.items() if person == one) for one in people}


def assert_recall_and_precision(
    lake: RandomLake,
    before: dict[str, dict[tuple[int, int], int]],
    after: dict[str, dict[tuple[int, int], int]],
) -> None:
    """Of all that was planted by rows: what had to go went, and nothing else did."""
    tables = [name for name, asset in lake.assets.items() if asset.kind not in BUILT]
    held = {(name, *place) for name in tables for place in before[name]}
    left = {(name, *place) for name in tables for place in after[name]}
    theirs = {(name, row[0]) for name in tables for row in lake.assets[name].rows if row[1] in ERASED}
    planted = {
        one for one in held if not lake.kept(one[0]) and (one[2] in ERASED or (one[0], one[1]) in theirs)
    }
    gone = held - left
    assert planted
    assert 1.0 == len(gone & planted) / len(planted)
    assert 1.0 == len(gone & planted) / len(gone)
    assert left <= held


def assert_closed_world(lake: RandomLake, person: int, verdicts: dict[str, str]) -> None:
    """Every asset of the graph is on the certificate, with the verdict that it has to have.

    A mention in the row of another person who is erased in the same batch goes, and counts, with that row.
    """
    assert set(lake.assets) == set(verdicts)
    for name, asset in lake.assets.items():
        owns = any(owner == person for _, owner, _ in asset.rows)
        named = any(other == person for _, _, other in asset.rows)
        if lake.kept(name):
            expected = {"exempt"}
        elif asset.kind in BUILT:
            expected = {"rebuilt"} if lake.holds(name)[person] else {"rebuilt", "not_affected"}
        elif asset.kind in NOBODY or not (owns or named):
            expected = {"not_affected"}
        elif asset.kind == "redact_columns" or not owns:
            expected = {"redacted"}
        else:
            expected = {"erased"}
        assert verdicts[name] in expected, (name, asset.kind)


def test_an_erasure_in_a_random_lake(tmp_path: Path) -> None:
    """Recall and precision are 1.0; this lake has every strategy, kept and filtering rebuilds."""
    check_erasure(tmp_path, 24, 3207)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "seed"),
    [
        (12, 21),
        (10, 30),
        (20, 31),
        (60, 33),
        pytest.param(200, 34, marks=pytest.mark.long),
        pytest.param(1_000, 35, marks=pytest.mark.long),
    ],
)
def test_an_erasure_in_a_large_random_lake(size: int, seed: int, tmp_path: Path) -> None:
    """The same in lakes of up to 1,000 assets, on real files."""
    check_erasure(tmp_path, size, seed)
