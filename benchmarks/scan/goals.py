"""The goals, set before anything was written: plain decode of the columns as a share of ours."""

from collections.abc import Iterator, Sequence

from benchmarks.scan.cases import HASHED_TEN, KEY, MEMORY, STRINGS, TOKENS, named
from benchmarks.scan.race import Raced
from benchmarks.verdict import Verdict

SHARES = {
    named(KEY, 1_000): 0.9,
    named(KEY, 1_000_000): 0.5,
    named(STRINGS, 1_000): 0.5,
    named(TOKENS, 1_000): 0.4,
    named(TOKENS, 10_000): 0.4,
    HASHED_TEN: 0.4,
}
"""At least so much of the speed of plain decode."""
MEMORY_BYTES = 2_000_000_000


def verdicts(raced: Sequence[Raced]) -> list[Verdict]:
    """Return the goals that can be judged."""
    return [verdict for one in raced for verdict in _of(one)]


def _of(one: Raced) -> Iterator[Verdict]:
    share = one.share(one.mine)
    if one.case in SHARES and share is not None:
        yield Verdict(f"{one.case}: speed, decode is 1", SHARES[one.case], share)
    if one.case == MEMORY and one.runs.get(one.mine):
        goal = f"peak MB of memory of a scan of {one.raw / 1e9:.0f} GB"
        yield Verdict(goal, MEMORY_BYTES / 1e6, one.peak(one.mine) / 1e6, least=False)
