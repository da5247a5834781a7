"""WIRES the demo's inventory and the erasure into one `Definitions`; decides nothing."""

import os
from pathlib import Path

import dagster as dg

from dagster_rtbf import erasure_definitions, read_settings
from lineage_assets.inventory import Lake, assets


def _definitions() -> dg.Definitions:
    settings = read_settings(Path(__file__).with_name("rtbf.toml"), environ=os.environ)
    films = dg.Definitions(assets=assets, resources={"lake": Lake(root=str(settings.roots["lake"]))})
    return dg.Definitions.merge(films, erasure_definitions(films, settings))


defs = _definitions()
