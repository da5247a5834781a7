"""A certificate in plain words: text for a person who reads law rather than JSON, a value for machines.

Text is at most 80 columns wide, except for a name or digest that is longer by itself; times are in UTC.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from textwrap import wrap
from typing import Any

from rtbf_ledger.asset_record import AssetRecord, Evidence
from rtbf_ledger.certificate import Body, Certificate
from rtbf_ledger.verdicts import DECIDED, WORDS, Reason, Title, Verdict

WIDTH = 80
_GLUE = "\N{NO-BREAK SPACE}"  # holds a number or a time together while lines are broken; printed as a space
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)  # not strftime's: that speaks the reader's language and the rest is English

_ORDER = (
    *(Verdict.ERASED, Verdict.REDACTED, Verdict.REBUILT),
    *(Verdict.RETRAIN_DUE, Verdict.QUARANTINED, Verdict.NEEDS_DECISION),
    *(Verdict.EXEMPT, Verdict.BEYOND_USE, Verdict.NOT_AFFECTED),
)
"""What was done, what is still to be done, what is kept, and what was never affected."""

_MEANING = {
    Title.INTERIM: "Something is still to be done, or a legal hold is open; another record follows.",
    Title.PARTIAL: "Something about the person is kept, for the reasons given below.",
    Title.FINAL: "In the assets listed, nothing is left to be done for this request.",
}


def summary(certificate: Certificate) -> dict[str, Any]:
    """Return a certificate as a JSON value for machines: what it says, and where it is in the log.

    Returns:
        The body's fields with title, counts of the verdicts (`verdicts`), and `log`: origin, index, size.
    """
    ended = Counter(str(item.verdict) for item in certificate.body.assets)
    more = {"verdicts": dict(sorted(ended.items())), "log": _log_place(certificate)}
    return certificate.body.to_json() | more


def render(certificate: Certificate) -> str:
    """Return a certificate as text for a person who reads law rather than JSON; ends in a newline."""
    body = certificate.body
    parts = [
        [f"{body.title}: request to erase personal data", "", *_wrapped(_MEANING[body.title])],
        _facts(body),
        *_verdict_parts(body.assets),
        *([_listed("Searched for and found nowhere", body.nothing_found)] if body.nothing_found else []),
        ["What this record covers", *_wrapped(_covers(body), "  ")],
        _listed("What it does not cover", body.not_covered or ("The controller named nothing else.",)),
        ["Who says this", *_wrapped(_statement(certificate), "  ")],
    ]
    return "\n\n".join("\n".join(part) for part in parts).replace(_GLUE, " ") + "\n"


def _facts(body: Body) -> list[str]:
    """Return who, which law and when: a column of names and a column of values."""
    facts = (
        ("Controller", body.controller),
        ("Request", body.request_id),
        ("Law", body.law),
        ("Received", _time_text(body.received_at)),
        ("Answer due by", _date_text(body.due_on)),
        ("Approved", _time_text(body.approved_at)),
        ("Closed", _time_text(body.closed_at)),
        ("Identifiers", _key_text(body.key_destroyed_at)),
        ("Legal hold", "open" if body.hold_open else "none open"),
    )
    column = max(len(name) for name, _ in facts) + len("  ")
    return [line for name, value in facts for line in _wrapped(value, f"  {name:{column}}")]


def _verdict_parts(assets: Sequence[AssetRecord]) -> list[list[str]]:
    """Return one part a verdict: its words, its reasons, and the assets each reason is given for."""
    parts = []
    for verdict in _ORDER:
        ended = [item for item in assets if item.verdict is verdict]
        if ended:
            by_reason = groupby(sorted(ended, key=_reason_first), key=lambda item: item.reason)
            lines = [line for reason, items in by_reason for line in _reason_lines(reason, items)]
            parts.append([f"{WORDS[verdict].capitalize()}: {_many(len(ended), 'asset')}", *lines])
    return parts


def _reason_first(item: AssetRecord) -> tuple[int, str]:
    return list(Reason).index(item.reason), item.asset


def _reason_lines(reason: Reason, items: Iterable[AssetRecord]) -> list[str]:
    """Return a reason and the assets it is given for, each with the owner's words and what was counted."""
    lines = _wrapped(reason, "  ")
    for item in items:
        until = f", until {_date_text(item.until)}" if item.until else ""
        lines += _wrapped(f"{item.asset}{until}", "  - ")
        said = (_basis(item), _counted(item.evidence))
        lines += [line for each in said if each for line in _wrapped(each, "      ")]
    return lines


def _basis(item: AssetRecord) -> str:
    """Return who stands behind the verdict: who decided, or what the asset's owner stated."""
    if not item.basis:
        return ""
    return item.basis if item.reason in DECIDED else f"stated by its owner: {item.basis}"


def _counted(seen: Evidence) -> str:
    """Return what was counted in one asset, in words; empty where nothing was."""
    about = ", ".join(
        f"{_number(count)}{_GLUE}{words}"
        for words, count in (
            (f"found{_GLUE}before", seen.found_before),
            ("removed", seen.removed),
            (f"found{_GLUE}after", seen.found_after),
        )
        if count is not None
    )
    searched = " in ".join(
        _many(count, noun)
        for noun, count in (("row", seen.rows_searched), ("file", seen.files_searched))
        if count is not None
    )
    parts = (
        f"rows and fields about the person: {about}" if about else "",
        f"{searched} searched" if searched else "",
        f"{_many(seen.files_changed, 'file')} changed" if seen.files_changed else "",
        f"built by run {seen.materialization}" if seen.materialization else "",
    )
    return "; ".join(filter(None, parts))


def _covers(body: Body) -> str:
    return f"{_many(body.covers.assets, 'asset')} of the inventory with the digest {body.covers.inventory}"


def _statement(certificate: Certificate) -> str:
    log = _log_place(certificate)
    return (
        f"It is the controller's own signed statement, recorded on {_time_text(certificate.entry.at)}"
        f" as entry {log['index']} (counted from 0) of the log {log['origin']},"
        f" and proven to be among its first {log['size']} entries."
    )


def _log_place(certificate: Certificate) -> dict[str, Any]:
    size = int(certificate.checkpoint.split("\n")[1])
    return {"origin": certificate.body.log_origin, "index": certificate.inclusion.index, "size": size}


def _listed(heading: str, items: Sequence[str]) -> list[str]:
    return [heading, *(line for item in items for line in _wrapped(item, "  - "))]


def _wrapped(text: str, start: str = "") -> list[str]:
    """Return the lines of a text, the first after `start`, the others under it; no word is broken."""
    return wrap(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _many(count: int, noun: str) -> str:
    return f"{_number(count)}{_GLUE}{noun if count == 1 else noun + 's'}"


def _number(count: int) -> str:
    return f"{count:,}".replace(",", _GLUE)


def _date_text(day: date) -> str:
    return f"{day.day}{_GLUE}{_MONTHS[day.month - 1]}{_GLUE}{day.year}"


def _time_text(at: datetime | None) -> str:
    return f"{_date_text(at)},{_GLUE}{at:%H:%M:%S}{_GLUE}UTC" if at else "not yet"


def _key_text(at: datetime | None) -> str:
    return f"their key was destroyed on {_time_text(at)}" if at else "their key is not destroyed yet"
