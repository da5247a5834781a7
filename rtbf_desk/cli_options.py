"""Options of the commands that start without typer: `rtbf files erase` and `rtbf files scan`."""

import sys
from argparse import ArgumentError, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import NoReturn

from rtbf_jobs.files.errors import UsageRefused


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


def said(sentence: str, code: int) -> int:
    """Tell why it ended, beside the output; returns its exit code."""
    print(f"rtbf: {sentence}", file=sys.stderr)  # noqa: T201 - the command line prints
    return code
