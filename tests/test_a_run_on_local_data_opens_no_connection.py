"""Training on a person's own folder talks to nobody: not this package, nor Kedro, MLflow or Matplotlib."""

import numpy as np
import pytest
from PIL import Image

# `python -m offline` is `python -m kedro`, with every socket but those between processes forbidden
OFFLINE = """
import runpy
import socket
import sys
import traceback
from pathlib import Path

ATTEMPTS = Path("attempts.txt").absolute()

def refuse(what):
    with ATTEMPTS.open("a") as file:
        file.write(f"{what}\\n{''.join(traceback.format_stack())}\\n")
    raise OSError(f"forbidden: {what}")

def guarded(name):
    method = getattr(socket.socket, name)

    def call(self, *arguments):
        return method(self, *arguments) if self.family == socket.AF_UNIX else refuse(f"{name} {arguments}")

    return call

for name in ("connect", "connect_ex", "bind", "sendto"):
    setattr(socket.socket, name, guarded(name))
for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "create_connection"):
    setattr(socket, name, lambda *arguments, name=name, **options: refuse(f"{name} {arguments}"))

if sys.argv[1] == "check":
    import urllib.request
    try:
        urllib.request.urlopen("http://127.0.0.1:9/")
    except OSError as error:
        sys.exit(str(error))
sys.argv[0] = "kedro"
runpy.run_module("kedro", run_name="__main__", alter_sys=True)
"""


def make_folder(root):
    generator = np.random.default_rng(0)
    for label, name in enumerate(("dark", "bright")):
        (root / name).mkdir(parents=True)
        for number in range(20):
            pixels = generator.integers(0, 100, (16, 16, 3)) + 100 * label
            Image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{number}.png")
    return root


@pytest.mark.slow
def test_a_whole_run(project_folder, tmp_path, run_command):
    (project_folder / "offline.py").write_text(OFFLINE)
    small = "image_folder.images.size=16,modelling.training.epochs=1,modelling.network.convnet.widths=[4]"
    folder = make_folder(tmp_path / "pictures")

    finished = run_command(
        project_folder,
        "offline", "run", "--pipeline", "folder_training", "--params", f"image_folder.path={folder},{small}",
    )  # fmt: skip

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert (project_folder / "data/08_reporting/metrics.json").is_file()
    attempts = project_folder / "attempts.txt"
    assert not attempts.exists(), attempts.read_text()


def test_a_connection_would_be_seen(project_folder, run_command):
    (project_folder / "offline.py").write_text(OFFLINE)

    finished = run_command(project_folder, "offline", "check")

    assert "forbidden: " in finished.stderr
    assert (project_folder / "attempts.txt").exists()
