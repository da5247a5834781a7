"""IP addresses, by `ipaddress`. A dynamic one can be personal data (CJEU C-582/14, Breyer)."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from scanners.undeclared.detectors.judgement import LIKELY, Judgement, PersonalKind
from scanners.undeclared.detectors.names import Hint, hint
from scanners.undeclared.detectors.shares import Grade, share
from scanners.undeclared.sample import ColumnSample

LARGE_OCTET = 64
"""Of four random octets one is larger than this in 255 of 256 addresses; versions have small numbers."""


class Ip:
    """Global IPv4 and IPv6 addresses. Those of a private network tell nothing outside it."""

    name = "ip"
    kinds = frozenset({PersonalKind.IP})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return IP where most values are global addresses."""
        hinted = hint(column, PersonalKind.IP) is not Hint.NONE
        grade = Grade(detector=self.name, kind=PersonalKind.IP, alone=LIKELY)
        return grade.judged(share(column.values, is_global if hinted else is_no_version), hinted=hinted)


def is_global(value: str) -> bool:
    """Whether a text is an address of the public internet, in whatever spelling."""
    found = _address(value)
    return found is not None and found.is_global


def is_no_version(value: str) -> bool:
    """Whether a text is a global address and does not look like the version 1.2.3.4."""
    found = _address(value)
    if found is None or not found.is_global:
        return False
    return isinstance(found, IPv6Address) or max(found.packed) > LARGE_OCTET


def _address(value: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(value.strip("[]"))
    except ValueError:
        return None
