"""`rtbf files erase`: erasing in files as they lie there, without Dagster, ledger and settings file.

Without typer, too, and with nothing loaded before its turn: most of a tiny run is pyarrow's own start.
"""

from argparse import Namespace
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

from lineage_assets.errors import KeyPathError
from lineage_assets.identifiers import Kind
from rtbf_desk.cli_options import Options, ids_of, keys_of, kind_of
from rtbf_desk.cli_told import progress, said, tell_json, tell_lines, tell_sentences
from rtbf_jobs.files.errors import FilesError, UsageRefused
from rtbf_jobs.files.history import History

if TYPE_CHECKING:
    from rtbf_jobs.files.order import Sieve
    from rtbf_jobs.files.summary import Summary

PROGRAM = "rtbf files erase"
REFUSED, WRONG, CANCELLED = 1, 2, 130
WHAT = f"""\
Delete the rows that hold one of the ids, and move nobody else's.

Each file is replaced whole, after a proof, or left as it is. Exit 0: done. 1: files were refused, each is
named, the rest is done. 2: wrong usage, nothing was touched. 130: stopped; run it again to go on.

Example: {PROGRAM} lake/events --key user.id --ids gone.txt --dry-run
"""


def erase(words: Sequence[str]) -> int:
    """Run the command.

    Args:
        words: what was typed after `rtbf files erase`.

    Returns:
        0 done, 1 files were refused, 2 wrong usage, 130 stopped.
    """
    try:
        asked = _asked(words)
        summary = _run(asked)
    except (FilesError, KeyPathError) as error:
        return said(str(error), WRONG)
    except KeyboardInterrupt:
        return said("stopped; no file was touched yet", CANCELLED)
    _tell(summary, as_json=asked.json)
    if summary.cancelled:
        return CANCELLED
    return 0 if summary.whole else REFUSED


def options() -> Options:
    """Return the command's options."""
    usage = f"{PROGRAM} PLACE [PLACE ...] --key KEY --ids FILE [options]"
    made = Options(prog=PROGRAM, usage=usage, description=WHAT)
    add = made.add_argument
    made.take_places()
    add(
        "--key",
        action="append",
        required=True,
        help="where the ids stand: user.id, viewers[], payload::account; repeatable",
    )
    made.take_ids()
    add("--kind", help=f"what the ids are: {', '.join(Kind)}; else the column's type says it")
    add(
        "--history",
        default="keep",
        help="old versions in a versioned bucket that hold an id: keep (and say so) or delete",
    )
    add("--jobs", metavar="N", help="how many local files at a time; else one a processor, at most 4")
    add("--dry-run", action="store_true", help="look and count only; nothing is written")
    made.take_json()
    return made


def _asked(words: Sequence[str]) -> Namespace:
    """Return what was asked for.

    Raises:
        UsageRefused: it cannot be understood.
    """
    asked = options().understood(words)
    kind_of(asked)
    if asked.history not in list(History):
        raise UsageRefused(f"--history is one of: {', '.join(History)}")
    if asked.jobs is not None and not (asked.jobs.isdecimal() and int(asked.jobs) > 0):
        raise UsageRefused("--jobs is a whole number, 1 or more")
    return asked


def _run(asked: Namespace) -> "Summary":
    from rtbf_jobs.files.command import Run, Watch, local_workers
    from rtbf_jobs.files.names import Names
    from rtbf_jobs.files.stop import Stop

    sieve, stopping = _sieve(asked), Stop()
    with stopping.listening(), progress(as_json=asked.json) as (begin, tick):
        return Run(
            sieve=sieve,
            names=Names(sieve.ids.texts),
            dry_run=asked.dry_run,
            history=History(asked.history),
            stop=stopping,
            clock=monotonic,
            watch=Watch(begin=begin, tick=lambda job: tick(1, job.size)),
            workers=int(asked.jobs) if asked.jobs else local_workers(),
        ).erase(asked.places)


def _sieve(asked: Namespace) -> "Sieve":
    """Read whose rows go; what cannot be read is wrong usage."""
    from rtbf_jobs.files.order import Sieve

    ids, kind = ids_of(asked), kind_of(asked)
    sieve = Sieve(keys=keys_of(asked, ids), ids=ids, kind=kind)
    if kind is not None:
        sieve.ids.sought(kind)
    return sieve


def _tell(summary: "Summary", *, as_json: bool) -> None:
    if as_json:
        tell_json(summary.to_json())
        return
    tell_sentences(summary.to_sentences())
    tell_lines(summary.to_lines(), width=34)
