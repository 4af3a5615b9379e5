"""The wheel of `kedro package` and its configuration train in an empty folder, and keep all there."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import mlflow
import pytest

ROOT = Path(__file__).parents[2]
DIGITS = "mnist.offline_fallback=digits,modelling.training.epochs=1"
NO_NETWORK = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "no_proxy": ""}


def run(folder: Path, code: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "image_classification", *arguments],
        cwd=folder,
        env=os.environ | NO_NETWORK | {"PYTHONPATH": str(code)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def empty(tmp_path: Path, clean_environment: None) -> Path:
    folder = tmp_path / "an empty folder"
    folder.mkdir()
    return folder


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """As `kedro package` makes it: an archive without a person's own settings."""
    archive = tmp_path / "conf.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(ROOT / "conf", "conf", filter=lambda entry: None if "/local" in entry.name else entry)
    return archive


@pytest.mark.slow
def test_the_wheel_trains(empty: Path, configuration: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "src" / "image_classification", source / "src" / "image_classification")
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        tmp_path / "dist",
        source,
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    shutil.unpack_archive(wheel, tmp_path / "installed", "zip")

    done = run(empty, tmp_path / "installed", "--conf-source", str(configuration), "--params", DIGITS)

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((empty / "data/08_reporting/metrics.json").read_text())["data_name"] == "digits"
    assert (empty / "data/08_reporting/report.html").is_file()
    client = mlflow.MlflowClient(f"sqlite:///{empty}/mlflow.db")
    (record,) = client.search_runs([client.get_experiment_by_name("image-classification").experiment_id])
    assert record.info.status == "FINISHED"
    assert "rich_logging" not in done.stdout
    assert "make " not in done.stdout
    assert "mlflow ui --backend-store-uri sqlite:///" in done.stdout


def test_without_a_configuration_it_is_asked_for(empty: Path) -> None:
    done = run(empty, ROOT / "src", "--pipeline", "training")

    assert done.returncode == 2
    assert "is not inside the project: change to its folder, or name the configuration" in done.stderr
    assert "--conf-source" in done.stderr
    assert list(empty.iterdir()) == []
