"""What the inventory declares: everything, with owner, purpose, retention, edges and places."""

from pathlib import Path

from lineage_assets import Erasure
from lineage_assets.declaration_json import read_declaration


def _declaration(spec):
    return read_declaration(spec.metadata["rtbf"])


def test_every_asset_is_declared_and_has_an_owner_a_purpose_a_retention_and_a_description(declared):
    """The fourteen assets of the issue, each with somebody to ask."""
    assert 14 == len(declared)
    for name, spec in declared.items():
        made = _declaration(spec)
        assert spec.owners, name
        assert spec.description, name
        assert "films" == spec.group_name
        assert not made.subject or (made.purposes and made.retention_days), name


def test_the_one_asset_without_subject_data_says_why(declared):
    """Only counts of fifty or more are declared as being about nobody."""
    without = {
        name: _declaration(spec).because for name, spec in declared.items() if not _declaration(spec).subject
    }
    assert ["film_popularity"] == list(without)
    assert "50 people or more" in without["film_popularity"]


def test_the_graph_has_the_edges_that_the_readme_draws(declared):
    """Dagster's own dependencies, asset by asset."""
    edges = {(dep.asset_key.to_user_string(), name) for name, spec in declared.items() for dep in spec.deps}
    expected = {
        ("ratings", "profiles"),
        ("ratings", "user_features"),
        ("ratings", "training_set"),
        ("ratings", "film_popularity"),
        ("profiles", "devices"),
        ("profiles", "support_tickets"),
        ("profiles", "crm_export"),
        ("devices", "watch_sessions"),
        ("devices", "viewing_profile"),
        ("watch_sessions", "viewing_profile"),
        ("viewing_profile", "audience_export"),
        ("user_features", "training_set"),
        ("training_set", "ranker"),
        ("billing", "loyalty"),
    }
    assert expected == edges


def test_the_chain_deletes_then_rebuilds_then_deletes(declared):
    """Sessions, profile, export: an erasure has to go on below a rebuild."""
    chain = [
        _declaration(declared[name]).erasure
        for name in ("watch_sessions", "viewing_profile", "audience_export")
    ]
    assert [Erasure.DELETE_ROWS, Erasure.REBUILD, Erasure.DELETE_FILE] == chain


def test_what_is_kept_by_law_has_a_child_that_filters(declared):
    """A rebuild below an exempt parent leaves suppressed people out."""
    assert _declaration(declared["billing"]).exempt is not None
    assert _declaration(declared["loyalty"]).filters_suppressed


def test_every_asset_writes_where_it_declares(built, declared):
    """The reported path is the declared location, for each asset that Dagster computes."""
    lake, run = built
    assert {name for name in declared if name not in {"billing", "crm_export"}} == set(run.paths)
    for name, path in run.paths.items():
        assert Path(_declaration(declared[name]).location.format(lake=lake.root)) == path, name


def test_no_identifier_reaches_dagster(built):
    """Every event of the run that built the lake, as text: no address, phone, device or pseudonym."""
    lake, run = built
    assert "ASSET_MATERIALIZATION" in run.text
    devices = {device.split("-")[0] for device in lake.read("devices")["device_id"].to_pylist()}
    subjects = set(lake.read("training_set")["subject"].to_pylist())
    for needle in ("@example", "23125", *(f"{device}-" for device in devices), *subjects):
        assert needle not in run.text
