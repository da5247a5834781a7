"""The goals, set before anything was written, and whether a run reached them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.cases import ALL, MEMORY, ONE, SHUFFLED, TEN, THOUSAND
from benchmarks.filesystems import REFLINKS
from benchmarks.race import Raced
from benchmarks.verdict import Verdict

BEST_PEER = {ONE: (12, 40), TEN: (5, 5), ALL: (1, 1), SHUFFLED: (1, 1)}
"""At least so many times as fast as the best peer: where the file system copies, and where it reflinks."""
COPY = {ONE: (1.05, 0.35)}
"""At most so many times as long as cp, for the same two."""
BATCH, MEMORY_BYTES = 1.3, 400 << 20
S3F2 = (
    "S3F2's core was not run: it is no package. Measured before, on other days than this run: 5.7 s for one "
    "id in one of 8 files, 60 s for one id in the file of 80 row groups (16.7 s on a quiet machine). The "
    "goal is 40 times as fast as that core."
)


@dataclass(frozen=True, kw_only=True)
class VerdictOn(Verdict):
    """A goal that depends on the file system."""

    file_system: str


def verdicts(raced: Sequence[Raced], *, full: bool) -> list[VerdictOn]:
    """Return the goals that can be judged; memory only at full scale, which is what its goal is about."""
    by_case = {(one.case, one.file_system): one for one in raced}
    found = [verdict for one in raced for verdict in _of(one)]
    for one in (one for one in raced if one.case == THOUSAND):
        single, many = by_case.get((ONE, one.file_system)), one.median("ours")
        if single and many:
            figure = many / (single.median("ours") or many)
            found.append(_judged(one, f"{THOUSAND}, to one id", BATCH, figure, least=False))
    for one in (one for one in raced if full and one.case == MEMORY):
        goal = f"peak MiB of memory with a file of {one.bytes / 1e9:.1f} GB"
        found.append(_judged(one, goal, MEMORY_BYTES >> 20, one.peak("ours") / (1 << 20), least=False))
    return found


def _of(one: Raced) -> Iterator[VerdictOn]:
    mine, reflinks = one.median("ours"), one.file_system in REFLINKS
    best, copied = one.best_peer, one.median("cp")
    if mine and best and one.case in BEST_PEER:
        figure = (one.median(best) or 0) / mine
        goal = f"{one.case}: times as fast as the best peer"
        yield _judged(one, goal, BEST_PEER[one.case][reflinks], figure)
    if mine and copied and one.case in COPY:
        goal = f"{one.case}: times as long as cp"
        yield _judged(one, goal, COPY[one.case][reflinks], mine / copied, least=False)


def _judged(one: Raced, goal: str, bound: float, figure: float, *, least: bool = True) -> VerdictOn:
    return VerdictOn(goal, bound, figure, least, file_system=one.file_system)
