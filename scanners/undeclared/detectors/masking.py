"""The masked shape of a column: what a model may see instead of values."""

import json
import re
import unicodedata
from collections import Counter
from itertools import islice

from scanners.undeclared.detectors.shares import ENOUGH
from scanners.undeclared.sample import ColumnSample

SHARED_BY = 5
"""A shape that fewer of the sampled distinct values have is left out: a rare one points at somebody."""

MOST_SHAPES, LONGEST = 5, 40
_MOST_DIGITS = 20
_KEPT = frozenset("@._-+/:()#, ")
_NAME = re.compile(r"[^\W\d][\w .\-\[\]{}]{0,63}")
_MOST_NUMBERED = 3


def masked(column: ColumnSample) -> str:
    """Return the name, the type and the masked shapes of a column as canonical JSON.

    No letter and no digit of a value is in it. Shares are rounded to tenths; how many values there are is
    told as a power of ten.
    """
    shapes = Counter(shape(value) for value in islice(column.values, ENOUGH))
    seen = sum(shapes.values())
    common = sorted(shapes.items(), key=lambda one: (-one[1], one[0]))[:MOST_SHAPES]
    return json.dumps(
        {
            "column": shown_name(column.column),
            "type": re.sub(r"[^a-z0-9_ ]", "", column.engine_type)[:LONGEST],
            "distinct_values": 10 ** len(str(column.distinct)),
            "shapes": [
                {"shape": one, "share": round(count / seen, 1)} for one, count in common if count >= SHARED_BY
            ],
        },
        sort_keys=True,
    )


def shape(value: str) -> str:
    """Return the shape of a value: `a` for letters, `A` for capitals, `9` a digit, `?` for anything else.

    Runs of letters are one sign, so that the length of a name is not told; runs of digits keep their length
    up to 20. At most 40 signs.
    """
    signs = re.sub(r"([aA?x ])\1+", r"\1", "".join(map(_sign, value[: 10 * LONGEST])))
    return re.sub(rf"9{{{_MOST_DIGITS},}}", "9" * _MOST_DIGITS, signs)[:LONGEST]


def shown_name(name: str) -> str:
    """Return a column's name, or its shape where it may be a value itself: `scores.anna@example.com`.

    Pivoted tables and maps have such names. A name that is a person's own ("Anna Smith") cannot be told.
    """
    numbered = sum(char.isdigit() for char in name) > _MOST_NUMBERED
    plain = bool(_NAME.fullmatch(name)) and not numbered and name.isprintable()
    return name if plain else shape(name)


def _sign(char: str) -> str:
    if char in _KEPT:
        return char
    category = unicodedata.category(char)
    return {"Lu": "A", "Lt": "A", "Ll": "a", "Lo": "x", "Lm": "x", "Nd": "9"}.get(category, "?")
