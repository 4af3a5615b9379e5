"""The wheel of `kedro package` and its configuration train in an empty folder, and keep all there."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
from PIL import Image
from tests.fixtures.commands import RunCommand

ROOT = Path(__file__).parents[2]
DIGITS = "mnist.offline_fallback=digits,modelling.training.epochs=1"
KEPT = {"new.png", "data", ".logs", "mlartifacts", "mlflow.db", "mlflow.db.lock", "mlflow.db.registry.lock"}
NO_NETWORK = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "no_proxy": ""}


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(run_command: RunCommand) -> Run:
    """Run the package that lies in a folder `code`, elsewhere."""

    def run_there(folder: Path, code: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
        variables = NO_NETWORK | {"PYTHONPATH": str(code)}
        return run_command(folder, "image_classification", *arguments, **variables)

    return run_there


@pytest.fixture
def empty(tmp_path: Path, clean_environment: None) -> Path:
    folder = tmp_path / "an empty folder"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What `kedro package` makes of the project: its wheel, unpacked as pip does, and its configuration."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".telemetry"):
        shutil.copy(ROOT / name, source)
    for name in ("src/image_classification", "conf"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "local"))
    (source / "conf/local").mkdir()
    (source / "conf/local/mlflow.yml").write_text("enabled: false")  # a person's own
    command = [sys.executable, "-m", "kedro", "package"]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (source / "dist").glob("*.whl")
    (archive,) = (source / "dist").glob("conf-*.tar.gz")
    shutil.unpack_archive(wheel, source / "installed", "zip")
    return source / "installed", archive


@pytest.mark.slow
def test_the_wheel_trains(empty: Path, packaged: tuple[Path, Path], run: Run) -> None:
    code, configuration = packaged

    done = run(empty, code, "--conf-source", str(configuration), "--params", DIGITS)

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((empty / "data/08_reporting/metrics.json").read_text())["data_name"] == "digits"
    assert (empty / "data/08_reporting/report.html").is_file()
    (record,) = _runs_of(empty, "")
    assert record.info.status == "FINISHED"
    assert "rich_logging" not in done.stdout
    assert "make " not in done.stdout
    assert "image-classification mlflow --conf-source " in done.stdout


@pytest.mark.slow
def test_all_that_follows_a_training_runs_too(empty: Path, packaged: tuple[Path, Path], run: Run) -> None:
    code, configuration = packaged
    where = ("--conf-source", str(configuration))
    Image.new("L", (28, 28), 255).save(empty / "new.png")
    steps = [
        ("check-deployment", "--all", *where),
        ("run", "--pipeline", "training", "--env", "fast", *where, "--params", DIGITS),
        ("--pipeline", "inference", *where, "--params", f"inference.images={empty / 'new.png'}"),
        ("--pipeline", "export", *where, "--params", "export.formats=[bundle,onnx]"),
        ("verify", "data/06_models/export"),
        ("--pipeline", "comparison", *where),
    ]

    for arguments in steps:
        done = run(empty, code, *arguments)
        assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"
    (record,) = _runs_of(empty, "tags.pipeline = 'training'")
    steps = [
        ("promote", record.info.run_id, *where),
        ("replay", record.info.run_id, "--epoch", "1", "--env", "fast", *where),
        ("--pipeline", "label_review", *where, "--params", f"{DIGITS},cross_validation.folds=2"),
    ]
    for arguments in steps:
        done = run(empty, code, *arguments)
        assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"

    reports = {path.name for path in (empty / "data/08_reporting").glob("*.html")}
    assert reports >= {"report.html", "inference_report.html", "label_review.html"}
    assert (empty / "data/08_reporting/leaderboard.csv").is_file()
    assert {path.name for path in empty.iterdir()} <= KEPT


def _runs_of(folder: Path, chosen: str) -> Any:
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.get_experiment_by_name("image-classification").experiment_id
    return client.search_runs([experiment], chosen)


def test_without_a_configuration_it_is_asked_for(empty: Path, run: Run) -> None:
    done = run(empty, ROOT / "src", "--pipeline", "training")

    assert done.returncode == 2
    assert "is not inside the project: change to its folder, or name the configuration" in done.stderr
    assert "--conf-source" in done.stderr
    assert list(empty.iterdir()) == []
