"""`rtbf files` among the other commands; `cli_erase` and `cli_files_scan` start without all of them."""

import typer

files_app = typer.Typer(
    help="Search and erase in files as they lie there: no Dagster, no ledger, no certificate.",
    no_args_is_help=True,
)


@files_app.callback()
def files() -> None:
    """Search and erase in files as they lie there: no Dagster, no ledger, no certificate."""


@files_app.command(
    "erase",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def files_erase(context: typer.Context) -> None:
    """Delete the rows that hold one of the ids, and move nobody else's."""
    from rtbf_desk.cli_erase import erase

    raise typer.Exit(erase(context.args))


@files_app.command(
    "scan",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def files_scan(context: typer.Context) -> None:
    """Tell in which file, row group, column and row ids stand; values are never shown."""
    from rtbf_desk.cli_files_scan import scan

    raise typer.Exit(scan(context.args))
