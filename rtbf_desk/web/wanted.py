"""What a visitor of the scans asked to see: whose, of which data set, in which order, with what has ended."""

from collections.abc import Mapping
from dataclasses import dataclass

from lineage_assets.graph import Node
from rtbf_desk.web.desk import Asked
from rtbf_ledger.findings import Finding, FindingState

ENDED = "ended"
ORDERS = {"age": "the oldest first", "asset": "by data set", "owner": "by owner"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to show. `owner` and `asset` are empty where all are wanted; `nodes` are the data sets."""

    owner: str
    asset: str
    order: str
    ended: bool
    nodes: Mapping[str, Node]

    @classmethod
    def of(cls, asked: Asked) -> "Wanted":
        """Read it from the address; what is unknown there counts as not asked for."""
        order = asked.query.get("by", "")
        return cls(
            owner=asked.query.get("owner", ""),
            asset=asked.query.get("asset", ""),
            order=order if order in ORDERS else next(iter(ORDERS)),
            ended=asked.query.get("state", "") == ENDED,
            nodes=asked.desk.graph.nodes,
        )

    def owners(self, asset: str) -> tuple[str, ...]:
        """Return the owners of a data set; none where the definitions no longer have it."""
        node = self.nodes.get(asset)
        return node.owners if node else ()

    def takes(self, name: str, owners: tuple[str, ...] | None = None) -> bool:
        """Whether something in a data set, or a place, of some owners is to be shown."""
        told = self.owners(name) if owners is None else owners
        return self.asset in {"", name} and (not self.owner or self.owner in told)

    def place(self, one: Finding) -> tuple[bool, str, str, str]:
        """Return where a finding stands in the order: what is open first."""
        first = {"age": "", "asset": one.asset, "owner": ", ".join(self.owners(one.asset))}[self.order]
        return (one.state is not FindingState.OPEN, first, one.opened_at, one.id)
