"""The plan is pure: what each strategy does, how holds flow down, and what keeps a request open."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage_assets import Erasure, Exempt, ExemptReason, no_subject_data, subject_data
from lineage_assets.canonical import digest
from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import METADATA_KEY, Declaration
from lineage_assets.errors import GraphError
from lineage_assets.graph import LineageGraph, Node, ProblemCode
from lineage_assets.identifiers import Kind, Namespace
from rtbf_jobs.plan import Action, Kept, Plan, Step, blocking, make_plan
from rtbf_ledger.decisions import Because, Choice, Decision
from rtbf_ledger.holds import Hold, HoldReason, held_assets
from rtbf_ledger.verdicts import Strategy

ROOT = Path(__file__).resolve().parents[2]
LAW = Exempt(reason=ExemptReason.LEGAL_OBLIGATION, basis="Section 147 AO", until="2034-12-31")
TODAY = date(2026, 11, 21)


def declared(erasure: Erasure, **more: Any) -> Declaration:
    """Return a declaration of a strategy."""
    metadata = subject_data(
        "{lake}/x/",
        keys={"user": "account"},
        purposes={"x"},
        erasure=erasure,
        retention_days=9,
        redact=["user"] if erasure is Erasure.REDACT_COLUMNS else (),
        **more,
    )
    return read_declaration(metadata[METADATA_KEY])


def free(location: str | None = None) -> Declaration:
    """Return a declaration of an asset without subject data."""
    return read_declaration(no_subject_data(because="counts", location=location)[METADATA_KEY])


def graph_of(nodes: dict[str, Declaration | None], edges: Iterable[tuple[str, str]] = ()) -> LineageGraph:
    """Return a graph of some declared and undeclared assets."""
    return LineageGraph(
        code_location="test",
        namespaces={"account": Namespace(name="account", kind=Kind.INTEGER)},
        nodes={
            name: Node(asset=name, declaration=declaration, owners=("team:a",))
            for name, declaration in nodes.items()
        },
        edges=frozenset(edges),
    )


def hold(asset: str | None, until: date | None = None) -> Hold:
    """Return a hold on an asset, or on all of them."""
    return Hold(id="hd_1", request_id="rq_1", reason=HoldReason.LEGAL_CLAIMS, asset=asset, until=until)


def kept_by_law(asset: str, until: str | None) -> Declaration:
    """Return the declaration of what is kept until a date."""
    return declared(
        Erasure.NO_ACTION, exempt=Exempt(reason=ExemptReason.ARCHIVING, basis=f"law of {asset}", until=until)
    )


@pytest.mark.parametrize(
    ("declaration", "strategy", "action"),
    [
        (declared(Erasure.DELETE_ROWS), Strategy.DELETE_ROWS, Action.ERASE),
        (declared(Erasure.REDACT_COLUMNS), Strategy.REDACT_COLUMNS, Action.ERASE),
        (declared(Erasure.DELETE_FILE), Strategy.DELETE_FILE, Action.ERASE),
        (declared(Erasure.REBUILD), Strategy.REBUILD, Action.REBUILD),
        (declared(Erasure.RETRAIN), Strategy.RETRAIN, Action.REBUILD),
        (declared(Erasure.NO_ACTION), Strategy.NO_ACTION, Action.SEARCH),
        (declared(Erasure.NO_ACTION, exempt=LAW), Strategy.NO_ACTION, Action.KEEP),
        (free("{lake}/x/"), Strategy.NO_SUBJECT_DATA, Action.SEARCH),
        (free(), Strategy.NO_SUBJECT_DATA, Action.STATE),
    ],
)
def test_each_declaration_has_one_action(
    declaration: Declaration, strategy: Strategy, action: Action
) -> None:
    """What an asset declares is what its step does."""
    (step,) = make_plan(graph_of({"x": declaration}), {}).steps
    assert (strategy, action) == (step.strategy, step.action)


def test_an_exempt_asset_says_why_and_until_when() -> None:
    """The owner's legal basis and last day are in the step."""
    (step,) = make_plan(graph_of({"x": declared(Erasure.NO_ACTION, exempt=LAW)}), {}).steps
    assert (Kept.BY_LAW, "Section 147 AO", "2034-12-31") == (step.kept, step.basis, step.until)


def test_a_hold_keeps_what_would_be_erased() -> None:
    """A held asset is kept, with the reason of the hold and its last day."""
    graph = graph_of({"x": declared(Erasure.DELETE_ROWS)})
    (step,) = make_plan(graph, held_assets([hold("x", date(2027, 1, 2))], ["x"], TODAY)).steps
    assert (
        Step(
            asset="x",
            strategy=Strategy.DELETE_ROWS,
            action=Action.KEEP,
            kept=Kept.FOR_HOLD,
            basis="legal_claims",
            until="2027-01-02",
        )
        == step
    )


def test_a_hold_does_not_touch_an_asset_without_subject_data() -> None:
    """A whole request held still states what holds nobody."""
    plan = make_plan(graph_of({"x": free()}), held_assets([hold(None)], ["x"], TODAY))
    assert [Action.STATE] == [step.action for step in plan.steps]


def test_an_ended_hold_keeps_nothing() -> None:
    """The day after its last day, and released, a hold no longer binds."""
    over = hold("x", date(2026, 11, 20))
    released = Hold(id="hd_2", request_id="rq_1", reason=HoldReason.LEGAL_CLAIMS, released=True)
    assert {} == held_assets([over, released], ["x"], TODAY)
    assert {"x"} == set(held_assets([hold("x", TODAY)], ["x"], TODAY))


@pytest.mark.parametrize("erasure", [Erasure.REBUILD, Erasure.RETRAIN])
def test_a_rebuild_below_a_kept_parent_keeps_too(erasure: Erasure) -> None:
    """Holds flow down through rebuilds, however long the chain is."""
    nodes = {"a": declared(Erasure.DELETE_ROWS), "b": declared(erasure), "c": declared(erasure)}
    plan = make_plan(graph_of(nodes, [("a", "b"), ("b", "c")]), {"a": hold("a", date(2027, 1, 2))})
    assert [Kept.FOR_HOLD, Kept.WITH_SOURCE, Kept.WITH_SOURCE] == [step.kept for step in plan.steps]
    assert {"2027-01-02"} == {step.until for step in plan.steps}
    assert "built from b: built from a: legal_claims" == plan.step("c").basis


def test_a_rebuild_that_filters_suppressed_people_is_rebuilt() -> None:
    """`filters_suppressed` ends the flow; what is below is rebuilt too."""
    nodes = {
        "a": declared(Erasure.NO_ACTION, exempt=LAW),
        "b": declared(Erasure.REBUILD, filters_suppressed=True),
        "c": declared(Erasure.REBUILD),
    }
    plan = make_plan(graph_of(nodes, [("a", "b"), ("b", "c")]), {})
    assert [Action.KEEP, Action.REBUILD, Action.REBUILD] == [step.action for step in plan.steps]


def test_rows_are_deleted_below_a_kept_parent() -> None:
    """Only what is made again from the kept rows keeps them; a copy of its own is erased."""
    nodes = {"a": declared(Erasure.NO_ACTION, exempt=LAW), "b": declared(Erasure.DELETE_ROWS)}
    plan = make_plan(graph_of(nodes, [("a", "b")]), {})
    assert [Action.KEEP, Action.ERASE] == [step.action for step in plan.steps]


@pytest.mark.parametrize(
    ("ends", "until", "source"),
    [
        (("2027-01-01", "2034-12-31"), "2034-12-31", "b"),
        (("2034-12-31", "2027-01-01"), "2034-12-31", "a"),
        (("2034-12-31", None), None, "b"),
        (("2027-01-01", "2027-01-01"), "2027-01-01", "a"),
    ],
)
def test_below_two_kept_parents_the_longest_counts(
    ends: tuple[str | None, str | None], until: str | None, source: str
) -> None:
    """A record must not name a day on which a second source still holds the person."""
    nodes = {"a": kept_by_law("a", ends[0]), "b": kept_by_law("b", ends[1]), "c": declared(Erasure.REBUILD)}
    step = make_plan(graph_of(nodes, [("a", "c"), ("b", "c")]), {}).step("c")
    assert (until, f"built from {source}: law of {source}") == (step.until, step.basis)


def test_the_walk_stops_below_an_asset_without_subject_data() -> None:
    """An undeclared asset is outside the plan; only above such a stop does personal data reach it."""
    nodes = {"a": declared(Erasure.DELETE_ROWS), "b": free(), "c": None}
    stopped = graph_of(nodes, [("a", "b"), ("b", "c")])
    assert [("c", ProblemCode.UNDECLARED)] == [(one.asset, one.code) for one in stopped.problems()]
    assert ("c",) == make_plan(stopped, {}).outside

    reached = graph_of(nodes, [("a", "c"), ("a", "b")])
    assert [("c", ProblemCode.UNDECLARED_REACHED)] == [(one.asset, one.code) for one in reached.problems()]
    through = graph_of(nodes | {"d": None}, [("a", "c"), ("c", "d")])
    assert frozenset({"a", "c", "d"}) == through.reached
    assert frozenset({"a", "b"}) == stopped.reached


def test_what_keeps_every_request_open() -> None:
    """A namespace nobody declared and a rebuild nobody can run do; an undeclared asset does for some only."""
    lost = Node(asset="lost", declaration=declared(Erasure.REBUILD), owners=("team:a",), materialisable=False)
    split = Node(asset="split", declaration=declared(Erasure.REBUILD), owners=("team:a",), partitioned=True)
    nodes = {"lost": lost, "split": split, "bare": Node(asset="bare", declaration=None)}
    whole = LineageGraph(
        code_location="test",
        namespaces={"account": Namespace(name="account", kind=Kind.INTEGER)},
        nodes=nodes,
        edges=frozenset({("lost", "bare")}),
    )
    assert [
        ("lost", ProblemCode.CANNOT_REBUILD),
        ("split", ProblemCode.CANNOT_REBUILD),
    ] == [(one.asset, one.code) for one in blocking(whole.problems())]
    nobody = LineageGraph(code_location="test", namespaces={}, nodes={"x": lost}, edges=frozenset())
    assert ProblemCode.UNKNOWN_NAMESPACE in {one.code for one in blocking(nobody.problems())}


def test_an_unknown_asset_is_named() -> None:
    """An edge, or an order, to an asset that is not there is refused with its name."""
    graph = graph_of({"a": free()}, [("a", "gone")])
    with pytest.raises(GraphError, match=re.escape("asset gone: an edge names it")):
        make_plan(graph, {})
    with pytest.raises(GraphError, match=re.escape("asset gone: the graph does not know it")):
        graph_of({"a": free()}).order(["gone"])
    with pytest.raises(KeyError):
        make_plan(graph_of({"a": free()}), {}).step("gone")


def test_a_cycle_is_refused() -> None:
    """A graph with a cycle has no order, and says so."""
    graph = graph_of({"a": free(), "b": free()}, [("a", "b"), ("b", "a")])
    with pytest.raises(GraphError, match="cycle"):
        make_plan(graph, {})


ANY = st.sampled_from(
    [declared(erasure) for erasure in Erasure]
    + [declared(Erasure.NO_ACTION, exempt=LAW), declared(Erasure.REBUILD, filters_suppressed=True)]
    + [free(), free("{lake}/x/"), None]
)


@st.composite
def graphs(draw: st.DrawFn) -> LineageGraph:
    """Draw a small graph whose names say nothing about its order."""
    names = [f"a{number}" for number in draw(st.permutations(range(draw(st.integers(1, 9)))))]
    pairs = [(up, down) for place, up in enumerate(names) for down in names[place + 1 :]]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return graph_of({name: draw(ANY) for name in names}, edges)


@given(graphs())
def test_a_plan_is_topological_complete_and_the_same_each_time(graph: LineageGraph) -> None:
    """Each declared asset has one step, after everything it is made from; dict order does not matter."""
    plan = make_plan(graph, {})
    places = {step.asset: place for place, step in enumerate(plan.steps)}
    undeclared = {name for name, node in graph.nodes.items() if node.declaration is None}
    assert set(graph.nodes) == set(places) | set(plan.outside)
    assert undeclared == set(plan.outside)
    assert all(places[up] < places[down] for up, down in graph.edges if {up, down} <= set(places))

    again = LineageGraph(
        code_location="test",
        namespaces=graph.namespaces,
        nodes=dict(reversed(graph.nodes.items())),
        edges=frozenset(sorted(graph.edges)),
    )
    assert digest(plan.to_json()) == digest(make_plan(again, {}).to_json())
    assert graph.digest == again.digest


@given(graphs(), st.randoms(use_true_random=False))
def test_holds_flow_down_exactly(graph: LineageGraph, chance: Any) -> None:
    """A rebuild is kept if and only if a parent of it is, or it is kept itself, and it does not filter."""
    held = {name: hold(name) for name in graph.nodes if chance.random() < 0.3}
    plan = make_plan(graph, held)
    kept = {step.asset for step in plan.steps if step.action is Action.KEEP}
    for step in plan.steps:
        declaration = graph.nodes[step.asset].declaration
        if declaration is None or not declaration.subject:
            assert step.asset not in kept
            continue
        flows = graph.nodes[step.asset].rebuildable and not declaration.filters_suppressed
        parents = set(graph.nx.predecessors(step.asset))
        own = declaration.exempt is not None or step.asset in held
        assert (own or (flows and bool(parents & kept))) == (step.asset in kept)


def decisions_at(assets: Iterable[str]) -> dict[str, Decision]:
    """Return the decision to keep at every asset."""
    said: dict[str, Any] = {"choice": Choice.KEEP, "because": Because.OTHERS_ROWS, "staff": "dpo-2"}
    return {name: Decision(asset=name, **said) for name in assets}


@given(graphs())
def test_a_decision_changes_nothing_but_what_is_said_of_shared_rows(graph: LineageGraph) -> None:
    """Another digest wherever there is something to decide; what is kept whole, or is nobody's, stays so."""
    plain, made = make_plan(graph, {}), make_plan(graph, {}, decisions_at(graph.nodes))
    for before, after in zip(plain.steps, made.steps, strict=True):
        open_to_it = before.kept is None and before.strategy is not Strategy.NO_SUBJECT_DATA
        assert before == replace(after, decided=before.decided, basis=before.basis)
        assert open_to_it == (after.decided is Choice.KEEP) == (before != after)
        assert not open_to_it or after.basis == "decided by dpo-2: the rows are about somebody else"
    assert (plain == made) == (digest(plain.to_json()) == digest(made.to_json()))


@given(graphs())
def test_a_plan_and_a_graph_are_read_back_as_they_were(graph: LineageGraph) -> None:
    """What the ledger keeps is the whole value."""
    plan = make_plan(
        graph, {name: hold(name) for name in sorted(graph.nodes)[::3]}, decisions_at(graph.nodes)
    )
    assert plan == Plan.from_json(plan.to_json())
    assert graph == LineageGraph.from_json(graph.to_json())


def test_a_graph_of_another_version_is_refused() -> None:
    """A saved graph that this version cannot read is not guessed at."""
    with pytest.raises(GraphError, match="another version"):
        LineageGraph.from_json(graph_of({}).to_json() | {"version": 2})
