"""Reads the declared graph from Dagster's own asset specs."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import METADATA_KEY, Declaration
from lineage_assets.errors import DeclarationError, GraphError
from lineage_assets.graph import LineageGraph, Node
from lineage_assets.identifiers import Namespace

NAME = re.compile(r"[A-Za-z0-9_/.-]{1,250}")


def lineage_graph(
    definitions: dg.Definitions, *, code_location: str, namespaces: Mapping[str, Namespace]
) -> LineageGraph:
    """Return the declared graph of a `Definitions` whose resources are all there.

    An asset that others depend on, and that no spec here describes, is an undeclared node. A partitioned
    asset that is made from its own earlier partitions has no edge to itself here: it is not before itself.

    Raises:
        DeclarationError: a declaration cannot be read; the message names the asset.
        GraphError: an asset's name is not one that the log takes (see `_name`).
    """
    specs = {_name(spec.key): spec for spec in definitions.resolve_all_asset_specs()}
    materialisable = {
        key.to_user_string() for key in definitions.resolve_asset_graph().materializable_asset_keys
    }
    edges = {
        (up, name)
        for name, spec in specs.items()
        for dep in spec.deps
        if (up := _name(dep.asset_key)) != name
    }
    nodes = {name: _node(name, spec, materialisable=name in materialisable) for name, spec in specs.items()}
    for up, _ in edges:
        nodes.setdefault(up, Node(asset=up, declaration=None, materialisable=False))
    return LineageGraph(
        code_location=code_location, namespaces=dict(namespaces), nodes=nodes, edges=frozenset(edges)
    )


def _name(key: dg.AssetKey) -> str:
    """Return an asset's name: the parts of its key joined by "/".

    Raises:
        GraphError: the name is not of letters, digits and "_.-" (the log takes no free text), or a part holds
            a "/", so that two assets would have one name.
    """
    name = key.to_user_string()
    if not NAME.fullmatch(name) or any("/" in part for part in key.path):
        raise GraphError(f"asset {name!r}: rename it; a name is of letters, digits, '_', '.' and '-'")
    return name


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
        return read_declaration(plain)
    except DeclarationError as error:
        raise DeclarationError(f"asset {name}: {error}") from None


def asset_keys(assets: Iterable[str]) -> list[dg.AssetKey]:
    """Return Dagster's keys of assets named as in the graph."""
    return [dg.AssetKey.from_user_string(name) for name in assets]
