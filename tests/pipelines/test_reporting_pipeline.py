"""The pipelines of reporting: alone after a training, under each runner, true of the training that was."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.runner import AbstractRunner, SequentialRunner, ThreadRunner
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss, roc_auc_score

from image_classification.errors import UserError
from image_classification.pipelines.reporting.figures import FIGURES

DOCUMENTS = ("report.html", "model_card.md")


def run(project: Path, *names: str, runner: AbstractRunner | None = None, **parameters) -> None:
    with KedroSession.create(project, runtime_params=parameters) as session:
        session.run(pipeline_names=list(names), runner=runner or SequentialRunner())


@pytest.fixture
def project_folder(tmp_path: Path, clean_environment: None, train_once) -> Path:
    """The project after a training so timid that mistakes are left."""
    return Path(shutil.copytree(train_once(epochs=1, lr=0.001), tmp_path / "project"))


@pytest.fixture
def reporting(project: Path, tiny_mnist: Path) -> Path:
    """The folder of the figures and documents."""
    return project / "data" / "08_reporting"


def test_the_metrics_are_scikit_learns_on_the_runs_own_predictions(reporting: Path) -> None:
    metrics = json.loads((reporting / "metrics.json").read_text())
    predictions = pd.read_parquet(reporting.parent / "07_model_output" / "predictions.parquet")
    labels, guesses = predictions["label"], predictions["prediction"]
    probabilities = predictions.filter(like="probability/").to_numpy("float64")
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
    expected = {
        "images": 50,
        "accuracy": accuracy_score(labels, guesses),
        "balanced_accuracy": balanced_accuracy_score(labels, guesses),
        "macro_f1": f1_score(labels, guesses, average="macro", zero_division=0),
        "weighted_f1": f1_score(labels, guesses, average="weighted", zero_division=0),
        "roc_auc": roc_auc_score(labels, probabilities, multi_class="ovr"),
        "log_loss": log_loss(labels, probabilities),
        # what the training made small was the same, computed from the logits
        "loss": log_loss(labels, probabilities),
    }
    assert 0 < metrics["accuracy"] < 1
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_everything_is_written_again_alone(reporting: Path, project: Path) -> None:
    written = [*(f"{figure.name}.json" for figure in FIGURES), *DOCUMENTS]
    before = {name: (reporting / name).read_bytes() for name in written}
    for name in written:
        (reporting / name).unlink()
    run(project, "reporting", runner=ThreadRunner())
    assert {name: (reporting / name).read_bytes() for name in written} == before


@pytest.mark.slow
def test_other_parameters_change_nothing_of_what_the_report_says_of_the_training(
    reporting: Path, project: Path
) -> None:
    before = {name: (reporting / name).read_text(encoding="utf-8") for name in DOCUMENTS}
    run(project, "reporting", modelling={"optimizer": {"name": "sgd"}})
    assert {name: (reporting / name).read_text(encoding="utf-8") for name in DOCUMENTS} == before


@pytest.mark.slow
def test_words_of_a_person_reach_the_model_card(reporting: Path, project: Path) -> None:
    run(project, "reporting", reporting={"mistakes": 1, "model_card": {"intended_use": "To read postcodes."}})
    assert "To read postcodes." in (reporting / "model_card.md").read_text(encoding="utf-8")
    mistakes = json.loads((reporting / "hardest_mistakes.json").read_text())
    assert len(mistakes["data"][0]["text"]) == 1


def remove_records(reporting: Path) -> None:
    """As in a project whose files somebody has put together: nothing says what they were made from."""
    for folder in reporting.parent.rglob(".origins"):
        shutil.rmtree(folder)


def test_predictions_of_other_images_are_refused(reporting: Path, project: Path) -> None:
    remove_records(reporting)
    path = reporting.parent / "07_model_output" / "predictions.parquet"
    predictions = pd.read_parquet(path)
    predictions.assign(name="elsewhere/" + predictions["name"], correct=False).to_parquet(path)
    with pytest.raises(UserError, match="of other images than the test set of mnist has: 'elsewhere/"):
        run(project, "reporting")


@pytest.mark.slow
def test_another_split_than_that_of_the_training_is_refused(reporting: Path, project: Path) -> None:
    """Images that were learned from may be test images of the other split."""
    before = {name: (reporting / name).read_bytes() for name in DOCUMENTS}
    run(project, "mnist", mnist={"split": {"validation": 0.5}})
    with pytest.raises(UserError, match=r"does not belong to mnist\.\w+: it was made from another"):
        run(project, "reporting")
    remove_records(reporting)
    for names, start in (
        ("reporting", None),
        ("modelling", "evaluate_network"),
        ("modelling", "train_network"),
    ):
        with (
            KedroSession.create(project) as session,
            pytest.raises(
                UserError, match=r"was made for mnist \(index \w{8}\), and now there is another split"
            ),
        ):
            session.run(
                pipeline_names=[names],
                from_nodes=[f"modelling.{start}"] if start else None,
                runner=SequentialRunner(),
            )
    assert {name: (reporting / name).read_bytes() for name in DOCUMENTS} == before
    run(project, "mnist")
    run(project, "reporting")


@pytest.mark.slow
def test_the_options_of_the_evaluation_are_those_that_it_had(reporting: Path, project: Path) -> None:
    with KedroSession.create(
        project, runtime_params={"modelling": {"evaluation": {"top_k": 2, "calibration_bins": 3}}}
    ) as session:
        session.run(pipeline_names=["modelling"], from_nodes=["modelling.evaluate_network"])
    run(project, "reporting")
    report = (reporting / "report.html").read_text(encoding="utf-8")
    assert "top-2 accuracy" in report
    error = json.loads((reporting / "metrics.json").read_text())["calibration_error"]
    assert f"expected calibration error {error:.1%}" in (reporting / "calibration_curve.json").read_text()
    for option, value in (("top_k", 2), ("calibration_bins", 3)):
        assert f"<th>evaluation.{option}</th><td>{value}</td>" in report


def test_metrics_of_other_weights_are_refused(reporting: Path, project: Path) -> None:
    remove_records(reporting)
    metrics = json.loads((reporting / "metrics.json").read_text())
    (reporting / "metrics.json").write_text(json.dumps(metrics | {"weights_digest": "0" * 64}))
    with pytest.raises(UserError, match="The metrics are of other weights than the trained network has"):
        run(project, "reporting")


@pytest.mark.slow
def test_the_parallel_runner_writes_the_same(reporting: Path, project: Path, run_command) -> None:
    before = {figure: (reporting / f"{figure.name}.json").read_bytes() for figure in FIGURES}
    done = run_command(project, "kedro", "run", "--pipeline", "reporting", "--runner", "ParallelRunner")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stdout + done.stderr
    assert {figure: (reporting / f"{figure.name}.json").read_bytes() for figure in FIGURES} == before


def test_each_source_reports_its_own_images(project: Path) -> None:
    def sources(name: str) -> set[str]:
        return {dataset.partition(".")[0] for dataset in pipelines[name].inputs() if "set" in dataset}

    assert sources("reporting") == {"mnist"}
    assert sources("folder_reporting") == {"image_folder"}
    assert "image_folder.audit_table" in pipelines["folder_reporting"].inputs()


def test_a_figure_for_a_section_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="the report has no section 'result'"):
        _ = FIGURES[0]._replace(section="result").node
