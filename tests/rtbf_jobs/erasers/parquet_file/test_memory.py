"""Which allocator the engine has while it erases."""

import pyarrow as pa
import pytest

from rtbf_jobs.erasers.parquet_file import memory


@pytest.fixture
def pool():
    """Give the process its own allocator back."""
    before = pa.default_memory_pool()
    memory.settle.cache_clear()
    yield
    pa.set_memory_pool(before)
    memory.settle.cache_clear()


@pytest.mark.parametrize(
    ("chosen", "left"), [(pa.mimalloc_memory_pool, "jemalloc"), (pa.system_memory_pool, "system")]
)
def test_the_engine_s_own_default_is_exchanged_and_a_choice_is_left(pool, chosen, left):
    """Somebody who chose an allocator keeps it."""
    pa.set_memory_pool(chosen())
    memory.settle()
    assert left == pa.default_memory_pool().backend_name
