"""Hypothesis profiles: `default` on a desk, `ci` where CI is set."""

import os

from hypothesis import HealthCheck, settings

# A property that writes real files takes as long as the disk does, so no example has a deadline.
_SLOW_DISK = [HealthCheck.too_slow]

settings.register_profile("default", deadline=None, suppress_health_check=_SLOW_DISK)
settings.register_profile(
    "ci", deadline=None, suppress_health_check=_SLOW_DISK, derandomize=True, database=None, print_blob=True
)
settings.load_profile("ci" if os.environ.get("CI") else "default")
