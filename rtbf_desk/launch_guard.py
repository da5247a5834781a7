"""Refuses a launch of the filing job that holds anything but a handle, before Dagster stores it.

It stands at the mutations of Dagster's GraphQL schema themselves. There the arguments are what Dagster is
about to work with: variables filled in, literals read, aliases and fragments resolved. So there is no
document to be analysed, and no way to write one that means something else to us than to Dagster.
"""

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLField, GraphQLSchema, GraphQLUnionType, get_named_type

from rtbf_jobs.filing_config import (
    FILING_JOB,
    FILING_OP,
    KNOWN_TAGS,
    REFUSAL,
    RUN_ID,
    as_run_config,
    read_launch,
    read_run_config,
)

Resolver = Callable[..., Any]
Params = MutableMapping[str, Any]
LAUNCHES = {
    "launchPipelineExecution",
    "launchRun",
    "launchMultipleRuns",
    "launchPipelineReexecution",
    "launchRunReexecution",
}
_PARAMS = {"selector", "runConfigData", "mode", "executionMetadata", "stepKeys"}
_SELECTOR = {"pipelineName", "jobName", "repositoryName", "repositoryLocationName", "solidSelection"}
_METADATA = {"tags", "rootRunId", "parentRunId"}


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """What Dagster has of an earlier run."""

    job: str
    run_config: object
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Webserver:
    """What the guard has to know of the webserver.

    Attributes:
        read: parses a run config as the webserver does; an error of it is a refusal.
        stored_run: an earlier run by the request's context and the run's id.
        error: an error of the type `PythonError` with a sentence, as the UI shows it.
    """

    read: Callable[[Any], object]
    stored_run: Callable[[Any, str], StoredRun | None]
    error: Callable[[str], object]


def guard(schema: GraphQLSchema, webserver: Webserver) -> None:
    """Put the guard before every mutation of a schema."""
    if schema.mutation_type is None:
        return
    for name, field in schema.mutation_type.fields.items():
        if field.resolve is not None:
            field.resolve = _guarded(name, field, field.resolve, webserver)


def _guarded(name: str, field: GraphQLField, inner: Resolver, webserver: Webserver) -> Resolver:
    type_ = get_named_type(field.type)
    told = isinstance(type_, GraphQLUnionType) and any(one.name == "PythonError" for one in type_.types)

    def resolve(root: object, info: Any, **arguments: Any) -> Any:
        if _allowed(name, arguments, info.context, webserver):
            return inner(root, info, **arguments)
        if told:
            return webserver.error(REFUSAL)
        raise GraphQLError(REFUSAL)

    return resolve


def _allowed(name: str, arguments: Mapping[str, Any], context: object, webserver: Webserver) -> bool:
    """Tell whether a mutation may go on; a launch that may has its config replaced by what was read of it."""
    if name not in LAUNCHES:
        return not _names_the_job(arguments)
    launches = [*(arguments.get("executionParamsList") or []), arguments.get("executionParams")]
    again = arguments.get("reexecutionParams")
    return all(_launch_allowed(one, webserver.read) for one in launches if one is not None) and (
        again is None or _again_allowed(again, context, webserver)
    )


def _names_the_job(value: object) -> bool:
    """Tell whether the job is named anywhere in arguments that we know nothing else about."""
    if isinstance(value, str):
        return FILING_JOB in value
    if isinstance(value, Mapping):
        return any(_names_the_job(part) for pair in value.items() for part in pair)
    return isinstance(value, Iterable) and any(_names_the_job(part) for part in value)


def _launch_allowed(params: Params, read: Callable[[Any], object]) -> bool:
    selector = params["selector"]
    if FILING_JOB not in {selector.get("pipelineName"), selector.get("jobName")}:
        return True
    try:
        config = read_run_config(read(params.get("runConfigData")))
    except Exception:  # noqa: BLE001 - what cannot be read is no handle; its error would repeat it
        return False
    if config is None or not _rest_is_plain(params):
        return False
    params["runConfigData"] = as_run_config(config)
    return True


def _rest_is_plain(params: Mapping[str, Any]) -> bool:
    """Tell whether all that a launch has beside its config is what the UI sends."""
    selector, metadata = params["selector"], params.get("executionMetadata") or {}
    ids = [metadata.get(name) for name in ("rootRunId", "parentRunId")]
    return (
        _given(params) <= _PARAMS
        and _given(selector) <= _SELECTOR
        and _given(metadata) <= _METADATA
        and params.get("mode") in {None, "default"}
        and set(params.get("stepKeys") or []) <= {FILING_OP}
        and set(selector.get("solidSelection") or []) <= {FILING_OP, "*"}
        and all(one is None or RUN_ID.fullmatch(one) for one in ids)
        and _tags_are_plain(
            metadata.get("tags"), selector["repositoryName"], selector["repositoryLocationName"]
        )
    )


def _given(part: Mapping[str, Any]) -> set[str]:
    """Return the names of the fields that say something."""
    return {name for name, value in part.items() if value not in (None, [], "")}


def _tags_are_plain(tags: Iterable[Mapping[str, str]] | None, repository: str, location: str) -> bool:
    """Tell whether tags are those that the UI puts on a run of the job, with values that it gives them."""
    where = {".dagster/repository": f"{repository}@{location}", "dagster/code_location": location}
    return all(
        where.get(tag["key"]) == tag["value"]
        or (tag["key"] in KNOWN_TAGS and KNOWN_TAGS[tag["key"]].fullmatch(tag["value"]) is not None)
        for tag in tags or []
    )


def _again_allowed(params: Mapping[str, Any], context: object, webserver: Webserver) -> bool:
    """Tell whether a run may be executed again: one of ours only with a handle, and no further tags."""
    parent = webserver.stored_run(context, params["parentRunId"])
    if parent is None or parent.job != FILING_JOB:
        return True
    return read_launch(parent.run_config, parent.tags) is not None and _tags_are_plain(
        params.get("extraTags"), "", ""
    )
