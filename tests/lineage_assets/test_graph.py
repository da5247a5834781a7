"""The declared graph: what a person's data reaches, what is wrong with it, its order and its version."""

import json
from dataclasses import replace

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage_assets import Erasure, Kind, Namespace, no_subject_data, subject_data
from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import METADATA_KEY
from lineage_assets.errors import DeclarationError, GraphError
from lineage_assets.from_dagster import asset_keys, lineage_graph
from lineage_assets.graph import LineageGraph, Node, ProblemCode

NAMESPACES = {"account": Namespace(name="account", kind=Kind.INTEGER)}
OWNED = {"owners": ("team:films",)}


def rows(**changed):
    """Return the metadata of an asset about people."""
    parts = {"keys": {"user_id": "account"}, "purposes": ["films"], "retention_days": 30}
    return subject_data("{lake}/x/", **{"erasure": Erasure.DELETE_ROWS} | parts | changed)


PEOPLE = read_declaration(rows()[METADATA_KEY])
REBUILT = read_declaration(rows(erasure=Erasure.REBUILD)[METADATA_KEY])
STRANGE = read_declaration(rows(keys={"user_id": "acount", "device": "device"})[METADATA_KEY])
NOBODY = read_declaration(no_subject_data(because="counts")[METADATA_KEY])


def graph(declared, edges=(), **nodes):
    """Return a graph of owned assets: name -> declaration, and "a>b" for each edge."""
    made = {name: Node(asset=name, declaration=one, **OWNED) for name, one in declared.items()}
    return LineageGraph(
        code_location="films",
        namespaces=NAMESPACES,
        nodes=made | nodes,
        edges=frozenset(tuple(edge.split(">")) for edge in edges),
    )


def test_reached_is_what_people_flow_to_and_stops_at_no_subject_data():
    """The stopping asset is still searched; an undeclared one lets everything through."""
    declared = {
        "a": PEOPLE,
        "b": None,
        "c": NOBODY,
        "d": PEOPLE,
        "e": NOBODY,
        "f": None,
        "g": None,
        "h": PEOPLE,
    }
    made = graph(declared, ["a>b", "b>c", "c>f", "b>d", "d>e", "g>h"])
    assert {"a", "b", "c", "d", "e", "h"} == made.reached
    assert {"a", "b"} == made.upstream("d")
    assert frozenset() == made.upstream("a")


def problems(made):
    """Return the problems of a graph as (asset, code)."""
    return [(one.asset, one.code) for one in made.problems()]


def test_a_whole_graph_has_no_problem():
    """Every asset declared, owned, and rebuildable where it says so."""
    assert [] == problems(graph({"a": PEOPLE, "b": REBUILT, "c": NOBODY}, ["a>b", "b>c"]))


@pytest.mark.parametrize(
    ("made", "code", "sentence"),
    [
        (graph({"a": None}), ProblemCode.UNDECLARED, "asset a: it declares nothing; add subject_data"),
        (
            graph({"p": PEOPLE, "a": None}, ["p>a"]),
            ProblemCode.UNDECLARED_REACHED,
            "asset a: personal data flows into it and it declares nothing",
        ),
        (
            graph({}, a=Node(asset="a", declaration=REBUILT, materialisable=False, **OWNED)),
            ProblemCode.CANNOT_REBUILD,
            "asset a: no code here rebuilds it; use another erasure",
        ),
        (
            graph({}, a=Node(asset="a", declaration=REBUILT, partitioned=True, **OWNED)),
            ProblemCode.CANNOT_REBUILD,
            "asset a: it is partitioned: declare delete_rows",
        ),
        (
            graph({}, a=Node(asset="a", declaration=PEOPLE)),
            ProblemCode.NO_OWNER,
            "asset a: it has no owner to tell; add owners",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, ProblemCode) else "",
)
def test_a_problem_names_its_asset_and_what_to_do(made, code, sentence):
    """One sentence each."""
    assert [("a", code)] == problems(made)
    assert made.problems()[0].sentence.startswith(sentence)


def test_every_unknown_namespace_is_named():
    """Each key that has one, with those that are declared."""
    found = graph({"a": STRANGE}).problems()
    assert [ProblemCode.UNKNOWN_NAMESPACE] * 2 == [one.code for one in found]
    assert [
        "asset a: key device: no namespace 'device'; declared: account",
        "asset a: key user_id: no namespace 'acount'; declared: account",
    ] == [one.sentence for one in found]


def test_problems_come_by_asset():
    """All of them at once, so that an owner mends the inventory in one go."""
    made = graph({"c": None, "a": None, "b": STRANGE})
    expected = [
        ("a", "undeclared"),
        ("b", "unknown_namespace"),
        ("b", "unknown_namespace"),
        ("c", "undeclared"),
    ]
    assert expected == problems(made)


WHOLE = graph({"a": PEOPLE, "b": REBUILT, "c": NOBODY, "d": None}, ["a>b", "b>c", "a>d"])


def shuffled(made):
    """Return the graph with everything in another order."""
    return replace(
        made,
        nodes=dict(reversed(made.nodes.items())),
        namespaces=dict(reversed(made.namespaces.items())),
        edges=frozenset(sorted(made.edges, reverse=True)),
    )


def test_the_digest_does_not_know_an_order():
    """Neither of nodes and namespaces, nor of the keys inside a declaration."""
    two = rows(keys={"x": "account", "y": "account"})[METADATA_KEY]
    swapped = two | {"keys": dict(reversed(two["keys"].items()))}
    first, second = (graph({"a": read_declaration(one), "b": None}) for one in (two, swapped))
    assert first.digest == second.digest == shuffled(first).digest
    assert WHOLE.digest == shuffled(WHOLE).digest


CHANGES = {
    "retention": {"nodes": {"a": replace(PEOPLE, retention_days=31)}},
    "purpose": {"nodes": {"a": replace(PEOPLE, purposes=("ads",))}},
    "location": {"nodes": {"a": replace(PEOPLE, location="{lake}/y/")}},
    "erasure": {"nodes": {"a": replace(PEOPLE, erasure=Erasure.DELETE_FILE)}},
    "reason": {"nodes": {"c": replace(NOBODY, because="means")}},
    "suppressed": {"nodes": {"b": replace(REBUILT, filters_suppressed=True)}},
    "undeclared": {"nodes": {"b": None}},
    "an edge": {"edges": frozenset({("a", "b"), ("b", "c")})},
    "a namespace": {"namespaces": {"account": Namespace(name="account", kind=Kind.TEXT)}},
    "a pattern": {"namespaces": {"account": replace(NAMESPACES["account"], distinctive="[0-9]{10}")}},
    "the location of the code": {"code_location": "music"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_digest_changes_with_everything_declared(name):
    """A plan that was approved for one inventory is not good for another."""
    change = dict(CHANGES[name])
    if "nodes" in change:
        new = {n: replace(WHOLE.nodes[n], declaration=one) for n, one in change["nodes"].items()}
        change["nodes"] = {**WHOLE.nodes, **new}
    assert WHOLE.digest != replace(WHOLE, **change).digest


@pytest.mark.parametrize(
    "change", [{"owners": ("team:ads",)}, {"partitioned": True}, {"materialisable": False}], ids=str
)
def test_the_digest_changes_with_what_dagster_says(change):
    """Owner, partitions, and whether there is code for it."""
    changed = {**WHOLE.nodes, "a": replace(WHOLE.nodes["a"], **change)}
    assert WHOLE.digest != replace(WHOLE, nodes=changed).digest


def test_a_graph_survives_json():
    """Through text, with undeclared nodes and patterns."""
    made = replace(WHOLE, namespaces={"account": replace(NAMESPACES["account"], distinctive="[0-9]{10}")})
    again = LineageGraph.from_json(json.loads(json.dumps(made.to_json())))
    assert (made, made.digest) == (again, again.digest)


def test_a_graph_of_another_version_is_refused():
    """Rather than read halfway."""
    with pytest.raises(GraphError, match="another version of dagster-rtbf"):
        LineageGraph.from_json(WHOLE.to_json() | {"version": 2})


def test_a_cycle_is_refused():
    """Dagster has none; a graph from elsewhere might."""
    with pytest.raises(GraphError, match="has a cycle"):
        graph({"a": PEOPLE, "b": PEOPLE}, ["a>b", "b>a"]).order(["a"])


def test_an_asset_that_is_not_in_the_graph_is_a_failure():
    """Asked for, or named by an edge: never dropped without a word."""
    with pytest.raises(GraphError, match="asset x: the graph does not know it"):
        WHOLE.order(["a", "x"])
    with pytest.raises(GraphError, match="asset x: an edge names it"):
        _ = graph({"a": PEOPLE}, ["a>x"]).reached


@st.composite
def dags(draw):
    """Draw a graph whose edges go up in a shuffled list of names."""
    names = draw(st.permutations([f"n{number}" for number in range(draw(st.integers(1, 12)))]))
    pairs = [(up, down) for i, up in enumerate(names) for down in names[i + 1 :]]
    edges = draw(st.sets(st.sampled_from(pairs), max_size=30)) if pairs else set()
    declared = {name: draw(st.sampled_from([PEOPLE, REBUILT, NOBODY, None])) for name in sorted(names)}
    return graph(declared, [f"{up}>{down}" for up, down in edges])


@given(dags(), st.data())
def test_the_order_is_topological_whole_and_stable(made, data):
    """What is asked for, each once, upstream first; the same whatever order it is asked in."""
    wanted = data.draw(st.lists(st.sampled_from(sorted(made.nodes)), unique=True))
    found = made.order(wanted)
    assert sorted(wanted) == sorted(found)
    place = {name: number for number, name in enumerate(made.order(made.nodes))}
    assert [] == [edge for edge in made.edges if place[edge[0]] >= place[edge[1]]]
    assert sorted(found, key=place.get) == found == shuffled(made).order(reversed(wanted))


@given(dags())
def test_reached_is_the_least_set_closed_downstream(made):
    """By its definition: who holds people, and whatever is below a reached asset that does not stop it."""
    expected = {name for name, node in made.nodes.items() if node.holds_subjects}
    for name in made.order(made.nodes):
        parents = {up for up, down in made.edges if down == name}
        if any(up in expected and made.nodes[up].declaration != NOBODY for up in parents):
            expected.add(name)
    assert expected == made.reached


def from_dagster(*assets):
    """Read the graph of some Dagster assets."""
    return lineage_graph(dg.Definitions(assets=list(assets)), code_location="films", namespaces=NAMESPACES)


def test_dagster_s_own_graph_is_read():
    """Specs, assets with code, partitions, owners, keys of several parts; each with its declaration."""
    source = dg.AssetSpec(["films", "ratings"], metadata=rows(), owners=["team:b", "team:a"])

    @dg.asset(
        deps=[source], metadata=rows(), partitions_def=dg.StaticPartitionsDefinition(["2026"]), name="daily"
    )
    def daily():
        pass

    made = from_dagster(source, daily)
    assert {
        "films/ratings": Node(
            asset="films/ratings", declaration=PEOPLE, owners=("team:a", "team:b"), materialisable=False
        ),
        "daily": Node(asset="daily", declaration=PEOPLE, partitioned=True),
    } == made.nodes
    assert {("films/ratings", "daily")} == made.edges
    assert [dg.AssetKey(["films", "ratings"]), dg.AssetKey("daily")] == asset_keys(made.order(made.nodes))


def test_an_upstream_that_nobody_describes_is_an_undeclared_node():
    """An asset of another code location is undeclared until it is declared as external."""
    made = from_dagster(dg.AssetSpec("daily", deps=["elsewhere"], metadata=rows()))
    assert Node(asset="elsewhere", declaration=None, materialisable=False) == made.nodes["elsewhere"]
    assert {("elsewhere", "daily")} == made.edges
    assert ("elsewhere", ProblemCode.UNDECLARED) in problems(made)


def test_an_asset_made_from_its_own_past_is_no_cycle():
    """A partitioned asset may depend on its earlier partitions; it has its place in the order."""
    days = dg.DailyPartitionsDefinition("2026-01-01")
    yesterday = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)

    @dg.asset(
        partitions_def=days,
        deps=[dg.AssetDep("running_total", partition_mapping=yesterday), "ratings"],
        metadata=rows(),
    )
    def running_total():
        pass

    made = from_dagster(running_total, dg.AssetSpec("ratings", metadata=rows()))
    assert ["ratings", "running_total"] == made.order(made.nodes)


@pytest.mark.parametrize("key", [["my asset"], ["eva@films.example"], ["a/b"], ["{lake}"]], ids=str)
def test_a_name_that_the_log_would_not_take_is_refused(key):
    """When it is loaded, and with its name; "a/b" would be one asset with ["a", "b"]."""
    with pytest.raises(GraphError, match="rename it"):
        from_dagster(dg.AssetSpec(dg.AssetKey(key), metadata=rows()))


@pytest.mark.parametrize("value", ["delete_rows", 5, {"subject": True, "keys": {}}], ids=str)
def test_a_declaration_that_cannot_be_read_names_its_asset(value):
    """Of whatever shape the metadata is."""
    with pytest.raises(DeclarationError, match="asset films/ratings: "):
        from_dagster(dg.AssetSpec(["films", "ratings"], metadata={METADATA_KEY: value}))
