"""`rtbf files scan`: where identifiers stand in files, without Dagster, ledger and settings file."""

import os
import re
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from lineage_assets.errors import KeyPathError
from lineage_assets.identifiers import Kind
from rtbf_desk.cli_options import Options, ids_of, keys_of, kind_of
from rtbf_desk.cli_told import progress, said, tell_json, tell_lines, tell_sentences
from rtbf_jobs.files.errors import FilesError, UsageRefused

if TYPE_CHECKING:
    from rtbf_desk.files_scan.report import Report

PROGRAM = "rtbf files scan"
COULD_NOT, CANCELLED = 2, 130
THREADS, ROWS, MEMORY = 4, "20", "1GB"
SIZE = re.compile(r"[1-9][0-9]{0,5}(MB|GB)")
WHAT = f"""\
Tell where ids stand in files: file, row group, column, row. Values are never shown, nothing is written.

Without --key every column is searched, and names and metadata, for ids that are rare by their shape (e-mail
addresses, phone numbers with +, UUIDs). Numbers and words stand everywhere by chance: they need --key. Rows
and row groups are counted from 0. What is no Parquet, CSV or TSV is searched as bytes.

Exit 0: looked everywhere, found none. 1: found. 2: something could not be looked at (each is named) and
nothing was found elsewhere, or wrong usage. 130: stopped.

Example: {PROGRAM} lake/events --ids gone.txt
"""


def scan(words: Sequence[str]) -> int:
    """Run the command.

    Args:
        words: what was typed after `rtbf files scan`.

    Returns:
        0 none found, 1 found, 2 could not look or wrong usage, 130 stopped.
    """
    try:
        asked = _asked(words)
        report = _run(asked)
    except (FilesError, KeyPathError) as error:
        return said(str(error), COULD_NOT)
    except KeyboardInterrupt:
        return said("stopped; no file was looked at yet", CANCELLED)
    _tell(report, as_json=asked.json)
    return report.exit_code


def options() -> Options:
    """Return the command's options."""
    usage = f"{PROGRAM} PLACE [PLACE ...] --ids FILE [--key KEY] [options]"
    made = Options(prog=PROGRAM, usage=usage, description=WHAT)
    add = made.add_argument
    made.take_places()
    made.take_ids()
    add(
        "--key",
        action="append",
        default=[],
        help="search this column only: user.id, viewers[], payload::account; repeatable; else all columns",
    )
    add("--all-columns", action="store_true", help="besides --key, search every other column, too")
    add(
        "--free-text",
        action="store_true",
        help="find an id also inside a longer text, not only as the whole value",
    )
    add("--kind", help=f"what the ids are: {', '.join(Kind)}; else each id's shape says it")
    add("--old-versions", action="store_true", help="look into old versions in versioned buckets, too")
    add("--rows", default=ROWS, metavar="N", help=f"how many rows --json names at each place; else {ROWS}")
    add("--memory", default=MEMORY, help=f"what the engine may take, such as 500MB; else {MEMORY}")
    made.take_json()
    return made


def _asked(words: Sequence[str]) -> Namespace:
    """Return what was asked for.

    Raises:
        UsageRefused: it cannot be understood.
    """
    asked = options().understood(words)
    kind_of(asked)
    if not (asked.rows.isdecimal() and 0 < int(asked.rows) <= 1_000_000):  # noqa: PLR2004 - all in memory
        raise UsageRefused("--rows is a whole number from 1 to 1000000")
    if not SIZE.fullmatch(asked.memory):
        raise UsageRefused("--memory is a whole number with MB or GB, such as 500MB")
    return asked


def _run(asked: Namespace) -> "Report":
    from rtbf_desk.files_scan.run import Run
    from rtbf_desk.files_scan.scratch import scratch
    from rtbf_desk.files_scan.wanted import subjects_of
    from rtbf_jobs.files.ids import namespaces
    from rtbf_jobs.files.stop import Stop
    from scanners.files import FilesOrder

    ids = ids_of(asked)
    order = FilesOrder(
        subjects=subjects_of(ids, kind_of(asked)),
        namespaces=namespaces(),
        keys=keys_of(asked, ids),
        all_columns=asked.all_columns,
        free_text=asked.free_text,
        shown=int(asked.rows),
    )
    stopping = Stop()
    with (
        stopping.listening(),
        scratch(Path(tempfile.gettempdir())) as folder,
        progress(as_json=asked.json) as (begin, tick),
    ):
        return Run(
            order=order,
            ids=ids,
            folder=folder,
            threads=min(THREADS, len(os.sched_getaffinity(0))),
            memory=asked.memory,
            old_versions=asked.old_versions,
            stop=stopping,
            clock=monotonic,
            begin=begin,
            tick=tick,
        ).scan(asked.places)


def _tell(report: "Report", *, as_json: bool) -> None:
    if as_json:
        tell_json(report.to_json())
        return
    for line in report.to_places():
        print(line)  # noqa: T201 - the command line prints
    tell_lines(report.to_lines(), width=18)
    tell_sentences(report.to_sentences())
