"""The Dagster jobs: one op a phase, in process; nothing but the batch's id ever enters Dagster.

Phases hand nothing to each other: what each did is in the ledger, so a run can be resumed at any of them.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from lineage_assets.errors import DeclarationError
from rtbf_jobs.certify import certify, close
from rtbf_jobs.control import ATTEMPT_TAG, BATCH_TAG, Control, last_path_in
from rtbf_jobs.erasers import EraseError
from rtbf_jobs.errors import JobError
from rtbf_jobs.prepare import identify, make_plans, preview
from rtbf_jobs.suppress import scan_before, suppress_subjects
from rtbf_jobs.verify import verify
from rtbf_jobs.walk import walk
from rtbf_jobs.work import Work
from rtbf_ledger import batches
from rtbf_ledger.errors import LedgerError
from scanners.errors import ScannerError

CHECK_NAME = "rtbf_residual"
OURS = (JobError, LedgerError, ScannerError, EraseError, DeclarationError)
Phase = Callable[[Work], None]
PREPARE_PHASES: Mapping[str, Phase] = {"identify": identify, "plan": make_plans, "preview": preview}
ERASE_PHASES: Mapping[str, Phase] = {
    "suppress": suppress_subjects,
    "scan_before": scan_before,
    "walk": walk,
    "verify": verify,
    "close": close,
    "certify": certify,
}


class DagsterReport:
    """Tells Dagster: observations that plot, asset check evaluations, log lines; each leads to the desk."""

    def __init__(self, context: dg.OpExecutionContext) -> None:
        """Take the op's context."""
        self._context = context
        self._desk = desk_link(desk_page(context.run.tags[BATCH_TAG]))

    def observed(self, asset: str, numbers: Mapping[str, int | float]) -> None:
        """Log an observation of the asset."""
        key = dg.AssetKey.from_user_string(asset)
        self._context.log_event(dg.AssetObservation(asset_key=key, metadata={**self._desk, **numbers}))

    def checked(self, asset: str, *, passed: bool, numbers: Mapping[str, int | float]) -> None:
        """Log an evaluation of the asset's residual check."""
        key = dg.AssetKey.from_user_string(asset)
        evaluation = dg.AssetCheckEvaluation(
            asset_key=key, check_name=CHECK_NAME, passed=passed, metadata={**self._desk, **numbers}
        )
        self._context.log_event(evaluation)  # type: ignore[arg-type] # its annotation forgets this event

    def said(self, sentence: str) -> None:
        """Log a sentence of ours."""
        self._context.log.info(sentence)


def desk_page(batch_id: str) -> str:
    """Return the path of the desk's page of a batch, below the UI's own address under `rtbf ui`."""
    return f"/rtbf/batches/{batch_id}"


def desk_link(page: str) -> dict[str, dg.MetadataValue]:
    """Return the metadata that leads from Dagster to a page of the desk; Dagster's UI shows it as a link."""
    return {"desk": dg.MetadataValue.url(page)}


def _run_phase(context: dg.OpExecutionContext, phase: Phase) -> None:
    control: Control = context.resources.rtbf_control
    tags = context.run.tags
    record = context.instance.get_run_record_by_id(context.run_id)
    began = record.start_time if record is not None else None
    started = datetime.fromtimestamp(began, UTC) if began else control.ledger.clock()
    with control.work(
        tags[BATCH_TAG],
        int(tags[ATTEMPT_TAG]),
        report=DagsterReport(context),
        last_path=last_path_in(context.instance),
        started=started,
    ) as work:
        batches.renew(work.ledger, work.batch, lease=work.lease, owner=context.run_id)
        phase(work)


def told(error: Exception) -> str:
    """Return what may be told of an error: our own sentence, or only its type and where it came from."""
    if isinstance(error, OURS):
        return str(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return f"unexpected {type(error).__name__} at {place}; its text may hold a value, so it is not told"


def _op(name: str, phase: Phase, *, first: bool) -> dg.OpDefinition:
    @dg.op(
        name=f"rtbf_{name}",
        ins={} if first else {"after": dg.In(dg.Nothing)},
        out=dg.Out(dg.Nothing),
        required_resource_keys={"rtbf_control"},
        description=(phase.__doc__ or "").strip(),
    )
    def run(context: dg.OpExecutionContext) -> None:
        link = desk_link(desk_page(context.run.tags[BATCH_TAG]))
        context.add_output_metadata(link)
        try:
            _run_phase(context, phase)
        except Exception as error:  # noqa: BLE001 - every error is told in our own words, and none is swallowed
            sentence = told(error)
        else:
            return
        raise dg.Failure(description=sentence, metadata=link, allow_retries=False)

    return run


def _job(name: str, phases: Mapping[str, Phase], description: str, control: object) -> dg.JobDefinition:
    ops: Sequence[dg.OpDefinition] = [
        _op(phase, function, first=number == 0) for number, (phase, function) in enumerate(phases.items())
    ]

    # Bound here: Dagster copies a job that lacks a resource, or has the default IO manager, and with it the
    # sensor that names it, which warns of a beta parameter at each load. No op has an output to be kept.
    bound = {"rtbf_control": control, "io_manager": dg.mem_io_manager}

    @dg.job(name=name, executor_def=dg.in_process_executor, description=description, resource_defs=bound)
    def job() -> None:
        done = ops[0]()
        for op in ops[1:]:
            done = op(after=done)

    return job


def prepare_job(control: object) -> dg.JobDefinition:
    """Return the job that identifies, plans and counts; its requests then wait for approval.

    `control` is the resource `rtbf_control`, as a definition.
    """
    said = "Identify, plan and count filed requests; then a person approves."
    return _job("rtbf_prepare", PREPARE_PHASES, said, control)


def erase_job(control: object) -> dg.JobDefinition:
    """Return the job that erases approved requests, proves it, and certifies it; `control` as above."""
    said = "Erase approved requests along the graph, verify, certify."
    return _job("rtbf_erase", ERASE_PHASES, said, control)
