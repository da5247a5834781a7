"""What an owner writes comes back as it was meant, through JSON and Dagster; what does not fit is refused."""

import json

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage_assets import (
    Cardinality,
    Declaration,
    EpochUnit,
    Erasure,
    EventTime,
    Exempt,
    ExemptReason,
    Form,
    Format,
    Key,
    Link,
    ReErase,
    Role,
    epoch,
    in_text,
    link,
    mention,
    no_subject_data,
    pseudonym,
    subject_data,
)
from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import METADATA_KEY
from lineage_assets.errors import DeclarationError
from lineage_assets.from_dagster import lineage_graph
from lineage_assets.paths import KeyPath

ROWS = {
    "keys": {"user_id": "account"},
    "purposes": {"recommendation"},
    "erasure": Erasure.DELETE_ROWS,
    "retention_days": 180,
}
EXEMPT = Exempt(reason=ExemptReason.LEGAL_OBLIGATION, basis="tax law, ten years", until="2036-12-31")


def declared(location="{lake}/ratings/", **changed):
    """Return the metadata of an asset whose rows are deleted, with parts exchanged."""
    return subject_data(location, **ROWS | changed)


def read(metadata):
    """Read a metadata value back."""
    return read_declaration(metadata[METADATA_KEY])


EXAMPLES = {
    "rows": declared(),
    "everything": declared(
        keys={
            "user_id": "account",
            "viewer.device_id": "device",
            "viewers[].account": mention("account"),
            "account_hash": pseudonym("account", hmac_key="training"),
            "by_hash": mention(pseudonym("account", hmac_key="training")),
            "body": in_text("email"),
            "payload::who": Key(namespace="email"),
        },
        purposes=["b", "a", "b"],
        links=[
            link("account", "device"),
            link("device", "account", cardinality="one_to_one", identifies=True),
        ],
        filters_suppressed=True,
        format="csv",
    ),
    "redact": declared(
        keys={"from.email": "email", "text": in_text("email")},
        erasure=Erasure.REDACT_COLUMNS,
        redact=["from", "text", "subject"],
    ),
    "exempt": declared(erasure=Erasure.NO_ACTION, exempt=EXEMPT),
    "model": declared("{lake}/model.bin", erasure=Erasure.RETRAIN, keys={}, format="binary"),
    "erased again": declared(re_erase="auto", event_time="created_at"),
    "epoch": declared(event_time=epoch("created_at", unit="ms")),
    "none": no_subject_data(because="counts of 50 people or more"),
    "none, with a place": no_subject_data(because="counts", location="{lake}/counts/", format="csv"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_declaration_survives_json(name):
    """To text and back, it is the same value, and gives the same JSON again."""
    made = read(EXAMPLES[name])
    assert EXAMPLES[name] == json.loads(json.dumps(EXAMPLES[name]))
    assert EXAMPLES[name][METADATA_KEY] == made.to_json()


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("wrap", [dict, dg.JsonMetadataValue], ids=["dict", "JsonMetadataValue"])
def test_a_declaration_survives_a_dagster_asset(name, wrap):
    """In process it is the dict, in a repository snapshot a metadata value: both are read."""
    metadata = {METADATA_KEY: wrap(EXAMPLES[name][METADATA_KEY])}

    @dg.asset(metadata=metadata)
    def made():
        pass

    definitions = dg.Definitions(assets=[made, dg.AssetSpec("spec", metadata=metadata)])
    graph = lineage_graph(definitions, code_location="films", namespaces={})
    expected = read(EXAMPLES[name])
    assert [expected, expected] == [graph.nodes[asset].declaration for asset in ("made", "spec")]


def test_what_the_helpers_make():
    """Roles and forms of keys, and the value they are read into."""
    made = read(EXAMPLES["everything"])
    keys = {str(path): key for path, key in made.keys}
    training = {"namespace": "account", "form": Form.PSEUDONYM, "hmac_key": "training"}
    assert {
        "user_id": Key(namespace="account"),
        "viewer.device_id": Key(namespace="device"),
        "viewers[].account": Key(namespace="account", role=Role.MENTION),
        "account_hash": Key(**training),
        "by_hash": Key(**training, role=Role.MENTION),
        "body": Key(namespace="email", role=Role.MENTION, form=Form.TOKENS),
        "payload::who": Key(namespace="email"),
    } == keys
    assert sorted(keys) == [str(path) for path, _ in made.keys]
    assert (KeyPath(("payload",), ("who",)), ("a", "b"), Format.CSV) == (
        KeyPath.parse("payload::who"),
        made.purposes,
        made.format,
    )
    assert {"account", "device", "email"} == made.owner_namespaces
    assert (
        Link(source="account", target="device"),
        Link(source="device", target="account", cardinality=Cardinality.ONE_TO_ONE, identifies=True),
    ) == made.links


def test_who_is_asked_before_an_asset_is_erased_again_and_when_its_rows_happened():
    """A person, unless it says otherwise; no column says when."""
    plain, again = read(declared()), read(EXAMPLES["erased again"])
    assert (ReErase.ASK, None) == (plain.re_erase, plain.event_time)
    assert (ReErase.AUTO, EventTime(column="created_at")) == (again.re_erase, again.event_time)
    unit = EventTime(column="created_at", unit=EpochUnit.MILLISECONDS)
    assert unit == read(EXAMPLES["epoch"]).event_time


def test_a_declaration_written_by_hand_is_read():
    """Strings for plain keys, defaults left out, no import of ours."""
    by_hand = {
        "subject": True,
        "location": "{lake}/ratings/",
        "keys": {"user_id": "account", "viewers[]": {"namespace": "account", "role": "mention"}},
        "purposes": ["recommendation"],
        "erasure": "delete_rows",
        "retention_days": 180,
    }
    keys = {"user_id": "account", "viewers[]": mention("account")}
    assert read(declared(keys=keys)) == read_declaration(by_hand)
    assert read(no_subject_data(because="counts")) == read_declaration(
        {"subject": False, "because": "counts"}
    )


REFUSED = {
    "no location": ({"location": ""}, "needs a location"),
    "a location that is none": ({"location": 5}, "needs a location"),
    "no retention": ({"retention_days": 0}, "a whole number of days above 0"),
    "retention in text": ({"retention_days": "180"}, "a whole number of days above 0"),
    "retention of truth": ({"retention_days": True}, "a whole number of days above 0"),
    "no purpose": ({"purposes": []}, "purposes is empty"),
    "a purpose as letters": ({"purposes": "recommendation"}, "lists of texts"),
    "no key": ({"keys": {}}, "keys is empty: only a retrained model has none"),
    "a key that is no path": ({"keys": {"a..b": "account"}}, "an empty step"),
    "a key without namespace": ({"keys": {"a": ""}}, "a key names its namespace"),
    "a key that is a number": ({"keys": {"a": 5}}, "missing or malformed"),
    "only mentions": ({"keys": {"a": mention("account")}}, "delete_rows needs at least one owner key"),
    "nothing to redact": ({"erasure": Erasure.REDACT_COLUMNS}, "redact_columns needs redact"),
    "redact for nothing": ({"redact": ["user_id"]}, "redact is for redact_columns only"),
    "redact as letters": ({"erasure": Erasure.REDACT_COLUMNS, "redact": "user_id"}, "lists of texts"),
    "a key not redacted": (
        {"erasure": Erasure.REDACT_COLUMNS, "redact": ["name"]},
        "redact must name every column that holds a key",
    ),
    "exempt and erased": ({"exempt": EXEMPT}, "exempt goes with no_action only"),
    "exempt without basis": (
        {"erasure": Erasure.NO_ACTION, "exempt": Exempt(reason=ExemptReason.ARCHIVING, basis=" ")},
        "exempt needs its legal basis",
    ),
    "a link to elsewhere": ({"links": [link("account", "device")]}, "a link joins two namespaces"),
    "rows in a binary": ({"format": "binary"}, "rows cannot be erased inside a binary file"),
    "columns in a binary": (
        {"format": "binary", "erasure": Erasure.REDACT_COLUMNS, "redact": ["user_id"]},
        "rows cannot be erased inside a binary file",
    ),
    "another format": ({"format": "parqet"}, "unknown format 'parqet'; known: parquet, csv, binary"),
    "another erasure": (
        {"erasure": "delete_row"},
        "unknown erasure 'delete_row'; known: delete_rows, redact_columns, ",
    ),
    "a pseudonym without key": (
        {"keys": {"a": Key(namespace="account", form=Form.PSEUDONYM)}},
        "a pseudonym key names its hmac_key",
    ),
    "a key for no pseudonym": (
        {"keys": {"a": Key(namespace="account", hmac_key="training")}},
        "a pseudonym key names its hmac_key",
    ),
    "a pseudonym in text": (
        {"keys": {"a": "account", "b": in_text(pseudonym("account", hmac_key="training"))}},
        "a pseudonym key names its hmac_key",
    ),
    "owner by free text": (
        {"keys": {"a": "account", "b": Key(namespace="email", form=Form.TOKENS)}},
        "a key in free text is a mention",
    ),
    "nothing to erase again": (
        {"erasure": Erasure.NO_ACTION, "re_erase": ReErase.AUTO},
        "re_erase 'auto' is for what is erased",
    ),
    "erased again never": ({"re_erase": "never"}, "unknown re_erase 'never'; known: ask, auto"),
    "a time without column": ({"event_time": " "}, "event_time names a top-level column"),
    "a time in a binary": (
        {"event_time": "t", "format": "binary", "erasure": Erasure.REBUILD},
        "event_time is a column",
    ),
    "a time of another unit": ({"event_time": {"column": "t", "unit": "h"}}, "unknown unit 'h'; known: s,"),
    "a time of other parts": ({"event_time": {"column": "t", "zone": "UTC"}}, "field of event_time 'zone'"),
    "a time that is a number": ({"event_time": 5}, "missing or malformed"),
    "truth in text": ({"filters_suppressed": "false"}, "true or false, without quotes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_parts_that_do_not_fit_are_refused(name):
    """Where they are written, as a DeclarationError, with the rule in words."""
    changed, sentence = REFUSED[name]
    with pytest.raises(DeclarationError) as caught:
        declared(**changed)
    assert sentence in str(caught.value)


def test_an_erasure_written_as_text_is_checked_like_any_other():
    """`"delete_rows"` is the enum's value, so its rules hold too."""
    assert declared() == declared(erasure="delete_rows")
    with pytest.raises(DeclarationError, match="at least one owner key"):
        declared(erasure="delete_rows", keys={"a": mention("account")})


@pytest.mark.parametrize("because", ["", "  ", None, 5])
def test_no_subject_data_needs_its_reason(because):
    """There is no third state, and no state without a reason."""
    with pytest.raises(DeclarationError, match="needs the reason"):
        no_subject_data(because=because)


@pytest.mark.parametrize(
    "make",
    [
        lambda: link("a", "b", cardinality="many"),
        lambda: link("a", "b", identifies="no"),
        lambda: no_subject_data(because="x", format="xls"),
        lambda: epoch("created_at", unit="minutes"),
        lambda: Exempt(reason="because", basis="x"),
        lambda: Exempt(reason=ExemptReason.ARCHIVING, basis="x", until="31.12.2036"),
        lambda: Exempt(reason=ExemptReason.ARCHIVING, basis="x", until=2036),
    ],
    ids=["cardinality", "identifies", "format", "unit", "reason", "until", "until a number"],
)
def test_each_helper_refuses_for_itself(make):
    """With the same error as the declaration they are for."""
    with pytest.raises(DeclarationError, match="declaration: "):
        make()


GOOD = EXAMPLES["everything"][METADATA_KEY]
NONE = EXAMPLES["none"][METADATA_KEY]
BY_HAND = {
    "unknown field": (GOOD | {"retention": 5}, "unknown field 'retention'; known: because"),
    "no subject": ({"location": "x"}, "missing or malformed"),
    "subject in text": (GOOD | {"subject": "false"}, "true or false, without quotes"),
    "subject as number": (NONE | {"subject": 0}, "true or false, without quotes"),
    "unknown role": (
        GOOD | {"keys": {"a": {"namespace": "account", "role": "guest"}}},
        "unknown role 'guest'; known: owner, mention",
    ),
    "misspelt role": (
        GOOD | {"keys": {"a": {"namespace": "account", "rol": "mention"}}},
        "unknown field of a key 'rol'",
    ),
    "key without namespace": (GOOD | {"keys": {"a": {"role": "owner"}}}, "missing or malformed"),
    "keys as list": (GOOD | {"keys": ["a"]}, "missing or malformed"),
    "misspelt link": (
        GOOD | {"links": [{"source": "account", "target": "device", "identify": True}]},
        "unknown field of a link 'identify'",
    ),
    "link identifies in text": (
        GOOD | {"links": [{"source": "account", "target": "device", "identifies": "no"}]},
        "true or false",
    ),
    "exempt in text": (GOOD | {"exempt": "tax law"}, "declaration: "),
    "exempt without basis": (GOOD | {"exempt": {"reason": "archiving"}}, "missing or malformed"),
    "exempt until never": (
        GOOD | {"erasure": "no_action", "exempt": {"reason": "archiving", "basis": "x", "until": "never"}},
        "until is YYYY-MM-DD",
    ),
    "because beside data": (GOOD | {"because": "counts"}, "because is for no_subject_data only"),
    "keys beside none": (NONE | {"keys": {"user_id": "account"}}, "no keys, purposes or erasure"),
    "erasure beside none": (NONE | {"erasure": "delete_rows"}, "no keys, purposes or erasure"),
    "no reason": ({"subject": False}, "needs the reason"),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_wrong_value_written_by_hand_is_refused(name):
    """Misspelt fields and texts in place of truths would otherwise change what is erased, without a word."""
    value, sentence = BY_HAND[name]
    with pytest.raises(DeclarationError) as caught:
        read_declaration(value)
    assert sentence in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(Declaration.__dataclass_fields__)), JSON, st.sampled_from([GOOD, NONE]))
def test_any_field_of_any_shape_is_read_or_refused(field, value, base):
    """Never another error than DeclarationError; what is read survives another round."""
    try:
        made = read_declaration(base | {field: value})
    except DeclarationError:
        return
    assert made.to_json() == read_declaration(made.to_json()).to_json()
