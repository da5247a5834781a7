"""`rtbf files`: erasing in files as they lie there, without Dagster, ledger and settings file."""

import sys
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from rtbf_desk.cli_base import Json, out, stop
from rtbf_desk.cli_help import CommandLine

if TYPE_CHECKING:
    from rtbf_jobs.files.order import Sieve
    from rtbf_jobs.files.summary import Summary

files_app = CommandLine(
    help="Erase in Parquet and CSV files as they lie there: no Dagster, no ledger, no certificate.",
    no_args_is_help=True,
)
CANCELLED = 130


@files_app.callback()
def files() -> None:
    """Erase in Parquet and CSV files as they lie there: no Dagster, no ledger, no certificate."""


@files_app.command("erase")
def files_erase(  # noqa: PLR0913 - the options of the command
    places: Annotated[
        list[str],
        typer.Argument(help="Files, folders, globs, or s3://, gs://, az:// URLs.", metavar="PLACE"),
    ],
    *,
    key: Annotated[
        list[str], typer.Option(help="Where the ids stand: user.id, viewers[], payload::account; repeatable.")
    ],
    ids: Annotated[
        str, typer.Option(help="A file with one id a line, or Parquet or CSV; - reads standard input.")
    ],
    ids_column: Annotated[
        str | None, typer.Option(help="The column of a Parquet or CSV file of ids.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="What the ids are: integer, text, email, phone or uuid.")
    ] = None,
    history: Annotated[
        str, typer.Option(help="Old versions in a versioned bucket that hold an id: keep or delete.")
    ] = "keep",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look and count only; nothing is written.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Delete the rows that hold one of the ids, and move nobody else's.

    Each file is replaced whole, after a proof, or left as it is. Exit 0: done. 1: files were refused, each is
    named, the rest is done. 2: wrong usage, nothing was touched. 130: stopped; run it again to go on.

    Example: rtbf files erase lake/events --key user.id --ids gone.txt --dry-run
    """
    from rtbf_desk.progress import watching
    from rtbf_jobs.files.command import History, Run
    from rtbf_jobs.files.errors import UsageRefused
    from rtbf_jobs.files.names import Names
    from rtbf_jobs.files.stop import Stop

    if history not in list(History):
        stop(f"--history is one of: {', '.join(History)}", 2)
    sieve = _sieve(key, ids, ids_column, kind)
    names = Names(sieve.ids.texts)
    stopping = Stop()
    with stopping.listening(), watching(shown=not as_json and sys.stderr.isatty()) as watch:
        run = Run(
            sieve=sieve,
            names=names,
            dry_run=dry_run,
            history=History(history),
            stop=stopping,
            clock=monotonic,
            watch=watch,
        )
        try:
            summary = run.erase(places)
        except UsageRefused as error:
            stop(str(error), 2)
        except KeyboardInterrupt:
            stop("stopped; no file was touched yet", CANCELLED)
    _tell(summary, as_json=as_json)
    if summary.cancelled:
        raise typer.Exit(CANCELLED)
    raise typer.Exit(0 if summary.whole else 1)


def _sieve(keys: list[str], ids: str, column: str | None, kind: str | None) -> "Sieve":
    """Read whose rows go; what cannot be read is wrong usage."""
    from lineage_assets.errors import KeyPathError
    from lineage_assets.identifiers import Kind
    from lineage_assets.paths import KeyPath
    from rtbf_jobs.files.errors import FilesError
    from rtbf_jobs.files.ids import read_ids
    from rtbf_jobs.files.order import Sieve

    if kind is not None and kind not in list(Kind):
        stop(f"--kind is one of: {', '.join(Kind)}", 2)
    try:
        paths = tuple(dict.fromkeys(KeyPath.parse(one) for one in keys))
        given = sys.stdin.buffer.read() if ids == "-" else None
        sieve = Sieve(keys=paths, ids=read_ids(ids, column, given=given), kind=Kind(kind) if kind else None)
        if sieve.kind is not None:
            sieve.ids.sought(sieve.kind)
    except (FilesError, KeyPathError) as error:
        stop(str(error), 2)
    return sieve


def _tell(summary: "Summary", *, as_json: bool) -> None:
    if as_json:
        from rtbf_desk import tables

        out(tables.as_json(summary.to_json()))
        return
    for each in summary.refused:
        print(f"rtbf: {each.name}: {each.why}", file=sys.stderr)  # noqa: T201
    for sentence in [*summary.left, *summary.notes]:
        print(f"rtbf: {sentence}", file=sys.stderr)  # noqa: T201
    if summary.cancelled:
        print("rtbf: stopped; every file is old or new: run it again to go on", file=sys.stderr)  # noqa: T201
    for name, value in summary.to_lines().items():
        out(f"{name:34} {value}")
