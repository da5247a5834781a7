"""Parts of an upload: they tile the new object, keep S3's limits, and copy what is large and stays."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtbf_jobs.erasers.objects_parts import LARGEST, MOST_PARTS, SMALLEST, parts_of
from rtbf_jobs.erasers.parquet_file.recipe import Bytes, Copy, Layout, New, Recipe

MIB = 1 << 20
LENGTHS = st.one_of(st.integers(1, 9), st.integers(1, 40 * MIB), st.integers(1, 3 << 30))


@st.composite
def recipes(draw):
    """Return any recipe: copies from anywhere, touching or apart, and a footer."""
    segments, at, offset = [], 0, 4
    for kind, length, gap in draw(
        st.lists(st.tuples(st.sampled_from([Copy, New]), LENGTHS, st.sampled_from([0, 7])), max_size=12)
    ):
        if kind is Copy:
            offset += gap
            segments.append(Copy(at, offset, length))
            offset += length
        else:
            segments.append(New(at, 0, length))
        at += length
    return Recipe(Layout.SHIFT, (*segments, Bytes(at, b"footer")))


@given(recipes())
def test_parts_tile_the_object_and_keep_the_limits(recipe):
    parts = parts_of(recipe)
    assert 0 == parts[0].start
    assert recipe.size == parts[-1].end
    assert all(one.end == two.start for one, two in pairwise(parts))
    assert all(part.length >= SMALLEST for part in parts[:-1])
    assert all(part.length <= LARGEST for part in parts)
    assert len(parts) <= MOST_PARTS


@given(recipes())
def test_a_copied_part_is_where_the_recipe_says(recipe):
    """Each byte of a copied part is the same byte of the old object that the recipe names."""
    copies = [one for one in recipe.segments if isinstance(one, Copy)]
    for part in (part for part in parts_of(recipe) if part.source is not None):
        at = part.start
        while at < part.end:
            one = next(one for one in copies if one.at <= at < one.at + one.length)
            assert one.offset + at - one.at == part.source + at - part.start
            at = one.at + one.length


def test_one_touched_row_group_uploads_little():
    """Of 400 MiB, the new row group, what fills it up to a part, and the footer go through us."""
    recipe = Recipe(
        Layout.SHIFT,
        (
            Copy(0, 0, 200 * MIB),
            New(200 * MIB, 0, MIB),
            Copy(201 * MIB, 202 * MIB, 199 * MIB),
            Bytes(400 * MIB, b"f" * MIB),
        ),
    )
    uploaded = sum(part.length for part in parts_of(recipe) if part.source is None)
    assert uploaded <= MIB + SMALLEST + MIB


@pytest.mark.parametrize("size", [1, SMALLEST, 3 * LARGEST + 1, 5 << 40])
def test_a_part_is_never_too_large_nor_an_upload_too_long(size):
    """Up to the five TiB that an object may have."""
    for segment in (New(0, 0, size), Copy(0, 0, size)):
        parts = parts_of(Recipe(Layout.SHIFT, (segment, Bytes(size, b"f"))))
        assert len(parts) <= MOST_PARTS
        assert max(part.length for part in parts) <= LARGEST
