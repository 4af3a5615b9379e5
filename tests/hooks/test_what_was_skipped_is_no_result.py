"""`--only-missing-outputs`: what is summed up is what ran, whichever files were missing."""

import shutil
from pathlib import Path

import pytest
from kedro.framework.session import KedroSession

# as the project was trained: with other parameters it would be out of date
AS_TRAINED = {"modelling": {"training": {"epochs": 2, "batch_size": 32}, "optimizer": {"adam": {"lr": 0.01}}}}
EVALUATION = ["predictions.parquet", "metrics.json", "class_metrics.parquet"]


@pytest.fixture
def project_folder(tmp_path: Path, clean_environment: None, train_once) -> Path:
    """The project after a training."""
    return Path(shutil.copytree(train_once(), tmp_path / "project"))


@pytest.fixture
def said(project: Path, tiny_mnist: Path, capsys: pytest.CaptureFixture[str]):
    """Delete files, run what is missing, and return what is printed, in one line."""

    def run(*files: str, pipeline: str = "training") -> str:
        for name in files:
            (path,) = (project / "data").rglob(name)
            path.unlink()
        capsys.readouterr()
        with KedroSession.create(project, runtime_params=AS_TRAINED) as session:
            session.run(pipeline_names=[pipeline], only_missing_outputs=True)
        return " ".join(capsys.readouterr().out.replace("│", " ").split())

    return run


@pytest.mark.parametrize("pipeline", ["training", "mnist", "reporting"])
def test_where_nothing_ran_no_result_is_shown(said, pipeline: str) -> None:
    text = said(pipeline=pipeline)
    assert "Nothing was run: the outputs of " in text
    assert "accuracy" not in text
    assert "epoch" not in text


def test_an_evaluation_alone_shows_its_result_and_names_the_training_that_was_left_out(said) -> None:
    text = said(*EVALUATION)
    assert "test accuracy" in text
    assert "epoch" not in text
    assert "run id" not in text
    left_out = text.split("Left out, as their outputs are up to date: ")[1].split(" ┌")[0].split(", ")
    assert {"mnist.download_mnist", "modelling.build_network", "modelling.train_network"} <= set(left_out)
    assert "modelling.evaluate_network" not in left_out


@pytest.mark.slow
def test_a_training_that_was_missing_shows_its_epochs(said) -> None:
    text = said("trained_network.safetensors", "history.parquet", *EVALUATION)
    assert "2 epochs in" in text
    assert "test accuracy" in text
    assert "run id" in text
