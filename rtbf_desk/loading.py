"""Loads a deployment's own definitions, which saves their declared graph in the ledger."""

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from lineage_assets.errors import GraphError
from lineage_assets.from_dagster import lineage_graph

if TYPE_CHECKING:
    from lineage_assets.graph import LineageGraph
    from rtbf_ledger.settings import Settings


def load_graph(settings: "Settings") -> "LineageGraph":
    """Import the settings' definitions module and return the declared graph of its `Definitions`.

    Raises:
        GraphError: the module cannot be imported, or has no or more than one `Definitions`.
    """
    sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(settings.definitions)
    except ModuleNotFoundError as error:
        raise GraphError(
            f"definitions: no module {error.name!r} from here; set definitions in the settings"
        ) from None
    except ImportError as error:
        raise GraphError(f"definitions: {error}") from None
    found = [value for value in vars(module).values() if isinstance(value, dg.Definitions)]
    merged = [one for one in found if (one.resources or {}).get("rtbf_control") is not None]
    if len(merged) != 1:
        raise GraphError("definitions: the module has no Definitions merged with erasure_definitions(...)")
    return lineage_graph(merged[0], code_location=settings.code_location, namespaces=settings.namespaces)
