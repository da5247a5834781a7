"""`rtbf inventory`: what is declared of every asset, and what is wrong with it."""

import sys
from typing import Annotated

import typer

from rtbf_desk.cli_base import CONFIG, Config, Json, print_rows, settings_of, told


def inventory(
    *,
    check: Annotated[
        bool,
        typer.Option("--check", help="Exit 1 where an asset is not declared well; looks at no data."),
    ] = False,
    as_json: Json = False,
    config: Config = CONFIG,
) -> None:
    """List every asset: what it holds about whom, for what purpose, and how it is erased."""
    from rtbf_desk.loading import load_graph
    from rtbf_desk.reading import inventory as rows_of

    with told():
        graph = load_graph(settings_of(config))
        problems = graph.problems()
    rows = rows_of(graph)
    if not as_json:
        rows = [{name: row[name] for name in row if name not in {"keys", "retention_days"}} for row in rows]
    print_rows(rows, f"Inventory {graph.digest[:12]}", as_json=as_json)
    for problem in problems:
        print(f"rtbf: {problem.sentence}", file=sys.stderr)  # noqa: T201
    if check and problems:
        raise typer.Exit(1)
