"""Since which materialisation: the run that wrote a file, or the last one before something else wrote it."""

from collections.abc import Iterable
from dataclasses import dataclass

from rtbf_ledger.findings import Since


@dataclass(frozen=True, kw_only=True)
class Made:
    """One materialisation of an asset: its Dagster run, when that began, and when the asset was done.

    Times are in seconds since 1970. `run` is None where no run made it.
    """

    run: str | None
    began: float
    ended: float


def since(made: Iterable[Made], written: float) -> tuple[Since, str | None]:
    """Return how a file that was written at a time came to be, and the run of that materialisation.

    A file that no run was writing is a restore, a late delivery, or a copy: it is told after which run.
    """
    runs = sorted(made, key=lambda one: one.ended)
    for one in runs:
        if one.began <= written <= one.ended:
            return Since.DURING, one.run
    earlier = [one for one in runs if one.ended < written]
    return (Since.AFTER, earlier[-1].run) if earlier else (Since.UNKNOWN, None)
