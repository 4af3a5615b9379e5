"""How many cases are tried: few, always the same ones, by default; thousands with FUZZ=thorough."""

import os

from hypothesis import HealthCheck, Phase, settings

_PHASES = (Phase.explicit, Phase.generate, Phase.shrink)  # to explain a failure takes minutes
for name, cases, derandomize in (("ci", 20, True), ("thorough", 1000, False)):
    settings.register_profile(
        name,
        max_examples=cases,
        derandomize=derandomize,
        deadline=None,
        database=None,
        phases=_PHASES,
        suppress_health_check=list(HealthCheck),
    )
settings.load_profile("thorough" if os.environ.get("FUZZ") == "thorough" else "ci")
