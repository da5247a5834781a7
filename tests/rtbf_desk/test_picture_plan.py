"""The picture of a plan: every asset of the graph, with what would happen there."""

import re
from xml.etree import ElementTree as ET

import dagster as dg
import pytest

from lineage_assets import no_subject_data
from lineage_assets.from_dagster import lineage_graph
from rtbf_desk.picture_drawing import drawing
from rtbf_desk.picture_plan import MEANINGS, planned

ROW = {"rows": 0, "mentions": 0, "undecided": 0, "of_rows": 9, "touched": False}
NOTHING = "nothing is done"


def graph_of(*names):
    """A chain of assets."""
    free = no_subject_data(because="for the picture")
    specs = [
        dg.AssetSpec(name, deps=list(names[number - 1 : number] if number else ()), metadata=free)
        for number, name in enumerate(names)
    ]
    return lineage_graph(dg.Definitions(assets=specs), code_location="test", namespaces={})


def said(svg):
    """Return the sentences of the boxes."""
    assert ET.fromstring(svg).tag.endswith("svg")
    return re.findall(r"<g><title>([^<]*)</title>", svg)


@pytest.mark.parametrize(
    ("row", "sentence", "meaning"),
    [
        (
            {"will": "delete rows", "word": "Rows are deleted", "rows": 2, "touched": True},
            "2 found",
            "is deleted",
        ),
        ({"will": "delete rows", "word": "Nothing to remove"}, "0 found", NOTHING),
        (
            {"will": "delete file", "word": "The file is deleted", "rows": 1, "touched": True},
            "1 found",
            "is deleted",
        ),
        (
            {"will": "redact columns", "word": "Fields are emptied", "mentions": 3, "touched": True},
            "3 mentions",
            "fields are emptied",
        ),
        (
            {"will": "rebuild", "word": "Is built again"},
            "0 found",
            "is made again without the person",
        ),
        ({"will": "keep", "word": "Is kept", "rows": 1234}, "1\N{NO-BREAK SPACE}234 found", "is kept"),
        (
            {"will": "delete rows", "word": "Rows are deleted", "rows": 1, "undecided": 4, "touched": True},
            "1 found, 4 to decide",
            "a person decides",
        ),
        ({"will": "search only", "word": "Is searched only"}, "0 found", NOTHING),
        ({"will": "nothing to search", "word": "Is not searched", "of_rows": None}, "", NOTHING),
    ],
)
def test_a_box_says_what_would_happen_and_to_how_much(row, sentence, meaning):
    """And below the picture stands what its look means, and nothing that is not used."""
    svg = planned(graph_of("a"), [{"asset": "a", **ROW, **row}], "rq-1")
    assert [", ".join(filter(None, (f"a: {row['word']}", sentence))) + "."] == said(svg)
    shown = {text for text in MEANINGS.values() if f">{text}</text>" in svg}
    assert {meaning} == shown
    assert "request rq-1; nothing is erased yet" in svg


def test_an_asset_that_the_plan_does_not_have_is_drawn_dashed():
    """The definitions may have changed since it was planned."""
    row = {"asset": "gone", **ROW, "will": "keep", "word": "Is kept"}
    svg = planned(graph_of("new"), [row], "rq-1")
    assert ["new: not in the plan."] == said(svg)
    assert "stroke-dasharray" in svg
    assert "gone" not in svg


def test_a_graph_without_assets_is_drawn_too():
    """As an empty frame."""
    assert [] == said(drawing(graph_of(), [], title="t", about="a", meanings={}))
