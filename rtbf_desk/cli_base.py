"""What the commands share: options, settings, the ledger, and how an error is told."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console

if TYPE_CHECKING:
    from rtbf_ledger.settings import Settings
    from rtbf_ledger.store import Ledger

RequestId = Annotated[str, typer.Argument(help="The request's id, as `rtbf file` printed it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Staff = Annotated[str, typer.Option("--by", help="Code of the person who does this (no name).")]
IdentifiersFrom = Annotated[
    Path, typer.Option(help="A file with one namespace=value a line; - reads standard input.")
]
Received = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"],
        metavar="<time>",
        help="When it was received, in UTC, such as 2026-03-31T14:05; now when left out.",
    ),
]
Identity = Annotated[str, typer.Option(help="How identity was verified; kept sealed.")]
Note = Annotated[str, typer.Option(help="A note; kept sealed.")]
Config = Annotated[
    Path, typer.Option("--config", envvar="RTBF_CONFIG", help="The settings file of this deployment.")
]
CONFIG = Path("rtbf.toml")


@contextmanager
def told() -> Iterator[None]:
    """Tell our own errors in one sentence, exit 1; anything else by its type and place only."""
    from lineage_assets.errors import DeclarationError
    from rtbf_ledger.errors import LedgerError

    try:
        yield
    except (DeclarationError, LedgerError) as error:
        stop(str(error))


def stop(sentence: str, code: int = 1) -> NoReturn:
    """Print one sentence and exit."""
    print(f"rtbf: {sentence}", file=sys.stderr)  # noqa: T201 - the command line prints
    raise typer.Exit(code)


def out(text: str) -> None:
    """Print a text."""
    print(text)  # noqa: T201 - the command line prints


def settings_of(config: Path) -> "Settings":
    """Return the settings of a file; RTBF_LEDGER_URL wins over its ledger URL."""
    from rtbf_ledger.settings import read_settings

    return read_settings(config, environ=os.environ)


def ledger_of(settings: "Settings") -> "Ledger":
    """Return the open ledger of the settings."""
    from rtbf_ledger.store import open_ledger

    return open_ledger(
        settings.ledger_url,
        settings.keys,
        code_location=settings.code_location,
        clock=lambda: datetime.now(UTC),
        randomness=os.urandom,
    )


def lines_of(source: Path) -> list[str]:
    """Return the lines of a text file, or of standard input for `-`."""
    try:
        text = sys.stdin.read() if str(source) == "-" else source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        stop("the identifiers cannot be read: give a UTF-8 text file, or - for standard input", 2)
    return text.splitlines()


def received_at(given: datetime | None) -> datetime:
    """Return when a request was received: what `--received` says, in UTC, or now."""
    return given.replace(tzinfo=UTC) if given else datetime.now(UTC)


def print_rows(rows: list[dict[str, Any]], title: str, *, as_json: bool) -> None:
    """Print rows as a table, or as JSON."""
    from rtbf_desk import tables

    if as_json:
        out(tables.as_json(rows))
    else:
        tables.show(Console(), title, rows)


def act(config: Path, action: Callable[["Ledger"], object], done: Callable[["Settings"], str]) -> None:
    """Do something with the ledger and say what was done; our errors are told."""
    with told():
        settings = settings_of(config)
        action(ledger_of(settings))
    out(done(settings))


def write(path: Path, data: bytes) -> None:
    """Write a file that was asked for, and say so; where it cannot be written, say why and exit 2."""
    try:
        path.write_bytes(data)
    except OSError as error:
        stop(f"the output cannot be written: {error.strerror}; name another file", 2)
    out(f"wrote {path}")
