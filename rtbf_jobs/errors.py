"""What can go wrong while a person is erased.

JobError(Exception)
├── PlanRefusedError        the declared graph cannot carry the request; holds one failure an asset
└── UnexpectedError         an error of a library, told in our own words: its text may hold a value
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the erasers stand alone: `rtbf files` needs no ledger, and starts without its database
    from rtbf_ledger.requests import Failure


class JobError(Exception):
    """A step of an erasure that cannot be done; the message names the asset and holds no value."""


class PlanRefusedError(JobError):
    """The declared graph cannot carry the request."""

    def __init__(self, failures: Sequence["Failure"]) -> None:
        """Take what is wrong, one failure an asset."""
        super().__init__("; ".join(item.sentence for item in failures))
        self.failures = tuple(failures)


class UnexpectedError(JobError):
    """An error of a library, told in our own words."""
