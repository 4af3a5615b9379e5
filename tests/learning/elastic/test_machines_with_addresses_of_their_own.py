"""Two machines with addresses of their own: two network namespaces, joined by a cable."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors.torch import load_file
from tests.learning.elastic.conftest import joining_command

TOKEN = "a-token-of-this-test-alone"
HERE, THERE = "10.231.77.1", "10.231.77.2"
NAMES = [f"{name}-{os.getpid()}" for name in ("driver", "joiner")]
PROGRAM = """
import sys
from pathlib import Path
from image_classification.learning.elastic.job import save_tensors
from tests.learning.elastic.conftest import Training
weights, _ = Training(Path(sys.argv[1]) / "checkpoints")({"nodes": 2, "endpoint": sys.argv[2]})
save_tensors(weights, Path(sys.argv[1]) / "weights.safetensors")
"""


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def namespaces() -> Iterator[list[str]]:
    """Two network namespaces that reach each other, and nothing else."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("only root can make network namespaces, with the program ip")
    ends = [f"ic{number}-{os.getpid()}"[:15] for number in (1, 2)]
    try:
        for name in NAMES:
            ip("netns", "add", name)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"network namespaces cannot be made here: {error.stderr}")
    try:
        ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
        for name, end, address in zip(NAMES, ends, (HERE, THERE), strict=True):
            ip("link", "set", end, "netns", name)
            ip("-n", name, "addr", "add", f"{address}/24", "dev", end)
            ip("-n", name, "link", "set", end, "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield NAMES
    finally:
        for name in NAMES:
            subprocess.run(["ip", "netns", "del", name], check=False)


@pytest.mark.slow
def test_come_to_the_same_as_one_process(namespaces, training, tmp_path):
    expected, _ = training()
    variables = os.environ | {"IMAGE_CLASSIFICATION_JOIN_TOKEN": TOKEN}
    driver, joiner = (["ip", "netns", "exec", name] for name in namespaces)
    root = Path(__file__).parents[3]
    with subprocess.Popen([*joiner, *joining_command(f"{HERE}:29400")], env=variables) as other:
        try:
            program = [sys.executable, "-c", PROGRAM, str(tmp_path), f"{HERE}:29400"]
            subprocess.run([*driver, *program], env=variables, cwd=root, check=True, timeout=300)
            assert other.wait(60) == 0
        finally:
            other.kill()

    trained = load_file(tmp_path / "weights.safetensors")
    assert max(float((trained[name] - expected[name]).abs().max()) for name in expected) < 1e-10
