"""A run of a benchmark: when, on what, of which commit, and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Setting:
    """What the figures of one run were measured on, and how.

    Attributes:
        date: in UTC, ISO 8601.
        machine: see `machine`, with `load_before` and `load_after`.
        commit: of the code, with a plus where files differ from it.
        scale: of the data; 1 is whole.
        rounds: of which the median counts.
        patience: seconds of a case; see `Rules`.
        minutes: how long all of it took.
    """

    date: str
    machine: dict[str, Any]
    commit: str
    scale: float
    rounds: int
    patience: float
    minutes: float

    def setting(self, packages: Sequence[str], *, systems: Sequence[str] = ()) -> str:
        """Return it as a paragraph.

        Args:
            packages: whose versions are told, where they take part.
            systems: the file systems that were measured on.
        """
        on = self.machine
        versions = [f"{name} {on['versions'][name]}" for name in packages if name in on["versions"]]
        small = "" if self.scale >= 1 else f" **A quick look at scale {self.scale}: no figure for a goal.**"
        places = ", ".join([on["kernel"], *dict.fromkeys(systems)])
        return (
            f"{self.date}, commit {self.commit}: {on['processor']}, {on['cores']} cores, "
            f"{on['memory_bytes'] / (1 << 30):.0f} GiB, {places}, Python {on['python']}; "
            f"load {on['load_before'][0]} before and {on['load_after'][0]} after; {self.minutes} minutes. "
            f"{', '.join(versions)}.{small}"
        )
