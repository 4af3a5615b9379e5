"""The pipelines of the review: from probabilities out of fold to tables and a page, under each runner."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from kedro.runner import SequentialRunner, ThreadRunner

from image_classification.errors import UserError
from image_classification.networks.answers.rule import PROBABILITY


@pytest.fixture
def project_folder(tmp_path: Path, clean_environment: None, train_once) -> Path:
    """The project after a training on the tiny MNIST."""
    return Path(shutil.copytree(train_once(epochs=1, lr=0.001), tmp_path / "project"))


def write_out_of_fold(project, wrong=()):
    """Say of all training and validation images that they show what their labels say, but of some not."""
    index = pd.read_parquet(project / "data" / "04_feature" / "mnist" / "image_index.parquet")
    index = index[index["split"].isin(["train", "validation"])].reset_index(drop=True)
    classes = sorted(index["class_name"].unique())
    right = pd.Index(classes).get_indexer(index["class_name"])
    shown = np.where(index["name"].isin(wrong), (right + 1) % len(classes), right)
    probabilities = np.full((len(index), len(classes)), 0.01)
    probabilities[np.arange(len(index)), shown] = 0.91
    table = pd.DataFrame({"name": index["name"], "label": index["class_name"]})
    table["prediction"] = np.array(classes)[shown]
    table["correct"], table["confidence"] = table["label"] == table["prediction"], 0.91
    table = table.assign(**{f"{PROBABILITY}{name}": probabilities[:, at] for at, name in enumerate(classes)})
    table.assign(fold=0, repeat=0).to_parquet(project / "data" / "07_model_output" / "out_of_fold.parquet")
    return index


def review(project, runner=None, **parameters):
    with KedroSession.create(project, runtime_params=parameters) as session:
        # what is before is cross-validation, which has tests of its own
        session.run(pipeline_names=["label_review"], runner=runner, from_nodes=["label_review.review_labels"])
    return pd.read_parquet(project / "data" / "08_reporting" / "label_review.parquet")


@pytest.mark.parametrize("runner", [SequentialRunner, pytest.param(ThreadRunner, marks=pytest.mark.slow)])
def test_wrong_labels_are_in_the_tables_and_on_the_page(project, tiny_mnist, runner, caplog):
    caplog.set_level("INFO")
    index = write_out_of_fold(project)
    wrong = index["name"].iloc[[3, 14, 27]].tolist()
    write_out_of_fold(project, wrong)

    found = review(project, runner(), label_review={"outliers": 0.0})

    assert sorted(found["file"]) == sorted(wrong)
    csv = pd.read_csv(project / "data" / "08_reporting" / "label_review.csv")
    assert csv["file"].tolist() == found["file"].tolist()
    page = (project / "data" / "08_reporting" / "label_review.html").read_text(encoding="utf-8")
    assert all(f"{name} (" in page for name in wrong)
    assert "suspicious labels 3" in caplog.text


def test_without_probabilities_it_says_what_is_missing(project, tiny_mnist):
    with pytest.raises(UserError, match="needs out_of_fold"):
        review(project)


def test_a_table_of_something_else_is_refused(project, tiny_mnist):
    shutil.copy(
        project / "data" / "07_model_output" / "history.parquet",
        project / "data" / "07_model_output" / "out_of_fold.parquet",
    )

    with pytest.raises(UserError, match="out_of_fold cannot be used"):
        review(project)


def test_probabilities_of_other_images_are_refused(project, tiny_mnist):
    write_out_of_fold(project)
    path = project / "data" / "07_model_output" / "out_of_fold.parquet"
    table = pd.read_parquet(path)
    table.assign(name="other/" + table["name"]).to_parquet(path)

    with pytest.raises(UserError, match=r"of other images(.|\n)*cross-validation again"):
        review(project)
