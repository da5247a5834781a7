"""A proof that does not fetch what the store copies still sees a plan that takes it from the wrong place."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtbf_jobs.erasers.errors import TripleBroken
from rtbf_jobs.erasers.files import data_files
from rtbf_jobs.erasers.matching import wanted
from rtbf_jobs.erasers.objects_proof import BLOCK, Addressed, addresses, untouched
from rtbf_jobs.erasers.parquet_file.extents import Extent
from rtbf_jobs.erasers.parquet_file.find import scan
from rtbf_jobs.erasers.parquet_file.prove import prove
from rtbf_jobs.erasers.parquet_file.recipe import Composed, Copy, Layout, Recipe, spool
from rtbf_jobs.erasers.parquet_file.rewrite import recipe_for
from rtbf_jobs.erasers.parquet_file.source import local
from tests.rtbf_jobs.erasers.lake import order_for, sought, write


class Counting:
    """A source of made-up bytes that notes what is read of it."""

    def __init__(self, size):
        self.size, self.identity, self.read_of = size, None, []

    def read(self, offset, length):
        """Return ones."""
        self.read_of.append((offset, length))
        return b"\1" * length


@given(st.integers(0, 3 * BLOCK), st.integers(0, 3 * BLOCK), st.integers(0, 3 * BLOCK))
def test_addresses_are_the_same_however_they_are_read(offset, one, two):
    assert addresses(offset, one + two) == addresses(offset, one) + addresses(offset + one, two)


@given(st.integers(0, 5 * BLOCK), st.integers(-3 * BLOCK, 3 * BLOCK))
def test_addresses_of_other_places_differ(offset, by):
    """Over two blocks: at least one number is elsewhere, or another one."""
    if by and offset + by >= 0:
        assert addresses(offset, 2 * BLOCK) != addresses(offset + by, 2 * BLOCK)


@given(st.integers(0, 900), st.integers(0, 100))
def test_only_what_is_outside_the_extents_is_read(offset, length):
    real = Counting(1000)
    data = Addressed(real, [Extent(600, 700), Extent(100, 300), Extent(300, 400)]).read(offset, length)
    inside = [100 <= at < 400 or 600 <= at < 700 for at in range(offset, offset + length)]
    assert length == len(data)
    assert sum(size for _, size in real.read_of) == inside.count(False)
    assert [b for b, within in zip(data, inside, strict=True) if not within] == [1] * inside.count(False)


@pytest.fixture
def planned(tmp_path):
    """A file of 8 row groups, one with the subject, and the recipe of the new one."""
    values = {"user_id": list(range(16000)), "v": pa.array([f"{n * 7919:040}" for n in range(16000)])}
    file = write(
        tmp_path / "a.parquet", values, row_group_size=2000, compression="none", write_page_index=True
    )
    order = order_for(file, {"user_id": "account"}, sought("account", "4100"))
    (data,), wants = data_files(order), wanted(order)
    with local(file) as source, spool(Path(tmp_path)) as spooled:
        found = scan(order, wants, data, source)
        recipe = recipe_for(order, wants, found, source, spooled, Layout.SHIFT)
        yield order, wants, found, source, spooled, recipe


def test_the_right_plan_is_proven_without_the_other_row_groups(planned):
    order, wants, found, source, spooled, recipe = planned
    lean = Addressed(source, untouched(source, found.groups))
    assert frozenset({2}) == found.groups
    prove(order, wants, found, lean, Composed(recipe, lean, spooled))


@pytest.mark.parametrize("by", [-1, 1, 8, 512])
def test_a_copy_from_the_wrong_place_breaks_the_proof(planned, by):
    """One copied range of the plan begins elsewhere: the data would be another row group's."""
    order, wants, found, source, spooled, recipe = planned
    lean = Addressed(source, untouched(source, found.groups))
    large = max((one for one in recipe.segments if isinstance(one, Copy)), key=lambda one: one.length)
    wrong = Copy(large.at, large.offset + by, large.length)
    segments = tuple(wrong if one is large else one for one in recipe.segments)
    with pytest.raises(TripleBroken):
        prove(order, wants, found, lean, Composed(Recipe(recipe.layout, segments), lean, spooled))
