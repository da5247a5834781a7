# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""One place compared with one set of identifiers: a branch, which becomes one semi-join."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

import pyarrow as pa


class Sees(IntEnum):
    """What a match of a branch means."""

    OWNER = 0
    MENTION = 1
    ELSEWHERE = 2
    WEAK = 3


class Compared(Protocol):
    """How the values of a place become comparable."""

    @property
    def text(self) -> str:
        """Over v: the value as text, in SQL."""
        ...


@dataclass(frozen=True, kw_only=True)
class Value:
    """How a value v becomes comparable, in SQL.

    Attributes:
        candidates: over v and t: the canonical value, or a list of candidates where `several`.
        text: over v: what t is; it is computed once.
        several: whether `candidates` is a list.
        where: over t: which values can match at all.
        after: over c: what is done to each candidate.
    """

    candidates: str
    text: str = "v"
    several: bool = False
    where: str = "true"
    after: str = "c"

    def select(self, rows: str) -> str:
        """Return the SQL of all candidates of some rows (see `Place.rows`): c, v, f, r, e."""
        each = f"unnest({self.candidates}) AS c" if self.several else f"{self.candidates} AS c"
        texts = f"SELECT v, {self.text} AS t, f, r, e FROM ({rows})"
        found = f"SELECT {each}, v, f, r, e FROM ({texts}) WHERE {self.where}"
        return f"SELECT {self.after} AS c, v, f, r, e FROM ({found})"

    def matched(self, branch: "Branch", needles: str, leaf: str) -> str:
        """Return the SQL of the matches of a place: sees, leaf, ident, f, r, e, whole, how.

        Args:
            branch: the place, which is compared so.
            needles: the name under which its needles are registered.
            leaf: the name of the parameter that carries its label.
        """
        sees = "n.sees" if branch.sees is None else f"{branch.sees:d}"
        return (
            f"SELECT {sees}, ${leaf}, n.ident, x.f, x.r, x.e, true, 'plain'"
            f" FROM ({self.select(branch.rows)}) x JOIN {needles} n ON x.c = n.needle"
        )


@dataclass(frozen=True, kw_only=True)
class Branch:
    """One semi-join.

    Attributes:
        sees: what a match means; None where `needles` has a column that says so.
        leaf: label of the place.
        rows: SQL of all its values (see `Place.rows`).
        value: how they are compared.
        needles: columns `needle` (typed like the candidates) and `ident`.
    """

    sees: Sees | None
    leaf: str
    rows: str
    value: Compared
    needles: pa.Table = field(repr=False)
