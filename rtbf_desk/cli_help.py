"""A command line whose `--help` shows a flag by its name alone: it takes no value, so it has no type."""

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class _FlagsWithoutType:
    """What a command and a group have in common here."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters; flags show an empty type."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for one in found:
            if getattr(one, "is_bool_flag", False):
                one.metavar = ""
        return found


class _Command(_FlagsWithoutType, TyperCommand):
    """One command."""


class _Group(_FlagsWithoutType, TyperGroup):
    """Several commands under one name."""


class CommandLine(typer.Typer):
    """A `typer.Typer` of such commands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(cls=_Group, **options)

    def command(self, name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        """Register a command."""
        return super().command(name, cls=_Command, **options)
