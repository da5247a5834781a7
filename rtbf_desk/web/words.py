"""The words on the pages: states, steps and reasons as a lawyer would say them, not as we do. Pure."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from rtbf_ledger.findings import FindingKind, Since
from rtbf_ledger.mismatches import Because, MismatchState
from rtbf_ledger.states import Attention, State
from rtbf_ledger.sweeps import SweepState

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
KIB = 1024

STATES: dict[State, tuple[str, str]] = {
    State.FILED: ("Received", "The first search of all data has not been done yet."),
    State.PLANNED: ("Waiting for approval", "Nothing is erased before a person approves."),
    State.APPROVED: ("Approved", "It is erased with the next run."),
    State.ERASING: ("Being erased", "The data is being erased now."),
    State.REBUILDING: ("Being built again", "Data that was made from the person's data is being made anew."),
    State.VERIFYING: ("Being checked", "The same search is done again, to see what is left."),
    State.PARTLY_CLOSED: ("Done in part", "Something is held, or still to be decided; the record names it."),
    State.CLOSED: ("Done", "The record says what was removed, what is kept and why."),
    State.REFUSED: ("Refused", "It was refused; the identifiers are destroyed."),
    State.CANCELLED: ("Cancelled", "It was cancelled; the identifiers are destroyed."),
    State.FAILED: ("Stopped", "Something stands in the way; it is named on this page."),
}
WAITS: dict[State, str] = {
    State.FILED: "the first search",
    State.PLANNED: "a person to approve it",
    State.APPROVED: "the next run",
    State.ERASING: "the run under way",
    State.REBUILDING: "data to be built again",
    State.VERIFYING: "the search afterwards",
    State.PARTLY_CLOSED: "a decision, or the end of a hold",
    State.FAILED: "somebody to remove the cause",
}
ATTENTION: dict[Attention, str] = {
    Attention.NOTHING_FOUND: "a check: an identifier was found nowhere",
    Attention.OVER_LIMIT: "a check: it would erase more than usual",
}
FINDINGS = {
    FindingKind.RESURRECTION: "Came back",
    FindingKind.ELSEWHERE: "Stands elsewhere",
    FindingKind.CASE: "To be decided",
}
GONE_AGAIN = "Gone again"
CASE_NEXT = "a person decides whether it is the same person"
ELSEWHERE_NEXT = "its owner declares where it stands as a key, or takes it out"
UNFILED_NEXT = "a request that erases it again is not filed; the next sweep does, where it can"
SINCE = {
    Since.DURING: "by",
    Since.AFTER: "by something else, after",
    Since.UNKNOWN: "by something that Dagster does not know",
}
SWEEPS = {
    SweepState.CLEAN: "Nobody there",
    SweepState.FOUND: "Somebody there",
    SweepState.COULD_NOT: "Could not be looked at",
}
MISMATCHES = {
    MismatchState.OPEN: "To be decided",
    MismatchState.ACCEPTED: "Accepted",
    MismatchState.CLOSED: "Gone",
}
BECAUSE = {
    Because.NO_PERSONAL_DATA: "it is no personal data",
    Because.AGGREGATE: "it is about many people together",
    Because.CHANCE: "it is chance",
    Because.BELONGS_THERE: "it belongs there",
    Because.BEING_FIXED: "it is being mended",
}
NEVER_SWEPT = "Never looked at"
NOTHING_TO_TAKE = "Nothing to remove"
WILL = {
    "keep": "Is kept",
    "search only": "Is searched only",
    "nothing to search": "Is not searched",
    "delete rows": "Rows are deleted",
    "redact columns": "Fields are emptied",
    "rebuild": "Is built again",
    "retrain": "Is trained again",
    "delete file": "The file is deleted",
}
CODES = {
    "legal_claims": "legal claims",
    "authority_order": "an authority's order",
    "fraud_investigation": "a fraud investigation",
    "new_contract": "a new contract",
    "new_account": "a new account",
    "consent": "consent",
    "plan_changed": "the plan had changed since it was approved",
    "readmitted": "somebody it is about was readmitted",
    "over_limit": "it would erase more of a data set than the limit allows",
    "moved": "its data is in another place than declared",
    "residual": "something was still there",
    "left_in_index": "its index still held the person",
    "uneven": "the counts do not agree",
    "vault": "the sealed identifiers could not be opened",
    "ambiguous_link": "an identifier leads to several people",
    "undeclared": "nobody has declared what it holds",
    "undeclared_reached": "nobody has declared what it holds",
    "key_type": "the identifier cannot be compared with its column",
    "engine": "it could not be searched",
    "unreadable": "it cannot be read",
    "missing_folder": "it is not where it is declared to be",
    "missing_column": "a declared column is not there",
    "missing_key": "a named key is not in the key folder",
    "encrypted": "it is encrypted",
    "foreign_file": "a file in it cannot be searched",
    "changed_while_read": "it changed while it was read",
    "needs_a_person": "something came since it was found, so a person decides",
    "event_time": "its column of event times cannot be read as declared",
    "unsearched": "a file in it is no table",
    "undeclared_asset": "nobody has declared what it holds",
    "declared_free": "it is declared to hold nobody, and made from data about people",
    "key_missing": "a declared column is not there",
    "named_like_key": "a column has the name of a declared key",
    "undeclared_folder": "a folder that belongs to no data set",
    "undeclared_file": "a file that belongs to no data set",
    "table_orphan": "a file that its table does not refer to",
    "old_version": "an old version that is still there",
    "temporary": "a temporary file",
    "backup": "a backup file",
    "joins_unrelated": "its values are identifiers of a data set that it is not made from",
    "joins": "its values are identifiers of another data set",
    "resurrection": "the person came back",
    "case": "a person has to decide who it is",
}


def warning(state: State, attention: str | None) -> str:
    """Return what a person must check before approving, in a few words; empty where nothing is unusual."""
    if state is not State.PLANNED or attention is None or attention not in list(Attention):
        return ""
    return ATTENTION[Attention(attention)]


def waits_for(state: State, attention: str | None, run_at: str = "") -> str:
    """Return what a request waits for, in a few words; empty where it has ended.

    `run_at` is when approved requests are erased, where that is not at once.
    """
    if run_at and state is State.APPROVED:
        return f"{WAITS[state]}, {run_at}"
    return warning(state, attention) or WAITS.get(state, "")


def code(value: str) -> str:
    """Return a code of the log in words; one without words of its own as it is, without underscores."""
    return CODES.get(value, value.replace("_", " "))


def basis(text: str | None) -> str:
    """Return what a verdict rests on, in brackets; the code at its end, or that it is, in words."""
    if not text:
        return ""
    source, colon, last = text.rpartition(": ")
    return f"({source}{colon}{CODES.get(last, last)})"


def sentence(text: str) -> str:
    """Return an error's text with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}"


def day(value: date | str | None) -> str:
    """Return a day such as "3 Dec 2026"."""
    if not value:
        return ""
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{found.day} {MONTHS[found.month - 1]} {found.year}"


def time(value: datetime, zone: str) -> str:
    """Return a time in a zone, and the zone: "3 Dec 2026, 14:05 CET"."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M} {local.tzname()}"


def days_left(due: date, today: date) -> str:
    """Return how long there is until a day: "12 days left", "today", "3 days late"."""
    days = (due - today).days
    if days == 0:
        return "today"
    if days == 1:
        return "tomorrow"
    return f"{days} days left" if days > 0 else f"{counted(-days, 'day')} late"


def age(since: date, today: date) -> str:
    """Return how long ago a day was: "today", "yesterday", "12 days ago"."""
    days = (today - since).days
    return {0: "today", 1: "yesterday"}.get(days, f"{figure(days)} days ago")


def counted(number: int, noun: str) -> str:
    """Return a number and its noun, in the plural where it is not one."""
    return f"{figure(number)} {noun}{'' if number == 1 else 's'}"


def figure(number: int | None) -> str:
    """Return a number with thin groups of three; empty for None."""
    return "" if number is None else f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def size(number: int | None) -> str:
    """Return a number of bytes for people: "12 KiB"."""
    if number is None:
        return ""
    amount, unit = float(number), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < KIB or unit == "TiB":
            break
        amount /= KIB
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"  # noqa: PLR2004
