"""What assets of this lake ask of the erasure side, by shape only: nothing of ours is imported here."""

from typing import Protocol

import pyarrow as pa


class Suppression(Protocol):
    """The resource `rtbf_suppression`: the list of people who are to stay out."""

    def filter_arrow(self, table: pa.Table, column: str, namespace: str) -> pa.Table:
        """Return the table without the rows of suppressed people; rows with a NULL key stay."""
        ...


class Pseudonyms(Protocol):
    """The resource `rtbf_pseudonyms`: the named keys of the key folder. Keys never enter Dagster."""

    def pseudonym(self, namespace: str, value: str, hmac_key: str) -> str:
        """Return the HMAC-SHA256 (64 hex digits) of a canonical identifier under a named key."""
        ...
