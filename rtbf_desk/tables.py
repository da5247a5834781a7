"""What the command line prints: one value for `--json`, and the same as a table for people."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


def as_json(value: Any) -> str:
    """Return a value as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def show(console: Console, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows of the same keys as a table; keys are the headings."""
    table = Table(title=title, title_justify="left", show_lines=False, header_style="bold")
    for name in rows[0] if rows else ("",):
        numeric = all(isinstance(row[name], int) for row in rows) if rows else False
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    console.print(table)
