"""Labels of columns as they may be shown: a column can be named by a person, erased or not."""

from collections.abc import Collection, Mapping

import duckdb

from scanners.residual.layout import Column, leaves
from scanners.sweep.elsewhere import met_in
from scanners.sweep.order import SweepOrder
from scanners.undeclared.masks import by_name, masked_column


def labels_of(
    order: SweepOrder,
    connection: duckdb.DuckDBPyConnection,
    columns: tuple[Column, ...],
    labels: Collection[str],
) -> Mapping[str, str]:
    """Return label -> what is shown of it: a number where it may name somebody, by the list or by its looks.

    Raises:
        duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
    """
    asked = sorted(labels)
    if not asked:
        return {}
    plain = [label.replace("\\.", ".").encode("utf-8", "replace").decode() for label in asked]
    named = {at for at, _ in met_in(order, connection, plain)}
    numbers = {one: at for at, one in enumerate(by_name([place.label for place in leaves(columns)]), 1)}
    return {
        label: f"(column {numbers[label]} by name)" if at in named else masked_column(label, numbers[label])
        for at, label in enumerate(asked)
    }
