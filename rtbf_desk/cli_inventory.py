"""`rtbf inventory`: what is declared of every asset, and what is wrong with it."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from rtbf_desk.cli_base import CONFIG, Config, Json, print_rows, settings_of, told

if TYPE_CHECKING:
    from lineage_assets.graph import LineageGraph
    from rtbf_ledger.settings import Settings


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
        settings = settings_of(config)
        graph = load_graph(settings)
        problems = [one.sentence for one in graph.problems()] + list(_without_root(settings, graph))
    rows = rows_of(graph)
    if not as_json:
        rows = [{name: row[name] for name in row if name not in {"keys", "retention_days"}} for row in rows]
    print_rows(rows, f"Inventory {graph.digest[:12]}", as_json=as_json)
    for sentence in problems:
        print(f"rtbf: {sentence}", file=sys.stderr)  # noqa: T201
    if check and problems:
        raise typer.Exit(1)


def _without_root(settings: "Settings", graph: "LineageGraph") -> Iterator[str]:
    """Name the assets whose location begins with a root that the settings do not have."""
    from rtbf_ledger.errors import SettingsError

    for name in graph.order(graph.nodes):
        declared = graph.nodes[name].declaration
        if declared is not None and declared.location is not None:
            try:
                settings.place(declared.location)
            except SettingsError as error:
                yield f"asset {name}: {error}; add it under [roots], or mend the location"
