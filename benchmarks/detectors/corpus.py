"""The labelled corpus: made columns, and columns of public data sets that are labelled by hand."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from benchmarks.detectors.look_alikes import LOOK_ALIKES
from benchmarks.detectors.personal import PERSONAL
from benchmarks.detectors.public import public_columns
from benchmarks.detectors.values import Made
from scanners.residual.layout import Holds
from scanners.undeclared.detectors.judgement import PersonalKind
from scanners.undeclared.sample import MOST_VALUES, ColumnSample

SEED = 20261122
VALUES = 400
MUTE = ("c17", "field_3", "x", "value")
_HOLDS = {
    "varchar": Holds.TEXT,
    "integer": Holds.INTEGER,
    "bigint": Holds.INTEGER,
}


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A column, what it truly holds (None: no personal data), and where it comes from."""

    sample: ColumnSample
    kind: PersonalKind | None
    what: str
    part: str


def corpus(seed: int = SEED) -> list[Labelled]:
    """Return every labelled column; the same for the same seed."""
    out = made_columns(seed, VALUES)
    for asset, name, kind, engine_type, values in public_columns():
        sample = sampled(asset, name, engine_type, values)
        out.append(Labelled(sample=sample, kind=kind, what=f"{asset}.{name}", part="public"))
    return out


def made_columns(seed: int, count: int) -> list[Labelled]:
    """Return the made columns, each of `count` values before they are made distinct."""
    random = Random(seed)  # noqa: S311 - a reproducible corpus, no secret
    out = []
    for made in (*PERSONAL, *LOOK_ALIKES):
        out += [_column(made, name, "made", random, count) for name in made.names]
        if made.mute:
            out.append(_column(made, random.choice(MUTE), "made, mute names", random, count))
    return out


def _column(made: Made, name: str, part: str, random: Random, count: int) -> Labelled:
    values = [made.make(random) for _ in range(count)]
    asset = "t1" if part.endswith("mute names") else made.asset
    sample = sampled(asset, name, made.type, values)
    return Labelled(sample=sample, kind=made.kind, what=made.what, part=part)


def sampled(asset: str, name: str, engine_type: str, values: Iterable[str]) -> ColumnSample:
    """Return values as the scan would sample them: distinct, chosen by hash."""
    there = list(values)
    distinct = sorted(set(there), key=lambda one: hashlib.sha256(one.encode()).digest())
    return ColumnSample(
        asset=asset,
        column=name,
        holds=_HOLDS.get(engine_type, Holds.OTHER),
        engine_type=engine_type,
        values=tuple(distinct[:MOST_VALUES]),
        filled=len(there),
        distinct=len(distinct),
    )
