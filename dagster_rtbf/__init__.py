"""The front door for data owners: declare assets, and add the erasure to your own `Definitions`.

    from dagster_rtbf import erasure_definitions, read_settings, subject_data

    def _definitions() -> dg.Definitions:  # Dagster takes one Definitions a module, so yours is made inside
        mine = dg.Definitions(assets=[...])
        settings = read_settings(Path("rtbf.toml"), environ=os.environ)
        return dg.Definitions.merge(mine, erasure_definitions(mine, settings))

    defs = _definitions()

Our packages stand beside yours on the path; one of yours with the same name would hide ours, and this import
refuses that with a sentence, before anything half-works.
"""

from dagster_rtbf._shadows import refuse_shadows

refuse_shadows()

from dagster_rtbf.erasure import erasure_definitions  # noqa: E402 - only after the check above
from lineage_assets import (  # noqa: E402
    Erasure,
    Exempt,
    ExemptReason,
    epoch,
    in_text,
    link,
    mention,
    no_subject_data,
    pseudonym,
    subject_data,
)
from rtbf_ledger.settings import Settings, read_settings  # noqa: E402

__all__ = [
    "Erasure",
    "Exempt",
    "ExemptReason",
    "Settings",
    "epoch",
    "erasure_definitions",
    "in_text",
    "link",
    "mention",
    "no_subject_data",
    "pseudonym",
    "read_settings",
    "subject_data",
]
