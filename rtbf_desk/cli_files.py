"""`rtbf files` among the other commands; its options are in `cli_erase`, which starts without all of them."""

import typer

files_app = typer.Typer(
    help="Erase in Parquet and CSV files as they lie there: no Dagster, no ledger, no certificate.",
    no_args_is_help=True,
)


@files_app.callback()
def files() -> None:
    """Erase in Parquet and CSV files as they lie there: no Dagster, no ledger, no certificate."""


@files_app.command(
    "erase",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def files_erase(context: typer.Context) -> None:
    """Delete the rows that hold one of the ids, and move nobody else's."""
    from rtbf_desk.cli_erase import erase

    raise typer.Exit(erase(context.args))
