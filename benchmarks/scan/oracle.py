"""What has to be found: counted from the generator's own list of who is where, never by an engine."""

import numpy as np

from benchmarks.scan.data import People
from benchmarks.scan.job import COLUMNS, Found, Look, whom


def expected(people: People, look: Look, count: int, copies: int = 1) -> Found:
    """Return how many rows of each column name one of those who are looked for; columns without are left out.

    Args:
        people: the data.
        look: where to look.
        count: how many people are looked for.
        copies: how often the same files are there.
    """
    sought = whom(people, look, count)
    found = {column: int(np.isin(people.named(column)[1], sought).sum()) for column in COLUMNS[look]}
    return {column: rows * copies for column, rows in found.items() if rows}
