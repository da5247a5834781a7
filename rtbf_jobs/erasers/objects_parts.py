"""Into which parts of an upload a new object is cut: the store copies large untouched ranges itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rtbf_jobs.erasers.parquet_file.recipe import Copy, Recipe

# Limits of S3 itself: a part has 5 MiB to 5 GiB, only the last may be smaller; an upload has 10,000 parts.
SMALLEST, LARGEST, MOST_PARTS = 5 << 20, 5 << 30, 10_000
# What one request uploads is in memory; what one request copies keeps the others waiting.
UPLOAD, COPY = 16 << 20, 128 << 20


@dataclass(frozen=True)
class Part:
    """Bytes `start` to `end` of the new object; `source`: where the old one has the same; None: upload."""

    start: int
    end: int
    source: int | None = None

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.end - self.start


def parts_of(recipe: Recipe) -> list[Part]:
    """Return the parts of a recipe's object, in order and without gaps; at least one."""
    smallest = max(SMALLEST, 4 * recipe.size // MOST_PARTS)
    upload = max(UPLOAD, 2 * smallest)
    parts: list[Part] = []
    start = 0
    for run in _runs(recipe):
        # What waits to be uploaded may be too small for a part: it takes the beginning of the copy along.
        begin = run.start if start == run.start else max(run.start, start + smallest)
        if run.end - begin < smallest or run.source is None:
            continue
        parts += _cut(start, begin, upload, smallest)
        copies = _cut(begin, run.end, max(COPY, smallest), smallest)
        parts += [replace(one, source=one.start + run.source - run.start) for one in copies]
        start = run.end
    return [*parts, *_cut(start, recipe.size, upload, smallest)]


def _runs(recipe: Recipe) -> Iterator[Part]:
    """Yield the ranges that are in the old object as they are, those that touch joined."""
    run: Part | None = None
    for one in (each for each in recipe.segments if isinstance(each, Copy)):
        if run and run.source is not None and (run.end, run.source + run.length) == (one.at, one.offset):
            run = Part(run.start, one.at + one.length, run.source)
            continue
        if run:
            yield run
        run = Part(one.at, one.at + one.length, one.offset)
    if run:
        yield run


def _cut(start: int, end: int, size: int, smallest: int) -> Iterator[Part]:
    """Yield parts of about a size; a rest too small for a part goes with the one before."""
    while end - start >= size + smallest:
        yield Part(start, start + size)
        start += size
    if end > start:
        yield Part(start, end)
