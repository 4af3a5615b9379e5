"""Options of a source of images do nothing in a pipeline that takes the images as they are: that is said."""

import pytest
from kedro.framework.project import pipelines
from kedro.io import DataCatalog

from image_classification.hooks.checks import InputsHook


@pytest.fixture(autouse=True)
def _pipelines_of_the_project(project):
    """They are those of this process."""


def warned(pipeline, given, caplog):
    # a run that makes only what is missing reads nothing before the start
    params = {"only_missing_outputs": True, "runtime_params": given}
    InputsHook().before_pipeline_run(params, pipelines[pipeline], DataCatalog())
    return caplog.text


@pytest.mark.parametrize(
    ("pipeline", "given", "source"),
    [
        ("modelling", {"mnist": {"images": {"size": 14}}}, "mnist"),
        ("idx_modelling", {"idx": {"path": "/data"}, "modelling": {"seed": 1}}, "idx"),
        ("folder_modelling", {"image_folder": {"path": "/photos"}}, "image_folder"),
        ("folder_reporting", {"image_folder": {"images": {"size": 8}}}, "image_folder"),
    ],
)
def test_with_the_pipeline_that_prepares_them(pipeline, given, source, caplog):
    said = warned(pipeline, given, caplog)
    assert f"{source} in --params has no effect here" in said
    assert f"kedro run --pipeline {source}" in said


@pytest.mark.parametrize(
    ("pipeline", "given"),
    [
        ("idx_training", {"idx": {"images": {"size": 14}}}),
        ("mnist", {"mnist": {"images": {"size": 14}}}),
        ("idx_modelling", {"modelling": {"seed": 1}}),
        ("idx_modelling", {}),
        # another source's: whoever sets it for all pipelines means no harm
        ("idx_modelling", {"mnist": {"images": {"size": 14}}}),
        ("comparison", {"idx": {"path": "/data"}}),
    ],
)
def test_nothing_is_said_where_they_are_prepared_or_not_taken(pipeline, given, caplog):
    assert "no effect" not in warned(pipeline, given, caplog)
