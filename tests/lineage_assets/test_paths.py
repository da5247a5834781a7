"""The grammar of key paths: what is written is what is read, and nothing else is a path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage_assets.errors import KeyPathError
from lineage_assets.paths import ELEMENTS, KeyPath

NAMES = st.text(st.characters(exclude_characters="\\[]:", exclude_categories=["Cs"]), min_size=1, max_size=8)
STEPS = st.lists(st.tuples(NAMES, st.integers(0, 2)), min_size=1, max_size=4).map(
    lambda parts: tuple(step for name, lists in parts for step in (name, *[ELEMENTS] * lists))
)
PATHS = st.builds(KeyPath, steps=STEPS, json=st.lists(NAMES, max_size=3).map(tuple))


@pytest.mark.parametrize(
    ("text", "steps", "json"),
    [
        ("user_id", ("user_id",), ()),
        ("viewer.device_id", ("viewer", "device_id"), ()),
        ("viewers[]", ("viewers", ELEMENTS), ()),
        ("viewers[].account", ("viewers", ELEMENTS, "account"), ()),
        ("grid[][]", ("grid", ELEMENTS, ELEMENTS), ()),
        ("payload::requester.account", ("payload",), ("requester", "account")),
        ("events[].body::who", ("events", ELEMENTS, "body"), ("who",)),
        (r"a\.b", ("a.b",), ()),
        (r"a\.b.c\.d::e\.f.g", ("a.b", "c.d"), ("e.f", "g")),
        ("User Id", ("User Id",), ()),
        ("größe", ("größe",), ()),
    ],
)
def test_a_path_is_read(text, steps, json):
    """Each form that the module's docstring shows, and written back the same."""
    expected = KeyPath(steps=steps, json=json)
    assert expected == KeyPath.parse(text)
    assert text == str(expected)
    assert (steps[0], ELEMENTS in steps) == (expected.column, expected.in_list)


@given(PATHS)
def test_every_path_survives_its_text(path):
    """Names with dots and blanks too."""
    assert path == KeyPath.parse(str(path))


@given(st.text(st.sampled_from("ab.[]:\\ "), max_size=12))
def test_whatever_is_read_is_written_the_same(text):
    """Or refused: there is one spelling of a path."""
    try:
        path = KeyPath.parse(text)
    except KeyPathError:
        return
    assert text == str(path)
    assert path == KeyPath.parse(str(path))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "[]",
        "[].a",
        "a[",
        "a]",
        "a[]b.]",
        "a][",
        "a[[]]",
        "::",
        "a::",
        "::a",
        "a::b.",
        "a::.b",
    ],
)
def test_what_is_no_path_is_refused_with_the_text(text):
    """A key path is a name of the owner's schema, so it may be repeated."""
    with pytest.raises(KeyPathError) as caught:
        KeyPath.parse(text)
    assert repr(text) in str(caught.value)
