"""Reads the declared graph from Dagster's own asset specs."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from lineage_assets.declarations import METADATA_KEY, Declaration
from lineage_assets.errors import DeclarationError
from lineage_assets.graph import LineageGraph, Node
from lineage_assets.identifiers import Namespace


def lineage_graph(
    definitions: dg.Definitions, *, code_location: str, namespaces: Mapping[str, Namespace]
) -> LineageGraph:
    """Return the declared graph of a `Definitions` whose resources are all there.

    An asset that others depend on, and that no spec here describes, is an undeclared node.

    Raises:
        DeclarationError: a declaration cannot be read; the message names the asset.
    """
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}
    materialisable = {
        key.to_user_string() for key in definitions.resolve_asset_graph().materializable_asset_keys
    }
    edges = {(dep.asset_key.to_user_string(), name) for name, spec in specs.items() for dep in spec.deps}
    nodes = {name: _node(name, spec, materialisable=name in materialisable) for name, spec in specs.items()}
    for up, _ in edges:
        nodes.setdefault(up, Node(asset=up, declaration=None, materialisable=False))
    return LineageGraph(
        code_location=code_location, namespaces=dict(namespaces), nodes=nodes, edges=frozenset(edges)
    )


def _node(name: str, spec: dg.AssetSpec, *, materialisable: bool) -> Node:
    return Node(
        asset=name,
        declaration=_declaration(name, spec.metadata),
        owners=tuple(sorted(spec.owners)),
        partitioned=spec.partitions_def is not None,
        materialisable=materialisable,
    )


def _declaration(name: str, metadata: Mapping[str, Any]) -> Declaration | None:
    value = metadata.get(METADATA_KEY)
    if value is None:
        return None
    plain = value.value if isinstance(value, dg.JsonMetadataValue) else value
    if not isinstance(plain, Mapping):
        raise DeclarationError(
            f"asset {name}: metadata {METADATA_KEY!r} is no mapping; use subject_data(...)"
        )
    try:
        return Declaration.from_json(plain)
    except DeclarationError as error:
        raise DeclarationError(f"asset {name}: {error}") from None


def asset_keys(assets: Iterable[str]) -> list[dg.AssetKey]:
    """Return Dagster's keys of assets named as in the graph."""
    return [dg.AssetKey.from_user_string(name) for name in assets]
