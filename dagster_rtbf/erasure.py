"""Adds the erasure to somebody's `Definitions`: our jobs, sensors, checks and resources, nothing else."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import dagster as dg

from lineage_assets.declarations import Declaration
from lineage_assets.errors import GraphError
from lineage_assets.from_dagster import asset_keys, lineage_graph
from lineage_assets.graph import LineageGraph, ProblemCode
from lineage_assets.identifiers import Namespace
from rtbf_jobs.control import Control
from rtbf_jobs.dagster_jobs import desk_link, erase_job, prepare_job
from rtbf_jobs.filing_job import filing_job
from rtbf_jobs.index import wrong_assets
from rtbf_jobs.index_job import index_job
from rtbf_ledger import versions
from rtbf_ledger.pseudonym_keys import pseudonym_key
from rtbf_ledger.settings import Settings, Undeclared
from rtbf_ledger.store import Ledger, open_ledger
from rtbf_ledger.suppression import Pseudonyms, Suppression
from rtbf_ledger.verdicts import immodest_words
from sensors.checks import declared_check, residual_check
from sensors.index import index_sensor
from sensors.purge import purge_sensor
from sensors.rebuilds import REBUILD_JOB, rebuild_sensor
from sensors.request_filed import request_filed_sensor
from sensors.retention import retention_schedule
from sensors.sweep import came_back_checks, sweep_job, sweep_schedule
from sensors.sweep_sensor import sweep_sensor
from sensors.undeclared import undeclared_checks, undeclared_job, undeclared_schedule


def erasure_definitions(theirs: dg.Definitions, settings: Settings) -> dg.Definitions:
    """Return the definitions to merge with `theirs`; saves their declared graph in the ledger.

    Resource keys, jobs, sensors, schedules and checks are named `rtbf_...`, but for `file_erasure_request`.

    Raises:
        GraphError: an asset declares nothing and the settings refuse to load so; names every such asset.
        DeclarationError: a declaration cannot be read.
        WrongLocationError: the ledger belongs to another code location.
    """
    ledger = _ledger(settings)
    graph = declared_graph(theirs, settings, ledger)
    refuse(graph, settings)
    versions.save_graph(ledger, graph)
    control = _hard(Control(settings=settings, ledger=ledger, graph=graph))
    jobs = [prepare_job(control), erase_job(control)]
    sensors = [request_filed_sensor(settings.tick_seconds, jobs), purge_sensor(settings.tick_seconds)]
    rebuild_jobs = _rebuild_jobs(graph)
    sensors += [rebuild_sensor(settings.tick_seconds, job) for job in rebuild_jobs]
    index_jobs = [index_job(settings.code_location, control)] if settings.indexed else []
    sensors += [index_sensor(settings.tick_seconds, job) for job in index_jobs]
    sweep = sweep_job(settings.code_location, control)
    sensors.append(sweep_sensor(settings.tick_seconds, sweep))
    look = undeclared_job(settings.code_location, control)
    checks = [check for check in (residual_check(graph), declared_check(graph)) if check is not None]
    return dg.Definitions(
        jobs=[*jobs, filing_job(), *rebuild_jobs, *index_jobs, sweep, look],
        sensors=sensors,
        schedules=[
            retention_schedule(settings.code_location, settings.zone),
            sweep_schedule(sweep, settings.zone),
            undeclared_schedule(look, settings.zone),
        ],
        asset_checks=[*checks, *came_back_checks(graph), *undeclared_checks(graph)],
        resources=_owner_resources(ledger, graph.namespaces) | {"rtbf_control": control},
    )


def _ledger(settings: Settings) -> Ledger:
    return open_ledger(
        settings.ledger_url,
        settings.keys,
        code_location=settings.code_location,
        clock=lambda: datetime.now(UTC),
        randomness=os.urandom,
    )


def _rebuild_jobs(graph: LineageGraph) -> list[Any]:
    """Return the job of what an erasure builds again; none where nothing is."""
    rebuilt = sorted(name for name, node in graph.nodes.items() if node.rebuildable)
    if not rebuilt:
        return []
    job = dg.define_asset_job(
        REBUILD_JOB,
        selection=dg.AssetSelection.assets(*asset_keys(rebuilt)).without_checks(),
        executor_def=dg.in_process_executor,
        metadata=desk_link("/rtbf/requests"),
        description="Build again what an erasure asks for. Each run's tag rtbf/desk names its requests.",
    )
    return [job]


def declared_graph(theirs: dg.Definitions, settings: Settings, ledger: Ledger) -> LineageGraph:
    """Return the declared graph of somebody's definitions."""
    whole = dg.Definitions.merge(
        theirs, dg.Definitions(resources=_owner_resources(ledger, settings.namespaces))
    )
    return lineage_graph(whole, code_location=settings.code_location, namespaces=settings.namespaces)


def refuse(graph: LineageGraph, settings: Settings) -> None:
    """Refuse a graph that is not whole, where the settings say so.

    Raises:
        GraphError: names every asset that is wrong.
    """
    soft = {ProblemCode.UNDECLARED, ProblemCode.UNDECLARED_REACHED, ProblemCode.NO_OWNER}
    strict = settings.undeclared is Undeclared.REFUSE_LOAD
    wrong = [one.sentence for one in graph.problems() if strict or one.code not in soft]
    wrong += wrong_assets(graph, settings)
    wrong += [
        f"asset {name}: its reason says {words[0]!r}, which a record never says; use other words"
        for name, node in sorted(graph.nodes.items())
        if node.declaration is not None and (words := immodest_words(_owner_words(node.declaration)))
    ]
    if wrong:
        raise GraphError("the inventory is not whole:\n" + "\n".join(f"  {one}" for one in wrong))


def _owner_words(declared: Declaration) -> str:
    """Return the owner's words that a certificate prints."""
    return f"{declared.because or ''} {declared.exempt.basis if declared.exempt else ''}"


def _owner_resources(ledger: Ledger, namespaces: Mapping[str, Namespace]) -> dict[str, dg.ResourceDefinition]:
    return {
        "rtbf_suppression": dg.ResourceDefinition(lambda _context: Suppression(ledger, dict(namespaces))),
        "rtbf_pseudonyms": _hard(Pseudonyms(partial(pseudonym_key, ledger), dict(namespaces))),
    }


def _hard(value: object) -> dg.ResourceDefinition:
    return dg.ResourceDefinition.hardcoded_resource(value)
