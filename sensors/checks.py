"""Asset checks: what the ledger last proved of each declared asset, and which assets declare nothing."""

from collections.abc import Iterator

import dagster as dg

from lineage_assets.from_dagster import asset_keys
from lineage_assets.graph import LineageGraph
from rtbf_jobs.control import Control
from rtbf_jobs.dagster_jobs import CHECK_NAME
from rtbf_ledger import evidence

DECLARED_CHECK = "rtbf_declared"


def residual_check(graph: LineageGraph) -> dg.AssetChecksDefinition | None:
    """Return the check of every declared asset with a location: did the last proof find nothing left?"""
    located = sorted(
        name for name, node in graph.nodes.items() if node.declaration and node.declaration.location
    )
    if not located:
        return None
    specs = [dg.AssetCheckSpec(CHECK_NAME, asset=key) for key in asset_keys(located)]

    @dg.multi_asset_check(
        specs=specs, name="rtbf_residual_checks", can_subset=True, required_resource_keys={"rtbf_control"}
    )
    def rtbf_residual_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        control: Control = context.resources.rtbf_control
        for key in context.selected_asset_check_keys:
            asset = key.asset_key.to_user_string()
            with control.ledger.read() as tx:
                left = evidence.last_failures(tx, asset)
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=CHECK_NAME,
                passed=not left,
                metadata={"rtbf/requests_with_residual": left},
            )

    return rtbf_residual_checks


def declared_check(graph: LineageGraph) -> dg.AssetChecksDefinition | None:
    """Return the check of every undeclared asset: it fails until somebody declares the asset."""
    undeclared = sorted(name for name, node in graph.nodes.items() if node.declaration is None)
    if not undeclared:
        return None
    specs = [dg.AssetCheckSpec(DECLARED_CHECK, asset=key) for key in asset_keys(undeclared)]

    @dg.multi_asset_check(specs=specs, name="rtbf_declared_checks", can_subset=True)
    def rtbf_declared_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for key in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=DECLARED_CHECK,
                passed=False,
                description="add subject_data(...) or no_subject_data(because=...) to its metadata",
            )

    return rtbf_declared_checks
