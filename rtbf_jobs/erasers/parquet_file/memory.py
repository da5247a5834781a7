"""Which of the engine's allocators it works with."""

from functools import cache

import pyarrow as pa

DEFAULT, LIGHT = "mimalloc", "jemalloc"


@cache
def settle() -> None:
    """Let the engine allocate with jemalloc from now on, in the whole process, unless somebody chose another.

    With its own default every thread of ours begins with large pages that the kernel has to clear: row groups
    took 5 to 37% more CPU time, and a process a fifth to a quarter more memory (docs/performance.md).
    """
    if pa.default_memory_pool().backend_name == DEFAULT and LIGHT in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())
