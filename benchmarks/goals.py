"""The goals, set before anything was written, and whether a run reached them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.cases import ALL, MEMORY, ONE, SHUFFLED, TEN, THOUSAND
from benchmarks.filesystems import REFLINKS
from benchmarks.race import Raced

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


@dataclass(frozen=True)
class Verdict:
    """A goal and the figure of this run; `least` tells that the figure is to be no smaller than the bound."""

    goal: str
    file_system: str
    bound: float
    figure: float
    least: bool

    @property
    def reached(self) -> bool:
        """Whether the figure is as good as the bound."""
        return self.figure >= self.bound if self.least else self.figure <= self.bound


def verdicts(raced: Sequence[Raced], *, full: bool) -> list[Verdict]:
    """Return the goals that can be judged; memory only at full scale, which is what its goal is about."""
    by_case = {(one.case, one.file_system): one for one in raced}
    found = [verdict for one in raced for verdict in _of(one)]
    for one in (one for one in raced if one.case == THOUSAND):
        single, many = by_case.get((ONE, one.file_system)), one.median("ours")
        if single and many:
            figure = many / (single.median("ours") or many)
            found.append(Verdict(f"{THOUSAND}, to one id", one.file_system, BATCH, figure, least=False))
    for one in (one for one in raced if full and one.case == MEMORY):
        peak = max(run["peak_bytes"] for run in one.runs["ours"]) / (1 << 20)
        goal = f"peak MiB of memory with a file of {one.bytes / 1e9:.1f} GB"
        found.append(Verdict(goal, one.file_system, MEMORY_BYTES >> 20, peak, least=False))
    return found


def _of(one: Raced) -> Iterator[Verdict]:
    mine, reflinks = one.median("ours"), one.file_system in REFLINKS
    best, copied = one.best_peer, one.median("cp")
    if mine and best and one.case in BEST_PEER:
        figure = (one.median(best) or 0) / mine
        goal = f"{one.case}: times as fast as the best peer"
        yield Verdict(goal, one.file_system, BEST_PEER[one.case][reflinks], figure, least=True)
    if mine and copied and one.case in COPY:
        goal = f"{one.case}: times as long as cp"
        yield Verdict(goal, one.file_system, COPY[one.case][reflinks], mine / copied, least=False)
