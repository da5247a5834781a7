"""The lineage picture: tells every verdict three times, draws the whole graph, needs nothing from outside."""

import itertools
import json
import re
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from lineage_assets.errors import GraphError
from lineage_assets.graph import LineageGraph, Node
from rtbf_desk.cli import app
from rtbf_desk.picture import LOOKS, UNTOLD_WORD, picture
from rtbf_desk.picture_layout import BEND_HEIGHT, layout
from rtbf_ledger import batches, certificates, requests, versions
from rtbf_ledger.asset_record import AssetRecord, Evidence
from rtbf_ledger.batches import Purpose
from rtbf_ledger.certificate import Body, Coverage
from rtbf_ledger.settings import read_settings
from rtbf_ledger.store import open_ledger
from rtbf_ledger.verdicts import WORDS, Reason, Verdict

SVG = "{http://www.w3.org/2000/svg}"
DIGEST = "ab" * 32
EDGES = (
    ("ratings", "features"),
    ("ratings", "training"),
    ("features", "training"),
    ("training", "ranker"),
    ("billing", "loyalty"),
)
SEARCHED = {"receipt": DIGEST, "scan_before": DIGEST, "scan_after": DIGEST}
RECORDS = (
    AssetRecord(
        asset="billing",
        verdict=Verdict.EXEMPT,
        reason=Reason.KEPT_BY_LAW,
        basis="invoices are kept for eight years",
        until=date(2034, 12, 31),
        evidence=Evidence(found_before=22, found_after=22),
    ),
    AssetRecord(
        asset="features",
        verdict=Verdict.REBUILT,
        reason=Reason.REBUILT_WITHOUT,
        evidence=Evidence(found_before=0, removed=0, found_after=0, materialization="run-1"),
    ),
    AssetRecord(
        asset="loyalty",
        verdict=Verdict.EXEMPT,
        reason=Reason.KEPT_WITH_SOURCE,
        basis="built from billing",
        until=date(2034, 12, 31),
        evidence=Evidence(),
    ),
    AssetRecord(
        asset="ranker",
        verdict=Verdict.NOT_AFFECTED,
        reason=Reason.NOTHING_FOUND,
        evidence=Evidence(rows_searched=9125),
    ),
    AssetRecord(
        asset="ratings",
        verdict=Verdict.ERASED,
        reason=Reason.ROWS_DELETED,
        evidence=Evidence(found_before=1070, removed=1070, found_after=0, **SEARCHED),
    ),
    AssetRecord(
        asset="training",
        verdict=Verdict.REDACTED,
        reason=Reason.MENTIONS_REMOVED,
        evidence=Evidence(found_before=3, removed=3, found_after=0, **SEARCHED),
    ),
)


def graph_of(edges, names=()):
    """Return a declared graph of these edges; nobody declared anything in it."""
    known = sorted({name for edge in edges for name in edge} | set(names))
    nodes = {name: Node(asset=name, declaration=None) for name in known}
    return LineageGraph(code_location="films", namespaces={}, nodes=nodes, edges=frozenset(edges))


def body_of(graph, records=RECORDS, request_id="rq-1", origin="films/log"):
    """Return a body as `rtbf_ledger.certificate` writes it."""
    at = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    return Body(
        request_id=request_id,
        law="GDPR Art. 17",
        controller="Example Films GmbH",
        received_at=at,
        due_on=date(2026, 12, 21),
        approved_at=at,
        closed_at=at,
        key_destroyed_at=at,
        plan=DIGEST,
        graph=graph.digest,
        log_origin=origin,
        assets=tuple(records),
        hold_open=False,
        nothing_found=(),
        covers=Coverage(assets=len(records), inventory=graph.digest),
        not_covered=(),
    )


@pytest.fixture
def graph():
    """A graph of two parts, with one edge that skips a column."""
    return graph_of(EDGES)


def texts(svg):
    """Return every text that is drawn, in order."""
    return [each.text for each in ET.fromstring(svg).iter(f"{SVG}text")]


def boxes(svg):
    """Return the texts of every asset's box by the asset's name."""
    groups = (
        group for group in ET.fromstring(svg).findall(f"{SVG}g") if group.find(f"{SVG}title") is not None
    )
    said = [[each.text for each in group.iter(f"{SVG}text")] for group in groups]
    return {lines[0]: lines[1:] for lines in said}


def test_every_box_says_name_verdict_and_count(graph):
    """In the verdict's own word; the count is about one person, thousands apart; kept data is not hidden."""
    expected = {
        "ratings": ["erased", "1\N{NO-BREAK SPACE}070 removed, 0 left"],
        "features": ["rebuilt", "0 found"],
        "training": ["redacted", "3 removed, 0 left"],
        "ranker": ["not affected", "9\N{NO-BREAK SPACE}125 rows searched"],
        "billing": ["exempt", "22 found, 22 left"],
        "loyalty": ["exempt", "until 2034-12-31"],
    }
    assert expected == boxes(picture(graph, body_of(graph).to_json()))


def test_title_line_names_record_and_inventory(graph):
    """The record's title first, then the request and the beginning of the inventory's digest."""
    title, about, *_ = texts(picture(graph, body_of(graph).to_json()))
    assert "Partial record: lineage and what became of one person's data" == title
    expected = f"request rq-1, 6 assets of inventory {graph.digest[:12]}; data flows from left to right"
    assert expected == about


def test_a_screen_reader_hears_what_is_drawn(graph):
    """Title and description are named by the picture, and tell each asset's verdict, count and reason."""
    root = ET.fromstring(picture(graph, body_of(graph).to_json()))
    ids = root.attrib["aria-labelledby"].split()
    assert ["title", "desc"] == [
        each.tag.removeprefix(SVG) for one in ids for each in root.iter() if each.get("id") == one
    ]
    told = root.find(f"{SVG}desc").text
    for record in RECORDS:
        assert f"{record.asset}: {WORDS[record.verdict]}" in told
        assert record.reason in told
    assert "(invoices are kept for eight years)" in told


def test_legend_has_the_verdicts_used_and_no_other(graph):
    """One entry a verdict, with its plain words where these are others."""
    expected = [
        "erased: deleted",
        "redacted: emptied or masked",
        "rebuilt: built again",
        "exempt: kept",
        "not affected",
    ]
    assert expected == texts(picture(graph, body_of(graph).to_json()))[-5:]


def test_an_asset_outside_the_record_is_dashed_and_says_so():
    """It is drawn without a verdict: nobody may take it for clean."""
    graph = graph_of(EDGES, names=["nobody_declared_this"])
    svg = picture(graph, body_of(graph).to_json())
    assert [UNTOLD_WORD] == boxes(svg)["nobody_declared_this"]
    assert 1 == svg.count("stroke-dasharray")
    assert UNTOLD_WORD == texts(svg)[-1]


def test_another_graph_is_refused(graph):
    """A record is never drawn over an inventory that it was not made from."""
    other = graph_of([*EDGES, ("ranker", "shop")])
    with pytest.raises(GraphError, match="another graph"):
        picture(other, body_of(graph).to_json())


def test_every_verdict_has_a_look_of_its_own():
    """Colour and symbol both differ, so that either alone is enough."""
    assert set(Verdict) == set(LOOKS)
    assert len(LOOKS) == len({look.symbol for look in LOOKS.values()})
    assert len(LOOKS) == len({look.dark for look in LOOKS.values()})


def luminance(colour):
    """Return the relative luminance of #rrggbb (WCAG 2)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("verdict", list(Verdict))
def test_contrast_is_enough_for_weak_eyes(verdict):
    """White symbol on dark 4.5 to 1, dark text on light 7 to 1 (WCAG 2 AA and AAA)."""
    dark, light = luminance(LOOKS[verdict].dark), luminance(LOOKS[verdict].light)
    assert 1.05 / (dark + 0.05) >= 4.5
    assert (light + 0.05) / (luminance("#1b1f24") + 0.05) >= 7


def test_text_is_escaped_and_stays_text():
    """Names are data: markup in them is shown, characters that XML does not know are replaced."""
    name = '</text><script>"&\x00\x1b\uffff'
    graph = graph_of([(name, "b")])
    svg = picture(graph, body_of(graph, RECORDS[:1]).to_json())
    assert '</text><script>"&\ufffd\ufffd\ufffd' in boxes(svg)
    assert [] == list(ET.fromstring(svg).iter(f"{SVG}script"))


def test_a_long_name_is_cut_in_its_box_and_whole_for_a_reader():
    """The box stays small; the hover title and the description have the name."""
    name = "a" * 80
    graph = graph_of([(name, "b")])
    svg = picture(graph, body_of(graph, RECORDS[:1]).to_json())
    assert "a" * 27 + "\N{HORIZONTAL ELLIPSIS}" in boxes(svg)
    assert 2 == svg.count(name)


def test_it_is_self_contained(graph):
    """No script, no link, no font and no picture from elsewhere; the one address is SVG's own name."""
    svg = picture(graph, body_of(graph).to_json())
    assert ["http://www.w3.org/2000/svg"] == re.findall(r"\w+://[^\"]*", svg)
    assert [] == re.findall(r"<script|href|@import|@font-face|<image|<foreignObject|\bon\w+=", svg)


def test_same_record_same_picture(graph):
    """Byte for byte, also for a graph that was saved and read."""
    again = LineageGraph.from_json(json.loads(json.dumps(graph.to_json())))
    assert picture(graph, body_of(graph).to_json()) == picture(again, body_of(again).to_json())


def test_an_edge_that_skips_a_column_bends_around_the_box_in_it(graph):
    """ratings -> training passes the column of features beside it."""
    places = layout(graph.nx)
    route = places.routes["ratings", "training"]
    assert [0, 1, 2] == [column for column, _ in route]
    assert abs(route[1][1] - places.boxes["features"][1]) >= (1 + BEND_HEIGHT) / 2


@st.composite
def graphs(draw):
    """Draw an acyclic graph of up to 14 assets: edges lead from a smaller number to a larger one."""
    size = draw(st.integers(0, 14))
    pairs = [(f"n{a:02}", f"n{b:02}") for a in range(size) for b in range(a + 1, size)]
    made = nx.DiGraph()
    made.add_nodes_from(f"n{number:02}" for number in range(size))
    made.add_edges_from(draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else [])
    return made


@given(graphs())
def test_layout_of_any_graph(graph):
    """Everything has a place, edges lead to the right one column at a time, nothing overlaps."""
    places = layout(graph)
    assert set(graph) == set(places.boxes)
    assert set(graph.edges) == set(places.routes)
    taken = {(place, 1.0) for place in places.boxes.values()}
    for (up, down), route in places.routes.items():
        columns = [column for column, _ in route]
        assert (places.boxes[up], places.boxes[down]) == (route[0], route[-1])
        assert list(range(columns[0], columns[-1] + 1)) == columns
        assert len(columns) >= 2
        taken |= {(place, BEND_HEIGHT) for place in route[1:-1]}
    for ((column, row), height), ((other, beside), size) in itertools.combinations(sorted(taken), 2):
        assert column != other or abs(row - beside) >= (height + size) / 2 - 1e-9
    for (_, row), height in taken:
        assert height / 2 - 1e-9 <= row <= places.rows - height / 2 + 1e-9


def test_layout_takes_crossings_out_where_it_can():
    """Two edges that cross when sorted by name do not cross when drawn."""
    places = layout(nx.DiGraph([("a", "z"), ("b", "y"), ("a", "x"), ("b", "x")]))
    (_, a), (_, b) = places.boxes["a"], places.boxes["b"]
    (_, y), (_, z) = places.boxes["y"], places.boxes["z"]
    assert (a < b) == (z < y)


def test_command_draws_the_newest_record(graph, tmp_path):
    """`rtbf picture` takes record and graph from the ledger and writes the same picture."""
    config = tmp_path / "rtbf.toml"
    config.write_text(
        '[controller]\nname = "Example"\n[ledger]\ncode_location = "films"\nurl = "sqlite:///ledger.db"\n'
        'keys = "keys"\n[roots]\n[namespaces]\naccount = { kind = "integer" }\n'
    )
    settings = read_settings(config, environ={})
    now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    ledger = open_ledger(
        settings.ledger_url,
        settings.keys,
        code_location="films",
        clock=lambda: now,
        randomness=iter_bytes(),
    )
    filing = requests.Filing(
        law="gdpr", identifiers=[("account", "42")], received_at=now, zone="UTC", country="DE", filed_by="t"
    )
    request_id = requests.file(ledger, filing)
    batch = batches.claim(ledger, Purpose.PREPARE, lease=now - now)
    versions.save_graph(ledger, graph)
    with ledger.read() as tx:
        origin = certificates.origin(tx)
    body = body_of(graph, request_id=request_id, origin=origin)
    certificates.issue_once(ledger, batch.id, body)
    ledger.engine.dispose()

    out = tmp_path / "picture.svg"
    done = CliRunner().invoke(app, ["picture", request_id, "--out", str(out), "--config", str(config)])

    assert (0, f"wrote {out}\n") == (done.exit_code, done.output)
    assert picture(graph, body.to_json()) == out.read_text(encoding="utf-8")


def test_command_without_a_record_says_so(tmp_path):
    """Exit 1 and one sentence; no file is left."""
    config = tmp_path / "rtbf.toml"
    config.write_text(
        '[controller]\nname = "Example"\n[ledger]\ncode_location = "films"\nurl = "sqlite:///ledger.db"\n'
        'keys = "keys"\n[roots]\n[namespaces]\n'
    )
    out = tmp_path / "picture.svg"
    done = CliRunner().invoke(app, ["picture", "rq-1", "--out", str(out), "--config", str(config)])
    assert (1, "rtbf: certificate: this request has none yet\n") == (done.exit_code, done.output)
    assert not out.exists()


def iter_bytes():
    """Return a source of bytes that differ from call to call, the same in every run."""
    count = itertools.count(1)
    return lambda size: next(count).to_bytes(size, "big")
