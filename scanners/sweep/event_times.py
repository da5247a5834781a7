# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""When the event of a row was, as the last instant that its column can mean, so that a doubt asks a person.

A date is a whole day, and a time without zone can be of any zone: the last is twelve hours behind UTC. What
is there and cannot be read is after everything.
"""

from lineage_assets.declarations import EpochUnit
from scanners.errors import CouldNotLook, Reason
from scanners.residual.layout import Column, Holds, Place
from scanners.residual.order import ScanOrder

HOUR = 3_600_000_000
ANY_ZONE = 12 * HOUR
DAY = 24 * HOUR
_ZONED = "regexp_full_match(v, '.*[T ][0-9:.]+ *(Z|[+-][0-9]{2}(:?[0-9]{2})?)')"
_MICROSECONDS = {
    EpochUnit.SECONDS: "{} * 1000000",
    EpochUnit.MILLISECONDS: "{} * 1000",
    EpochUnit.MICROSECONDS: "{}",
    EpochUnit.NANOSECONDS: "{} // 1000",
}
_DATE = "epoch_us(TRY_CAST(v AS TIMESTAMP))"
_TEXT = (
    f"CASE WHEN {_ZONED} THEN epoch_us(TRY_CAST(v AS TIMESTAMPTZ))"
    f" ELSE {_DATE} + {ANY_ZONE} + CASE WHEN length(v) <= 10 THEN {DAY} ELSE 0 END END"
)


def event_times(order: ScanOrder, columns: tuple[Column, ...], table: str) -> str | None:
    """Return the SQL of f, r and `at`, microseconds since 1970 or NULL; None where no event time is declared.

    Raises:
        CouldNotLook: the column is missing, or is no time.
    """
    declared = order.declaration.event_time
    if declared is None:
        return None
    at = next((i for i, one in enumerate(columns) if one.name == declared.column), None)
    if at is None:
        sentence = f"the event time {declared.column!r} is not among the columns of one of its files"
        raise CouldNotLook(order.asset, Reason.MISSING_COLUMN, sentence)
    instant = _instant(Place(label=declared.column, sql="v", type=columns[at].type), declared.unit)
    if instant is None:
        sentence = f"the type of the event time {declared.column!r} says no time as it is declared"
        raise CouldNotLook(order.asset, Reason.EVENT_TIME, sentence)
    known = f"coalesce(TRY(CAST({instant} AS HUGEINT)), CAST('{2**126}' AS HUGEINT))"
    rows = f"SELECT c{at} AS v, file_index AS f, file_row_number AS r FROM {table}"
    return f"SELECT f, r, CASE WHEN v IS NOT NULL THEN {known} END AS at FROM ({rows})"


def _instant(place: Place, unit: EpochUnit | None) -> str | None:
    """Return the SQL of the last instant that v can mean, or None where its type says none."""
    kind = place.engine_type
    if unit is not None:
        whole = "v" if place.holds is Holds.INTEGER else "TRY_CAST(v AS HUGEINT)"
        counted = place.holds is Holds.INTEGER or kind == "varchar"
        return _MICROSECONDS[unit].format(f"CAST({whole} AS HUGEINT)") if counted else None
    if kind == "timestamp with time zone":
        return "epoch_us(v)"
    if kind.startswith("timestamp"):
        return f"{_DATE} + {ANY_ZONE}"
    if kind == "date":
        return f"{_DATE} + {DAY + ANY_ZONE}"
    return _TEXT if kind == "varchar" else None
