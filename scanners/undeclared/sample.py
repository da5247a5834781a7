"""What a detector sees of one column: its name, its type and some of its values, in memory only."""

from dataclasses import dataclass, field

from scanners.residual.layout import Holds

MOST_VALUES = 1000
"""How many distinct values a sample holds at most."""


@dataclass(frozen=True, kw_only=True)
class ColumnSample:
    """One column of one asset, over all its files. `repr` never shows a value.

    Attributes:
        asset: the asset's name.
        column: the column as a key path would give it; nested: `a.b`, `a[]`, of maps `a{key}`, `a{value}`.
        holds: what the values are, as far as identifiers are concerned.
        engine_type: the engine's name of the type, in lower case: "varchar", "bigint", "date", "timestamp".
        values: distinct values as text, at most `MOST_VALUES`, chosen by hash and not by place. Texts are as
            they stand in the data (neither stripped nor lower-cased), dates as YYYY-MM-DD, bytes decoded.
        filled: how many values (rows, or elements of lists) are there and not null.
        distinct: how many of them are distinct, estimated.
    """

    asset: str
    column: str
    holds: Holds
    engine_type: str
    values: tuple[str, ...] = field(repr=False)
    filled: int
    distinct: int
