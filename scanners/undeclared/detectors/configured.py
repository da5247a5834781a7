"""The detectors that a deployment's settings ask for."""

from collections.abc import Callable
from datetime import datetime

from rtbf_ledger.errors import SettingsError
from rtbf_ledger.evaluator_settings import EvaluatorSettings
from rtbf_ledger.settings import Settings
from scanners.undeclared.detectors import Detector, core_detectors
from scanners.undeclared.detectors.endpoint import Endpoint
from scanners.undeclared.detectors.evaluator import Evaluator
from scanners.undeclared.detectors.presidio import Presidio
from scanners.undeclared.detectors.spending import Spending


def configured_detectors(settings: Settings, *, now: Callable[[], datetime]) -> tuple[Detector, ...]:
    """Return the core detectors, presidio where `[detectors] presidio = true`, the evaluator where it is set.

    Raises:
        SettingsError: the evaluator's key was not in the environment.
        ScannerError: presidio is asked for and not installed.
    """
    optional: tuple[Detector, ...] = ()
    if settings.presidio:
        optional += (Presidio(),)
    if settings.evaluator is not None:
        optional += (_evaluator(settings.evaluator, now),)
    return core_detectors(settings.country) + optional


def _evaluator(asked: EvaluatorSettings, now: Callable[[], datetime]) -> Evaluator:
    if asked.key_env and not asked.key:
        raise SettingsError(
            f"settings: evaluator: the environment has no {asked.key_env}; set it, or drop key_env"
        )
    return Evaluator(
        endpoint=Endpoint(
            url=asked.url, model=asked.model, timeout_seconds=asked.timeout_seconds, key=asked.key
        ),
        spending=Spending(
            path=asked.state,
            requests_per_day=asked.requests_per_day,
            tokens_per_day=asked.tokens_per_day,
        ),
        requests_per_run=asked.requests_per_run,
        now=now,
    )
