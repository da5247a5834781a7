"""Options of `rtbf files erase` and `rtbf files scan`, which start without typer; and what they mean."""

import sys
from argparse import ArgumentError, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from lineage_assets.errors import KeyPathError
from lineage_assets.identifiers import Kind
from lineage_assets.paths import KeyPath
from rtbf_jobs.files.errors import UsageRefused

if TYPE_CHECKING:
    from rtbf_jobs.files.ids import Ids


class Options(ArgumentParser):
    """Tells wrong usage without repeating what was typed: it may be a person."""

    def __init__(self, *, prog: str, usage: str, description: str) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
            exit_on_error=False,
        )
        self.more = f"{prog} --help says more"

    def error(self, message: str) -> NoReturn:
        """Refuse.

        Raises:
            UsageRefused: always; only the options that are missing are taken from the message.
        """
        names = ", ".join(name for name in ("PLACE", "--key", "--ids") if name in message)
        raise UsageRefused(f"{names} missing; {self.more}")

    def take_places(self) -> None:
        """Add where the files are."""
        what = "files, folders, globs, or s3://, gs://, az:// URLs"
        self.add_argument("places", nargs="+", metavar="PLACE", help=what)

    def take_ids(self) -> None:
        """Add who is meant."""
        what = "one id a line, or Parquet or CSV; - reads standard input"
        self.add_argument("--ids", required=True, metavar="FILE", help=what)
        what = "the column of a Parquet or CSV file of ids"
        self.add_argument("--ids-column", metavar="NAME", help=what)

    def take_json(self) -> None:
        """Add for whom the result is printed."""
        self.add_argument("--json", action="store_true", help="print JSON for machines")

    def understood(self, words: Sequence[str]) -> Namespace:
        """Return what was asked for.

        Raises:
            UsageRefused: it cannot be understood.
        """
        try:
            asked, unknown = self.parse_known_intermixed_args(list(words))
        except ArgumentError as error:
            raise UsageRefused(f"{error.argument_name} does not take what was given; {self.more}") from None
        if unknown:
            raise UsageRefused(f"there is no such option; {self.more}")
        return asked


def kind_of(asked: Namespace) -> Kind | None:
    """Return what the ids are, where `--kind` says it.

    Raises:
        UsageRefused: it is no kind.
    """
    if asked.kind is None:
        return None
    if asked.kind not in list(Kind):
        raise UsageRefused(f"--kind is one of: {', '.join(Kind)}")
    return Kind(asked.kind)


def keys_of(asked: Namespace, ids: "Ids") -> tuple[KeyPath, ...]:
    """Return where the ids stand, each `--key` once.

    Raises:
        KeyPathError: one is none; the message masks ids in it.
    """
    from rtbf_jobs.files.names import Names

    try:
        return tuple(dict.fromkeys(KeyPath.parse(one) for one in asked.key))
    except KeyPathError as error:
        raise KeyPathError(Names(ids.texts).sentence(str(error))) from None


def ids_of(asked: Namespace) -> "Ids":
    """Read the ids from the file, or from standard input.

    Raises:
        FilesError: they cannot be read.
    """
    from rtbf_jobs.files.ids import read_ids

    given = sys.stdin.buffer.read() if asked.ids == "-" else None
    return read_ids(asked.ids, asked.ids_column, given=given, kind=kind_of(asked))
