"""Threads that wait do not keep the cores from other processes, unless they are told to."""

import os
import subprocess
import sys

import pytest

from image_classification.processes.patience import SPINS, give_way_soon


def test_nothing_is_changed_that_somebody_has_set() -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        environment = {name: "7"}
        give_way_soon(environment)
        assert environment == {name: "7"}


@pytest.mark.parametrize("first", ["image_classification.settings", "image_classification"])
def test_it_is_set_before_torch_is_loaded(first: str) -> None:
    code = (
        "import os, sys\n"
        f"import {first}\n"
        "assert 'torch' not in sys.modules\n"
        "print(os.environ['GOMP_SPINCOUNT'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    environment.pop("OMP_WAIT_POLICY", None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(SPINS)
