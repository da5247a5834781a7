"""What the filing job may be launched with: a law and a handle, to the letter, and nothing else.

Three places ask: the webserver before a launch is stored, the op that files, and the sensor that purges.
Nobody is told what was given instead of a handle: it may be a person.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from rtbf_ledger.clocks import LAWS

FILING_JOB, FILING_OP = "file_erasure_request", "rtbf_file"
HANDLE = re.compile(r"hd-[0-9a-f]{24}", re.ASCII)
RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
REFUSAL = (
    f"{FILING_JOB} takes a law ({', '.join(sorted(LAWS))}) and a handle as `rtbf seal` prints it, and "
    "nothing else: no other config, no tags of your own. What was given is not repeated here."
)
_FLAG = re.compile("true|false")
_ONLY_OP = re.compile(rf"\*|{FILING_OP}")
DAGSTERS = ("dagster/", ".dagster/")
KNOWN_TAGS: Mapping[str, re.Pattern[str]] = {
    "dagster/from_ui": _FLAG,
    "dagster/preset_name": re.compile("default"),
    "dagster/parent_run_id": RUN_ID,
    "dagster/root_run_id": RUN_ID,
    "dagster/is_resume_retry": _FLAG,
    "dagster/solid_selection": _ONLY_OP,
    "dagster/step_selection": _ONLY_OP,
}


class FilingConfig(NamedTuple):
    """A law's name and a handle."""

    law: str
    handle: str


def as_run_config(config: FilingConfig) -> dict[str, Any]:
    """Return the run config of a launch."""
    return {"ops": {FILING_OP: {"config": {"law": config.law, "handle": config.handle}}}}


def read_run_config(run_config: object) -> FilingConfig | None:
    """Return what a run config asks to file, or None where it is anything but a law and a handle."""
    node = run_config
    for name in ("ops", FILING_OP, "config"):
        node = _only(node, name)
    if not isinstance(node, Mapping) or set(node) != {"law", "handle"}:
        return None
    law, handle = node["law"], node["handle"]
    if not isinstance(law, str) or law not in LAWS:
        return None
    if not isinstance(handle, str) or not HANDLE.fullmatch(handle):
        return None
    return FilingConfig(law, handle)


def _only(node: object, name: str) -> object:
    """Return the value of a mapping that has this one key, else None."""
    return node[name] if isinstance(node, Mapping) and set(node) == {name} else None


def read_launch(run_config: object, tags: Mapping[str, str]) -> FilingConfig | None:
    """Return what a stored run was launched to file, or None where config or tags are anything else.

    Dagster puts many tags on a run; those that a launch can ask for have to be what the UI sends.
    """
    plain = all(
        KNOWN_TAGS[name].fullmatch(value) is not None if name in KNOWN_TAGS else name.startswith(DAGSTERS)
        for name, value in tags.items()
    )
    return read_run_config(run_config) if plain else None
