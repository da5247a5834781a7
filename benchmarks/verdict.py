"""A goal, and whether a run reached it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """A goal and the figure of this run; `least` tells that the figure is to be no smaller than the bound."""

    goal: str
    bound: float
    figure: float
    least: bool = True

    @property
    def reached(self) -> bool:
        """Whether the figure is as good as the bound."""
        return self.figure >= self.bound if self.least else self.figure <= self.bound

    @property
    def cells(self) -> list[str]:
        """Bound, figure and verdict for a table."""
        return [
            f"{'at least' if self.least else 'at most'} {self.bound:g}",
            f"{self.figure:.3g}",
            "reached" if self.reached else "**MISSED**",
        ]
