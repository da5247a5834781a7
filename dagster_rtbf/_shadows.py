"""Refuses to start where a package of yours hides one of ours."""

from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("lineage_assets", "rtbf_ledger", "scanners", "rtbf_jobs", "sensors", "rtbf_desk")


class ShadowedPackageError(ImportError):
    """A top-level package of ours is hidden by another one of the same name."""


def refuse_shadows() -> None:
    """Check that every package of ours is the one installed beside this one.

    Raises:
        ShadowedPackageError: one is hidden, or missing; the message says which and what to do.
    """
    ours = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        spec = find_spec(name)
        places = (
            [Path(place).resolve().parent for place in (spec.submodule_search_locations or ())]
            if spec
            else []
        )
        if ours not in places[:1]:
            raise ShadowedPackageError(
                f"dagster-rtbf: a package {name!r} of yours hides ours of the same name; put yours inside a "
                f"package of your project (my_project.{name}), or rename it"
            )
