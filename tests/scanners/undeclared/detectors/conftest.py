from collections.abc import Callable

import pytest

from scanners.residual.layout import Holds
from scanners.undeclared.sample import ColumnSample

HOLDS = {"varchar": Holds.TEXT, "bigint": Holds.INTEGER, "integer": Holds.INTEGER}


@pytest.fixture
def column() -> Callable[..., ColumnSample]:
    def made(name, values=(), *, engine="varchar", asset="t1", filled=None):
        distinct = tuple(dict.fromkeys(map(str, values)))
        return ColumnSample(
            asset=asset,
            column=name,
            holds=HOLDS.get(engine, Holds.OTHER),
            engine_type=engine,
            values=distinct,
            filled=len(distinct) if filled is None else filled,
            distinct=len(distinct),
        )

    return made
