"""The helper for owners: leaves suppressed people out of a rebuild, in pyarrow, polars and DuckDB.

The list is read once per object; distinct values are hashed, not rows.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lineage_assets.identifiers import Kind, Namespace, canonical_in, namespace_of, pseudonym_of
from rtbf_ledger.store import Ledger
from rtbf_ledger.tombstones import PLAIN, Form, check_key, mac_of, macs

if TYPE_CHECKING:
    import duckdb
    import polars as pl
    import pyarrow as pa

UUID_BYTES, PSEUDONYM_BYTES = 16, 32


class Suppression:
    """Filters tables by the suppression list of a ledger; rows with a NULL key stay."""

    def __init__(self, ledger: Ledger, namespaces: dict[str, Namespace]) -> None:
        """Take the open ledger and the declared namespaces."""
        self._ledger = ledger
        self._namespaces = namespaces
        self._macs: dict[tuple[str, str], frozenset[str]] = {}

    def suppressed(self, values: Iterable[object], namespace: str, *, form: str = PLAIN) -> list[bool]:
        """Return for each value whether it belongs to a suppressed person.

        Raises:
            NamespaceError: the namespace is not declared.
            KeyFolderError: the list was made with another tombstone key.
        """
        declared = namespace_of(self._namespaces, namespace)
        listed = self._listed(namespace, form)
        key = self._ledger.keys.named("tombstone")
        seen: dict[object, bool] = {}

        def test(value: object) -> bool:
            text = canonical_in(declared, _written(value, declared.kind)) if form == PLAIN else _hex(value)
            return (
                text is not None and mac_of(key, Form(namespace=namespace, name=form, value=text)) in listed
            )

        out = []
        for value in values:
            if value not in seen:
                seen[value] = value is not None and test(value)
            out.append(seen[value])
        return out

    def _listed(self, namespace: str, form: str) -> frozenset[str]:
        if (namespace, form) not in self._macs:
            with self._ledger.read() as tx:
                check_key(tx, self._ledger.keys.named("tombstone"))
                self._macs[namespace, form] = macs(tx, namespace, form)
        return self._macs[namespace, form]

    def filter_arrow(
        self, table: "pa.Table", column: str, namespace: str, *, form: str = PLAIN
    ) -> "pa.Table":
        """Return a pyarrow table without the rows of suppressed people."""
        import pyarrow as pa  # noqa: PLC0415 - an owner uses one engine; the others need not be there

        drop = self._drop(table.column(column).unique().to_pylist(), namespace, form)
        keep = [value not in drop for value in table.column(column).to_pylist()]
        return table.filter(pa.array(keep, pa.bool_()))

    def filter_polars(
        self, frame: "pl.DataFrame", column: str, namespace: str, *, form: str = PLAIN
    ) -> "pl.DataFrame":
        """Return a polars frame without the rows of suppressed people."""
        import polars as pl  # noqa: PLC0415

        drop = self._drop(frame[column].unique().to_list(), namespace, form)
        keep = [value not in drop for value in frame[column].to_list()]
        return frame.filter(pl.Series(keep, dtype=pl.Boolean))

    def filter_duckdb(
        self, relation: "duckdb.DuckDBPyRelation", column: str, namespace: str, *, form: str = PLAIN
    ) -> "duckdb.DuckDBPyRelation":
        """Return a DuckDB relation without the rows of suppressed people."""
        import duckdb  # noqa: PLC0415

        key = duckdb.ColumnExpression(column)
        values = [row[0] for row in relation.select(key).distinct().fetchall()]
        drop = sorted(self._drop(values, namespace, form), key=str)
        if not drop:
            return relation
        listed = [duckdb.ConstantExpression(value) for value in drop]
        return relation.filter(key.isnull() | key.isnotin(*listed))

    def _drop(self, values: list[Any], namespace: str, form: str) -> set[Any]:
        return {
            value
            for value, drop in zip(values, self.suppressed(values, namespace, form=form), strict=True)
            if drop
        }


def _written(value: object, kind: Kind) -> str:
    """Return a cell as text, as the erasers read it; a whole number may be a float or decimal."""
    if isinstance(value, bytes):
        return (
            value.hex() if kind is Kind.UUID and len(value) == UUID_BYTES else value.decode(errors="replace")
        )
    if isinstance(value, float | Decimal) and value % 1 == 0:
        return str(int(value))
    return str(value)


def _hex(value: object) -> str:
    if isinstance(value, bytes) and len(value) == PSEUDONYM_BYTES:
        return value.hex()
    return _written(value, Kind.TEXT).strip().lower()


class Pseudonyms:
    """Makes the pseudonyms of a training set: HMAC-SHA256 under a named key of the key folder."""

    def __init__(self, named: Callable[[str], bytes], namespaces: dict[str, Namespace]) -> None:
        """Take the reader of named keys (see `pseudonym_key`) and the declared namespaces."""
        self._named = named
        self._namespaces = namespaces

    def pseudonym(self, namespace: str, value: str, hmac_key: str) -> str:
        """Return the pseudonym of an identifier, 64 hex digits.

        Raises:
            ValueError: the value is not of its namespace; the message does not repeat it.
        """
        form = canonical_in(namespace_of(self._namespaces, namespace), value)
        if form is None:
            raise ValueError(f"pseudonym: a value given is no {namespace}")
        return pseudonym_of(form, self._named(hmac_key))
