"""The guard at Dagster's own mutations: what reaches them, however it is written, is a handle or nothing.

The schema is Dagster's own, with its own input types; in the place of its launches stands a store that keeps
what would have been stored.
"""

import json

import pytest
import yaml
from dagster_graphql.schema import create_schema
from graphql import GraphQLInputObjectType, get_named_type, graphql_sync

from rtbf_desk.launch_guard import LAUNCHES, StoredRun, Webserver, guard
from rtbf_jobs.filing_config import FILING_JOB, REFUSAL

CANARY = "zq7canary9x@films.example"
HANDLE = "hd-0123456789abcdef01234567"
GOOD = {"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": HANDLE}}}}
RUN, OTHER = "0a1b2c3d-0000-4000-8000-000000000001", "0a1b2c3d-0000-4000-8000-000000000002"
BAD_PARENT, TAGGED_PARENT = "0a1b2c3d-0000-4000-8000-000000000003", "0a1b2c3d-0000-4000-8000-000000000004"
RUNS = {
    RUN: StoredRun(job=FILING_JOB, run_config=GOOD, tags={"dagster/from_ui": "true", ".dagster/x": "y"}),
    OTHER: StoredRun(job="other", run_config={"ops": CANARY}, tags={"who": CANARY}),
    BAD_PARENT: StoredRun(job=FILING_JOB, run_config={"ops": {}}, tags={}),
    TAGGED_PARENT: StoredRun(job=FILING_JOB, run_config=GOOD, tags={"who": CANARY}),
}
SELECTOR = {"repositoryName": "__repository__", "repositoryLocationName": "films"}
ONE = "mutation L($p: ExecutionParams!) { launchRun(executionParams: $p) { __typename } }"


def read(given):
    """Parse a run config as the webserver does: YAML text or an object."""
    return yaml.safe_load(given) if isinstance(given, str) else given


@pytest.fixture(scope="module")
def guarded():
    """Dagster's schema behind the guard, and the list of what reached its mutations."""
    schema, stored = create_schema().graphql_schema, []

    def storing(name):
        def resolve(_root, _info, **arguments):
            stored.append((name, json.loads(json.dumps(arguments, default=str))))

        return resolve

    for name, field in schema.mutation_type.fields.items():
        field.resolve = storing(name)
    told = lambda sentence: (_ for _ in ()).throw(Refused(sentence))
    guard(schema, Webserver(read=read, stored_run=lambda _context, run_id: RUNS.get(run_id), error=told))
    return schema, stored


class Refused(Exception):
    """Stands for Dagster's `PythonError`, whose type cannot be resolved without its webserver."""


@pytest.fixture
def ask(guarded):
    """Ask a document: returns what reached a mutation, and the sentences of the answer."""
    schema, stored = guarded
    stored.clear()

    def asked(document, **variables):
        answer = graphql_sync(schema, document, variable_values=variables)
        return list(stored), [error.message for error in answer.errors or []]

    return asked


def params(config=GOOD, *, job=FILING_JOB, **changed):
    """Return what the UI sends for a launch, with parts exchanged."""
    sent = {
        "runConfigData": config,
        "selector": SELECTOR | {"pipelineName": job, "assetSelection": [], "assetCheckSelection": []},
        "mode": "default",
        "executionMetadata": {
            "tags": [
                {"key": "dagster/preset_name", "value": "default"},
                {"key": "dagster/from_ui", "value": "true"},
            ]
        },
    }
    return sent | changed


def selecting(**changed):
    """Return a launch whose selector has other parts."""
    return params() | {"selector": SELECTOR | {"jobName": FILING_JOB} | changed}


def tagged(**metadata):
    """Return a launch with other execution metadata."""
    return params(executionMetadata=metadata)


def refused(answer):
    """Tell whether nothing was stored, and the answer is our sentence alone."""
    reached, told = answer
    return reached == [] and told != [] and all(REFUSAL == sentence for sentence in told)


@pytest.mark.parametrize(
    "config",
    [
        GOOD,
        json.dumps(GOOD),
        yaml.safe_dump(GOOD),
        f"ops:\n  rtbf_file:\n    config:\n      law: gdpr  # {CANARY}\n      handle: {HANDLE}\n",
    ],
)
def test_a_handle_goes_through_as_it_was_read(ask, config):
    """As an object, as JSON, as YAML: what is stored is what we read, so a comment is not stored either."""
    reached, told = ask(ONE, p=params(config))
    assert [] == [one for one in told if "launchRun" not in one]
    assert [("launchRun", {"executionParams": params(GOOD)})] == reached
    assert CANARY not in json.dumps(reached)


WRONG = [
    None,
    {},
    "",
    CANARY,
    [CANARY],
    {"ops": CANARY},
    {"ops": {"rtbf_file": CANARY}},
    {"ops": {"rtbf_file": {"config": CANARY}}},
    {"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": CANARY}}}},
    {"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": [HANDLE]}}}},
    {"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": {"env": CANARY}}}}},
    {"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": 4711}}}},
    {"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": HANDLE + "\n"}}}},
    {"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": HANDLE.upper()}}}},
    {"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": HANDLE.replace("0", "\u0660")}}}},
    {"ops": {"rtbf_file": {"config": {"law": CANARY, "handle": HANDLE}}}},
    {"ops": {"rtbf_file": {"config": {"law": "gdpr"}}}},
    {"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": HANDLE, "note": CANARY}}}},
    {"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": HANDLE, CANARY: 1}}}},
    {"ops": {"rtbf_file": {"config": GOOD["ops"]["rtbf_file"]["config"], "inputs": CANARY}}},
    {"ops": GOOD["ops"] | {CANARY: {}}},
    GOOD | {"resources": {"rtbf_control": {"config": CANARY}}},
    GOOD | {"execution": {"config": CANARY}},
    GOOD | {"loggers": {"console": {"config": {"name": CANARY}}}},
    GOOD | {CANARY: None},
    f"ops: {{rtbf_file: [{CANARY}",
    f"{CANARY}: !!python/object:os.system",
    f"--- {CANARY}\n--- {CANARY}",
]


@pytest.mark.parametrize("config", WRONG, ids=range(len(WRONG)))
@pytest.mark.parametrize("as_text", [False, True])
def test_anything_else_is_refused_in_our_words(ask, config, as_text):
    """Nothing is stored, and nothing is repeated."""
    given = json.dumps(config) if as_text and not isinstance(config, str) else config
    assert refused(ask(ONE, p=params(given)))


@pytest.mark.parametrize(
    "sent",
    [
        params(preset=CANARY),
        params(mode=CANARY),
        params(stepKeys=[CANARY]),
        tagged(tags=[{"key": "who", "value": CANARY}]),
        tagged(tags=[{"key": CANARY, "value": ""}]),
        tagged(tags=[{"key": "dagster/preset_name", "value": CANARY}]),
        tagged(tags=[{"key": "dagster/from_ui", "value": CANARY}]),
        tagged(tags=[{"key": "dagster/unheard_of", "value": CANARY}]),
        tagged(tags=[{"key": ".dagster/repository", "value": CANARY}]),
        tagged(tags=[{"key": "dagster/from_ui", "value": "true"}, {"key": "who", "value": CANARY}]),
        tagged(rootRunId=CANARY),
        tagged(parentRunId=CANARY),
        selecting(solidSelection=[CANARY]),
        selecting(assetSelection=[{"path": [CANARY]}]),
        selecting(assetCheckSelection=[{"assetKey": {"path": [CANARY]}, "name": CANARY}]),
    ],
)
def test_what_stands_beside_the_config_is_the_uis_or_refused(ask, sent):
    """Tags, selections, ids of other runs: Dagster stores them with the run."""
    assert refused(ask(ONE, p=sent))


@pytest.mark.parametrize(
    "sent",
    [
        params(executionMetadata=None, mode=None),
        params(stepKeys=["rtbf_file"]),
        selecting(solidSelection=["*"]),
        selecting(pipelineName=FILING_JOB, jobName=None),
        tagged(
            rootRunId=RUN,
            parentRunId=RUN,
            tags=[
                {"key": ".dagster/repository", "value": "__repository__@films"},
                {"key": "dagster/root_run_id", "value": RUN},
                {"key": "dagster/is_resume_retry", "value": "false"},
            ],
        ),
    ],
)
def test_what_the_ui_sends_beside_a_handle_goes_through(ask, sent):
    """A launch, one of chosen steps, and a re-execution."""
    ((_, arguments),), _ = ask(ONE, p=sent)
    assert GOOD == arguments["executionParams"]["runConfigData"]


@pytest.mark.parametrize("name", sorted(LAUNCHES))
def test_every_launching_mutation_is_guarded(ask, name):
    """By its old and its new name, one launch or a list of which one is wrong."""
    many = name == "launchMultipleRuns"
    argument, kind = (
        ("executionParamsList", "[ExecutionParams!]!") if many else ("executionParams", "ExecutionParams!")
    )
    document = f"mutation L($p: {kind}) {{ {name}({argument}: $p) {{ __typename }} }}"
    good, bad = params(), params(CANARY)
    assert refused(ask(document, p=[good, params(job="other"), bad] if many else bad))
    reached, _ = ask(document, p=[good] if many else good)
    assert [name] == [one for one, _ in reached]


def literal(value):
    """Return a value as a GraphQL literal."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(part)}" for name, part in value.items()) + "}"
    return "[" + ", ".join(map(literal, value)) + "]" if isinstance(value, list) else json.dumps(value)


BAD = f"executionParams: {literal(params(CANARY))}"
DOCUMENTS = {
    "inline": f"mutation {{ launchRun({BAD}) {{ __typename }} }}",
    "alias": f"mutation {{ harmless: launchRun({BAD}) {{ __typename }} }}",
    "fragment": f"mutation {{ ...F }} fragment F on Mutation {{ launchRun({BAD}) {{ __typename }} }}",
    "inline fragment": f"mutation {{ ... on Mutation {{ launchRun({BAD}) {{ __typename }} }} }}",
    "directive": f"mutation {{ launchRun({BAD}) @include(if: true) {{ __typename }} }}",
    "default": f"mutation L($p: ExecutionParams = {literal(params(CANARY))}) "
    "{ launchRun(executionParams: $p) { __typename } }",
    "nested variable": f"mutation L($c: RunConfigData = {json.dumps(CANARY)}) {{ launchRun(executionParams: "
    f"{{selector: {literal(params()['selector'])}, runConfigData: $c}}) {{ __typename }} }}",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_does_not_matter_how_the_document_is_written(ask, name):
    """The guard sees what Dagster would see."""
    assert refused(ask(DOCUMENTS[name]))


def test_of_two_launches_in_a_document_each_is_looked_at(ask):
    """The first may go; the second does not go with it."""
    good = f"executionParams: {literal(params(json.dumps(GOOD)))}"
    reached, told = ask(
        f"mutation {{ a: launchRun({good}) {{ __typename }} b: launchRun({BAD}) {{ __typename }} }}"
    )
    assert 1 >= len(reached)
    assert CANARY not in json.dumps([reached, told])


AGAIN = "mutation A($p: ReexecutionParams) { launchRunReexecution(reexecutionParams: $p) { __typename } }"


@pytest.mark.parametrize(
    ("parent", "tags", "goes"),
    [
        (RUN, None, True),
        (RUN, [{"key": "dagster/from_ui", "value": "true"}], True),
        (RUN, [{"key": "who", "value": CANARY}], False),
        (BAD_PARENT, None, False),
        (TAGGED_PARENT, None, False),
        (OTHER, [{"key": "who", "value": "them"}], True),
        ("unknown", None, True),
    ],
)
def test_a_run_is_executed_again_where_it_holds_a_handle(ask, parent, tags, goes):
    """Of our job; other jobs' runs, and ids that Dagster does not know, are Dagster's to answer."""
    answer = ask(AGAIN, p={"parentRunId": parent, "strategy": "ALL_STEPS", "extraTags": tags})
    assert goes == ([name for name, _ in answer[0]] == ["launchRunReexecution"])
    assert goes or refused(answer)


def test_other_jobs_launch_as_they_did(ask):
    """Whatever their config holds; it reaches Dagster unchanged."""
    sent = params({"ops": {"a": {"config": [1, "x", None]}}}, job="other", stepKeys=["a"])
    ((_, arguments),), _ = ask(ONE, p=sent)
    assert sent == arguments["executionParams"]


def test_the_job_is_launched_in_no_other_way(ask):
    """A backfill of it, or anything else that names it, stops; one of others goes on."""
    document = (
        "mutation B($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) { __typename } }"
    )
    where = {"repositorySelector": SELECTOR, "partitionSetName": f"{FILING_JOB}_partition_set"}
    assert refused(ask(document, p={"selector": where, "partitionNames": [CANARY]}))
    reached, _ = ask(document, p={"selector": where | {"partitionSetName": "x"}, "partitionNames": ["1"]})
    assert ["launchPartitionBackfill"] == [name for name, _ in reached]


def deep(kind, seen=()):
    """Return the names of all types of an argument."""
    named = get_named_type(kind)
    if named.name in seen or not isinstance(named, GraphQLInputObjectType):
        return {named.name}
    return {named.name}.union(*(deep(one.type, (*seen, named.name)) for one in named.fields.values()))


def test_no_other_mutation_takes_a_run_config(guarded):
    """A version of Dagster with a further way to launch breaks this test, and is looked at."""
    fields = guarded[0].mutation_type.fields
    taking = {
        name
        for name, field in fields.items()
        if any("RunConfigData" in deep(one.type) for one in field.args.values())
    }
    assert LAUNCHES | {"launchPartitionBackfill"} == taking
