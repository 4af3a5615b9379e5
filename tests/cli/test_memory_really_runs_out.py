"""A command that may take only so much memory says so when it has taken it."""

import pytest

# `ulimit -v`, from where the libraries are loaded; then the command, as `kedro run` reports its errors
LIMITED = """
import resource
import sys
import psutil
import click
from image_classification.cli.explanations import told

import torch, numpy

def take(kind, keep=[]):
    more = {"torch": lambda: torch.ones(2**23), "numpy": lambda: numpy.ones(2**22)}
    while True:
        keep.append(more.get(kind, lambda: bytearray(2**25))())

taken = psutil.Process().memory_info().vms
resource.setrlimit(resource.RLIMIT_AS, (taken + 300_000_000, resource.RLIM_INFINITY))
try:
    with told(None):
        take(sys.argv[1])
except click.exceptions.Exit as error:
    sys.exit(error.exit_code)
"""


@pytest.mark.parametrize(
    "kind", ["torch", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("numpy", "python"))]
)
def test_it_ends_with_a_message(tmp_path, run_command, kind):
    (tmp_path / "limited.py").write_text(LIMITED)

    finished = run_command(tmp_path, "limited", kind)

    assert finished.returncode == 1, finished.stderr
    assert finished.stderr.startswith("Error: The memory ran out while ")
    assert "modelling.training.batch_size" in finished.stderr
    assert "Traceback" not in finished.stderr
