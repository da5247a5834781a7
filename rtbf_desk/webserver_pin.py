"""Which dagster-webserver the desk can be mounted into: the one that our extra `[ui]` pins, to the digit."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from rtbf_desk.gate import DeskError

OURS, THEIRS = "dagster-rtbf", "dagster-webserver"


def refuse_other_versions(requirements: Iterable[str], installed: str | None) -> None:
    """Refuse an installed version that the requirements do not pin; None stands for not installed.

    Raises:
        DeskError: it is another version, or missing; the message says how to get the right one.
    """
    pins = [pin for pin in map(Requirement, requirements) if pin.name == THEIRS]
    wanted = ", ".join(str(pin.specifier) for pin in pins) or "no version we know"
    if installed is not None and pins and all(pin.specifier.contains(installed) for pin in pins):
        return
    raise DeskError(
        f"ui: {THEIRS} is {installed or 'not installed'}, and the desk is made for {wanted}: "
        f"pip install '{OURS}[ui]'"
    )


def refuse_installed() -> None:
    """Refuse the installed dagster-webserver where it is not the pinned one.

    Raises:
        DeskError: as `refuse_other_versions`; or we are not installed ourselves, so that nothing is pinned.
    """
    try:
        pinned = requires(OURS) or []
    except PackageNotFoundError:
        raise DeskError(f"ui: {OURS} itself is not installed: pip install -e '.[ui]'") from None
    try:
        installed: str | None = version(THEIRS)
    except PackageNotFoundError:
        installed = None
    refuse_other_versions(pinned, installed)
