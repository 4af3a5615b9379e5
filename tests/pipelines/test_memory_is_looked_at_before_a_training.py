"""`kedro run` refuses what cannot fit into memory in a line, and says what to lower where it ran out."""

import shutil

import pytest

pytestmark = pytest.mark.slow

# `python -m limited` is `python -m kedro` that may take 400 MB more than its libraries
LIMITED = """
import resource
import runpy
import sys

import psutil

taken = psutil.Process().memory_info().vms
resource.setrlimit(resource.RLIMIT_AS, (taken + 1_200_000_000, resource.RLIM_INFINITY))
sys.argv[0] = "kedro"
runpy.run_module("kedro", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def trained(tmp_path, train_once):
    return shutil.copytree(train_once(), tmp_path / "project")


def modelling(project, run_command, widths, module="kedro"):
    options = f"modelling.network.name=feed_forward,modelling.network.feed_forward.widths={widths}"
    return run_command(project, module, "run", "--pipeline", "modelling", "--params", options)


def test_a_network_that_cannot_be(trained, run_command):
    before = (trained / "data/06_models").stat().st_mtime_ns
    finished = modelling(trained, run_command, "[1000000000]")

    assert finished.returncode == 1
    assert finished.stderr.startswith("Error: The weights of this network (feed_forward, ")
    assert "would need 3.1 TB of memory at least; there are" in finished.stderr.splitlines()[0]
    assert "modelling.network.feed_forward.widths" in finished.stderr.splitlines()[0]
    assert (trained / "data/06_models").stat().st_mtime_ns == before


def test_a_training_that_runs_out_on_the_way(trained, run_command):
    (trained / "limited.py").write_text(LIMITED)

    # weights of 0.22 GB: they and their gradients fit, and not what Adam remembers beside them
    finished = modelling(trained, run_command, "[70000]", module="limited")

    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert "memory" in finished.stderr.splitlines()[0], finished.stderr
    assert "modelling.training.batch_size" in finished.stderr
    assert "Traceback" not in finished.stderr
