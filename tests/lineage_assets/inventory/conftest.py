"""The demo's lake, materialised once for all tests here; real stand-ins for the two `rtbf_` resources."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lineage_assets import pseudonym_of
from lineage_assets.inventory import YEARS, Lake, assets, leave_partner_files

ALL_YEARS = {
    "dagster/asset_partition_range_start": YEARS[0],
    "dagster/asset_partition_range_end": YEARS[-1],
}


@dataclass
class Suppressed:
    """Leaves the given accounts out, as the resource `rtbf_suppression` does; rows with a NULL key stay."""

    accounts: list[int] = field(default_factory=list)

    def filter_arrow(self, table: pa.Table, column: str, namespace: str) -> pa.Table:
        assert namespace == "account"
        out = pc.is_in(table[column], pa.array(self.accounts, pa.int64()))
        return table.filter(pc.invert(out))


class Keyed:
    """Computes pseudonyms with a key made from the key's name, as the resource `rtbf_pseudonyms` does."""

    def pseudonym(self, namespace: str, value: str, hmac_key: str) -> str:
        return pseudonym_of(value, f"{namespace}:{hmac_key}".encode())


@dataclass(frozen=True)
class Run:
    """What a run left: what Dagster knows of it, as text, and where each asset said it wrote."""

    text: str
    paths: dict[str, Path]


Materialise = Callable[..., Run]


@pytest.fixture(scope="session")
def materialise() -> Materialise:
    """Run assets of the lake; all of them unless told, every year of the ratings."""

    def run(lake: Lake, *only: str, suppressed: list[int] | None = None, year: str | None = None) -> Run:
        resources = {
            "lake": lake,
            "rtbf_suppression": Suppressed(suppressed or []),
            "rtbf_pseudonyms": Keyed(),
        }
        chosen = dg.AssetSelection.assets(*only) if only else None
        tags = ALL_YEARS if year is None and (not only or "ratings" in only) else {}
        with dg.DagsterInstance.ephemeral() as instance:
            result = dg.materialize(
                assets,
                instance=instance,
                resources=resources,
                tags=tags,
                selection=chosen,
                partition_key=year,
            )
            told = [event.materialization for event in result.get_asset_materialization_events()]
            paths = {item.asset_key.to_user_string(): Path(item.metadata["path"].value) for item in told}
            return Run(text="\n".join(str(entry) for entry in instance.all_logs(result.run_id)), paths=paths)

    return run


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, materialise: Materialise) -> tuple[Lake, Run]:
    """The whole lake and the run that made it; tests only read it."""
    lake = Lake(root=str(tmp_path_factory.mktemp("lake")))
    leave_partner_files(lake)
    return lake, materialise(lake)


@pytest.fixture(scope="session")
def lake(built: tuple[Lake, Run]) -> Lake:
    """The whole lake; tests only read it."""
    return built[0]


@pytest.fixture
def copy(lake: Lake, tmp_path: Path) -> Iterator[Lake]:
    """A copy of the lake that a test may change."""
    yield Lake(root=str(shutil.copytree(lake.root, tmp_path / "copy")))
    shutil.rmtree(tmp_path / "copy")


@pytest.fixture(scope="session")
def declared() -> dict[str, dg.AssetSpec]:
    """Name -> spec of every asset of the inventory."""
    specs = [one if isinstance(one, dg.AssetSpec) else next(iter(one.specs)) for one in assets]
    return {spec.key.to_user_string(): spec for spec in specs}
