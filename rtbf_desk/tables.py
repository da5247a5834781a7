"""What the command line prints: one value for `--json`, and the same as a table for people."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text


def as_json(value: Any) -> str:
    """Return a value as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def show(console: Console, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows of the same keys as a table; keys are the headings."""
    if not rows:
        console.print(f"{title}: none", highlight=False)
        return
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for number, name in enumerate(rows[0]):
        numeric = all(isinstance(row[name], int | None) for row in rows)
        table.add_column(
            name.replace("_", " "),
            justify="right" if numeric else "left",
            no_wrap=numeric or number == 0,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    console.print(table)
