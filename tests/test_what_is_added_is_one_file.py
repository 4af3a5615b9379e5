"""What the README of the package says of adding things is enough: its examples are added and trained."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.pipelines.test_idx_pipeline import write_set

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "image_classification"
ADDED = (
    "learning/losses/focal.py",
    "networks/linear.py",
    "evaluation/figures/confidences.py",
    "images/stripes/stripes.py",
)


def example(heading: str, number: int = 0) -> str:
    """A piece of code below a heading of the README."""
    section = (
        (PACKAGE / "README.md").read_text(encoding="utf-8").split(f"### {heading}\n")[1].split("\n### ")[0]
    )
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)[number]


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, (path, before)
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package to which the examples were added, each as it is said there."""
    copy = tmp_path / "src" / "image_classification"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "learning" / "losses" / "focal.py").write_text(example("A loss"), encoding="utf-8")
    edit(copy / "learning" / "losses" / "__init__.py", "    distances,\n", "    distances,\n    focal,\n")
    (copy / "networks" / "linear.py").write_text(example("A network"), encoding="utf-8")
    edit(copy / "networks" / "__init__.py", "    lenet,\n", "    lenet,\n    linear,\n")
    edit(
        copy / "evaluation" / "metric_table.py",
        "METRICS = (\n",
        f"METRICS = (\n{example('A metric').rstrip()},\n",
    )
    reporting = copy / "pipelines" / "reporting"
    (copy / "evaluation" / "figures" / "confidences.py").write_text(example("A figure"), encoding="utf-8")
    figures = reporting / "figures.py"
    edit(
        figures,
        "from image_classification.evaluation.figures.confusion_matrix import",
        "from image_classification.evaluation.figures.confidences import confidences_figure\n"
        "from image_classification.evaluation.figures.confusion_matrix import",
    )
    edit(figures, "\n\nclass ReportFigure(", f"\n\n{example('A figure', 1)}\n\nclass ReportFigure(")
    edit(figures, "FIGURES = (\n", f"FIGURES = (\n    {example('A figure', 2).strip()},\n")
    source = copy / "images" / "stripes"
    source.mkdir()
    (source / "__init__.py").touch()
    (source / "stripes.py").write_text(example("A source of images"), encoding="utf-8")
    edit(
        copy / "images" / "sources.py",
        "from image_classification.images.store.source import SOURCES\n",
        "from image_classification.images.store.source import SOURCES\n"
        "from image_classification.images.stripes import stripes\n",
    )
    return copy.parent


def test_the_examples_are_in_the_form_of_the_project(package):
    made = [package / "image_classification" / path for path in ADDED]
    for command in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        arguments = [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml")]
        found = subprocess.run([*arguments, *made], capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.slow
def test_a_source_of_images(package, project, run_command):
    """Nothing but its own file and its import: no pipeline, no catalog, no parameter file."""
    chosen = (
        "stripes.count=120,stripes.images.size=[12, 16],stripes.split.validation=16,"
        "modelling.training.batch_size=16,modelling.training.epochs=4"
    )

    done = run_command(
        project, "kedro", "run", "--pipeline", "stripes_training", "--params", chosen, PYTHONPATH=str(package)
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    metrics = json.loads((project / "data" / "08_reporting" / "metrics.json").read_text())
    assert (metrics["data_name"], metrics["images"]) == ("stripes", 24)
    assert metrics["accuracy"] > 0.9
    index = pd.read_parquet(project / "data" / "04_feature" / "stripes" / "image_index.parquet")
    assert index["split"].value_counts().to_dict() == {"train": 80, "test": 24, "validation": 16}


@pytest.mark.slow
def test_a_loss_a_network_a_metric_and_a_figure(package, project, run_command):
    folder = write_set(project.parent / "set")
    chosen = (
        f"idx.path={folder},modelling.loss.name=focal,modelling.loss.focal.gamma=1.5,modelling.network.name=linear,"
        "modelling.network.linear.bias=false,modelling.training.epochs=3,modelling.training.batch_size=16"
    )

    done = run_command(
        project, "kedro", "run", "--pipeline", "training", "--params", chosen, PYTHONPATH=str(package)
    )

    assert done.returncode == 0, done.stdout + done.stderr
    reporting = project / "data" / "08_reporting"
    metrics = json.loads((reporting / "metrics.json").read_text())
    assert metrics["error"] == pytest.approx(1 - metrics["accuracy"])
    assert metrics["accuracy"] > 0.8
    figure = json.loads((reporting / "confidences.json").read_text())
    assert figure["data"][0]["type"] == "histogram"
    report = (reporting / "report.html").read_text(encoding="utf-8")
    assert 'data-figure="confidences"' in report
    assert "share of the images that are classified wrongly" in report
    for name, value in (("loss.name", "focal"), ("loss.gamma", "1.5"), ("network.bias", "false")):
        assert f"<th>{name}</th><td>{value}</td>" in report
    assert np.isfinite(metrics["loss"])


@pytest.mark.slow
def test_a_wrong_option_of_what_was_added_is_explained(package, project, run_command):
    done = run_command(
        project, "kedro", "run", "--params", "modelling.loss.focal.gama=1", PYTHONPATH=str(package)
    )
    assert done.returncode == 1
    assert "There is no parameter modelling.loss.focal.gama" in done.stderr
    assert "did you mean modelling.loss.focal.gamma" in done.stderr
