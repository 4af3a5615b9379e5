"""`--pipeline training` with a folder among the parameters trains on that folder."""

import pytest
from kedro.framework.project import pipelines

from image_classification.cli.explanations import CommandError
from image_classification.cli.selection import DEFAULT, of_named_source


@pytest.fixture(autouse=True)
def _pipelines_of_the_project(project):
    """They are those of this process."""


FOLDER, IDX = {"image_folder": {"path": "/photos"}}, {"idx": {"path": "https://host/fashion", "split": {}}}


@pytest.mark.parametrize(
    ("pipeline", "params", "expected"),
    [
        ("training", FOLDER, "folder_training"),
        ("training", IDX, "idx_training"),
        (DEFAULT, IDX, "idx_training"),
        (DEFAULT, FOLDER | {"modelling": {"seed": 1}}, "folder_training"),
        ("modelling", FOLDER, "folder_modelling"),
        ("reporting", IDX, "idx_reporting"),
        ("export", FOLDER, "folder_export"),
        ("export", {}, "export"),
        # nothing is named, or something else is asked for
        ("training", {}, "training"),
        ("training", {"image_folder": {"path": ""}}, "training"),
        ("training", {"idx": {"path": None, "name": "a"}}, "training"),
        ("training", {"image_folder": 3, "modelling": {"path": "/photos"}}, "training"),
        ("mnist", FOLDER, "mnist"),
        ("folder_training", IDX, "folder_training"),
        ("comparison", FOLDER, "comparison"),
        ("trainin", FOLDER, "trainin"),
    ],
)
def test_the_pipeline_is_that_of_the_images(pipeline, params, expected):
    assert of_named_source(pipeline, params) == expected


@pytest.mark.parametrize("pipeline", ["training", "modelling", "reporting", "export"])
@pytest.mark.parametrize("params", [FOLDER, IDX])
def test_there_is_such_a_pipeline(pipeline, params):
    assert of_named_source(pipeline, params) in pipelines


def test_two_sources_are_one_too_many():
    with pytest.raises(CommandError, match=r"image_folder\.path and idx\.path: give one"):
        of_named_source("training", FOLDER | IDX)
