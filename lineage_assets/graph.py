"""The declared graph: a value made of nodes, edges and declarations, with a digest as its version.

Plan, desk, command line and certificate refer to the digest; nobody asks Dagster again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import networkx as nx

from lineage_assets.canonical import digest
from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import Declaration, Erasure
from lineage_assets.errors import GraphError
from lineage_assets.identifiers import Choice, Kind, Namespace


class ProblemCode(StrEnum):
    """Why a graph is not whole."""

    UNDECLARED = "undeclared"
    UNDECLARED_REACHED = "undeclared_reached"
    UNKNOWN_NAMESPACE = "unknown_namespace"
    CANNOT_REBUILD = "cannot_rebuild"
    NO_OWNER = "no_owner"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with one asset, as a sentence with a hint."""

    asset: str
    code: ProblemCode
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Node:
    """One asset. `declaration` is None where nobody declared it; `asset` is its key joined by "/"."""

    asset: str
    declaration: Declaration | None
    owners: tuple[str, ...] = ()
    partitioned: bool = False
    materialisable: bool = True

    @property
    def holds_subjects(self) -> bool:
        """Whether it is declared to hold data about people."""
        return self.declaration is not None and self.declaration.subject

    @property
    def rebuildable(self) -> bool:
        """Whether an erasure runs the asset's own code."""
        declared = self.declaration
        return (
            declared is not None
            and declared.subject
            and declared.erasure in {Erasure.REBUILD, Erasure.RETRAIN}
        )

    def to_json(self) -> dict[str, Any]:
        """Return the node as a JSON value."""
        return {
            "asset": self.asset,
            "declaration": self.declaration.to_json() if self.declaration else None,
            "owners": list(self.owners),
            "partitioned": self.partitioned,
            "materialisable": self.materialisable,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Node":
        """Read what `to_json` wrote."""
        declared = value["declaration"]
        return cls(
            asset=value["asset"],
            declaration=read_declaration(declared) if declared else None,
            owners=tuple(value["owners"]),
            partitioned=value["partitioned"],
            materialisable=value["materialisable"],
        )


@dataclass(frozen=True, kw_only=True)
class LineageGraph:
    """All assets of one code location, what they declare, and what is made from what."""

    code_location: str
    namespaces: Mapping[str, Namespace]
    nodes: Mapping[str, Node]
    edges: frozenset[tuple[str, str]]

    @cached_property
    def nx(self) -> "nx.DiGraph[str]":
        """The graph for networkx: an edge points downstream.

        Raises:
            GraphError: the graph has a cycle, or an edge to an asset that is not in it.
        """
        unknown = sorted({end for edge in self.edges for end in edge} - set(self.nodes))
        if unknown:
            raise GraphError(f"asset {unknown[0]}: an edge names it, and the graph does not know it")
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(self.nodes)
        graph.add_edges_from(self.edges)
        if not nx.is_directed_acyclic_graph(graph):
            raise GraphError("the asset graph has a cycle: an erasure has no order to walk it in")
        return graph

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: the version of the inventory."""
        return digest(self.to_json())

    @cached_property
    def pseudonyms(self) -> frozenset[str]:
        """The names of the pseudonym keys that any declaration uses."""
        declared = (node.declaration for node in self.nodes.values() if node.declaration)
        return frozenset(key.hmac_key for one in declared for _, key in one.keys if key.hmac_key is not None)

    @cached_property
    def reached(self) -> frozenset[str]:
        """Every asset that a person's data is in or flows to; the walk stops below `no_subject_data`."""
        seen: set[str] = set()
        todo = [name for name, node in self.nodes.items() if node.holds_subjects]
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            declared = self.nodes[name].declaration
            if declared is None or declared.subject:
                todo.extend(self.nx.successors(name))
        return frozenset(seen)

    def order(self, assets: Iterable[str]) -> list[str]:
        """Return the assets in topological order, ties by name.

        Raises:
            GraphError: one of them is not in the graph.
        """
        wanted = set(assets)
        unknown = sorted(wanted - set(self.nodes))
        if unknown:
            raise GraphError(f"asset {unknown[0]}: the graph does not know it; load the definitions again")
        return [name for name in nx.lexicographical_topological_sort(self.nx) if name in wanted]

    def upstream(self, asset: str) -> frozenset[str]:
        """Return every asset that this one is made from, directly or not."""
        return frozenset(nx.ancestors(self.nx, asset))

    def problems(self) -> list[Problem]:
        """Return what is wrong, by asset name; an empty list means the inventory is whole."""
        return [problem for name in sorted(self.nodes) for problem in self._problems_of(self.nodes[name])]

    def _problems_of(self, node: Node) -> Iterable[Problem]:
        declared = node.declaration
        if declared is None:
            reached = node.asset in self.reached
            code = ProblemCode.UNDECLARED_REACHED if reached else ProblemCode.UNDECLARED
            why = "personal data flows into it and it" if reached else "it"
            yield _problem(
                node, code, f"{why} declares nothing; add subject_data(...) or no_subject_data(because=...)"
            )
            return
        for path, key in declared.keys:
            if key.namespace not in self.namespaces:
                known = ", ".join(sorted(self.namespaces))
                yield _problem(
                    node,
                    ProblemCode.UNKNOWN_NAMESPACE,
                    f"key {path}: no namespace {key.namespace!r}; declared: {known}",
                )
        if node.rebuildable:
            if not node.materialisable:
                yield _problem(
                    node, ProblemCode.CANNOT_REBUILD, "no code here rebuilds it; use another erasure"
                )
            elif node.partitioned:
                yield _problem(
                    node,
                    ProblemCode.CANNOT_REBUILD,
                    "it is partitioned: declare delete_rows, or rebuild it whole",
                )
        if declared.subject and not node.owners:
            yield _problem(
                node, ProblemCode.NO_OWNER, "it has no owner to tell; add owners=[...] to the asset"
            )

    def to_json(self) -> dict[str, Any]:
        """Return the graph as a JSON value, sorted."""
        return {
            "version": 1,
            "code_location": self.code_location,
            "namespaces": {
                name: {"kind": str(ns.kind), "distinctive": ns.distinctive} | _choices(ns)
                for name, ns in self.namespaces.items()
            },
            "nodes": [self.nodes[name].to_json() for name in sorted(self.nodes)],
            "edges": [list(edge) for edge in sorted(self.edges)],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "LineageGraph":
        """Read what `to_json` wrote.

        Raises:
            GraphError: the value was written by another version.
        """
        if value.get("version") != 1:
            raise GraphError("the saved graph was written by another version of dagster-rtbf")
        nodes = [Node.from_json(node) for node in value["nodes"]]
        return cls(
            code_location=value["code_location"],
            namespaces={
                name: Namespace(
                    name=name,
                    kind=Kind(ns["kind"]),
                    distinctive=ns["distinctive"],
                    plus_tags=Choice(ns.get("plus_tags", Choice.KEEP)),
                    dots=Choice(ns.get("dots", Choice.KEEP)),
                    region=ns.get("region"),
                )
                for name, ns in value["namespaces"].items()
            },
            nodes={node.asset: node for node in nodes},
            edges=frozenset((up, down) for up, down in value["edges"]),
        )


def _choices(namespace: Namespace) -> dict[str, str]:
    """What a namespace declares beside its kind; nothing said, nothing written: older digests stay."""
    chosen = {"plus_tags": namespace.plus_tags, "dots": namespace.dots}
    made = {name: str(choice) for name, choice in chosen.items() if choice is not Choice.KEEP}
    return made | ({"region": namespace.region} if namespace.region else {})


def _problem(node: Node, code: ProblemCode, why: str) -> Problem:
    return Problem(asset=node.asset, code=code, sentence=f"asset {node.asset}: {why}")
