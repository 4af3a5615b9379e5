"""Tests whose input is varied by hypothesis: a few hundred cases, always the same, or many.

`FUZZ=thorough pytest tests/fuzz` tries ten thousand cases of each test, others each time. A case that fails
is made as small as it can be, and printed so that it can be copied into a test of its own.
"""

import os

from hypothesis import HealthCheck, settings

_SLOW_MACHINES = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

settings.register_profile(
    "ci",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=_SLOW_MACHINES,
)
settings.register_profile(
    "thorough", database=None, deadline=None, max_examples=10_000, suppress_health_check=_SLOW_MACHINES
)
settings.load_profile(os.environ.get("FUZZ", "ci"))
