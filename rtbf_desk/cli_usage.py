"""Runs the command line, and tells wrong usage without repeating what was typed: it may be a person."""

import sys
from typing import Any

import typer

USAGE = 2
UsageError: Any = typer.BadParameter.__base__  # typer does not export it
_HELP, _MISSING, _NO_OPTION = "NoArgsIsHelpError", "MissingParameter", "NoSuchOption"


def run_command_line(app: typer.Typer) -> int:
    """Run the command that was asked for; returns its exit code, 2 for wrong usage."""
    try:
        code = app(prog_name="rtbf", standalone_mode=False)
    except typer.Abort:
        return 1
    except UsageError as error:
        if type(error).__name__ == _HELP:
            error.show()
        else:
            print(_sentence(error), file=sys.stderr)  # noqa: T201 - the command line prints
        return USAGE
    return code if isinstance(code, int) else 0


def _sentence(error: Any) -> str:
    """Return what is wrong, by the names of ours alone."""
    command = error.ctx.command_path if error.ctx else "rtbf"
    param: Any = getattr(error, "param", None)
    name = max(param.opts, key=len) if param is not None and param.opts else ""
    if not name:
        what = _unknown(error)
    elif type(error).__name__ == _MISSING:
        what = f"{name} is missing"
    else:
        what = f"{name} does not take what was given ({param.help.rstrip('.')})"
    return f"{command}: {what}; {command} --help says more"


def _unknown(error: Any) -> str:
    """Return what there is instead of a command or an option that there is not."""
    if error.ctx is None:
        return "there is no such command, or no such option"
    command = error.ctx.command
    if type(error).__name__ == _NO_OPTION:
        options = [max(one.opts, key=len) for one in command.get_params(error.ctx)]
        return f"there is no such option; there are {', '.join(one for one in options if one[:1] == '-')}"
    if hasattr(command, "list_commands"):
        return f"there is no such command; there are {', '.join(command.list_commands(error.ctx))}"
    return "it was given more than it takes"
