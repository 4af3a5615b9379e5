"""Options in --params that do nothing, as what they are about is taken as it is, are told."""

import shutil
from pathlib import Path

import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.io import DataCatalog, MemoryDataset

from image_classification.hooks.checks import InputsHook
from image_classification.parameters.root import Parameters, validate_parameters


@pytest.fixture(autouse=True)
def _pipelines_of_the_project(project):
    """They are those of this process."""


def warned(pipeline, given, caplog, **parameters):
    # a run that makes only what is missing reads nothing before the start
    params = {"only_missing_outputs": True, "runtime_params": given}
    InputsHook().before_pipeline_run(
        params,
        pipelines[pipeline],
        DataCatalog({name: MemoryDataset(value) for name, value in parameters.items()}),
    )
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


@pytest.mark.parametrize(
    ("given", "parameter", "reason"),
    [
        ({"optimizer": {"adamw": {"lr": 0.01}}}, "optimizer.adamw.lr", "optimizer.name is adam"),
        (
            {"network": {"torchvision": {"model": "vgg11"}}},
            "network.torchvision.model",
            "network.name is convnet",
        ),
        ({"loss": {"distillation": {"alpha": 0.5}}}, "loss.distillation.alpha", "loss.name is cross_entropy"),
        (
            {"optimizer": {"adam": {"lr": 0.1}, "sgd": {"momentum": 0.5}}, "seed": 1},
            "optimizer.sgd.momentum",
            "optimizer.name is adam",
        ),
    ],
)
def test_a_choice_that_is_not_made(given, parameter, reason, caplog):
    holds = Parameters().model_dump()
    assert warned("training", {"modelling": given}, caplog, parameters=holds).count("no effect") == 1
    assert f"modelling.{parameter} in --params has no effect: modelling.{reason}." in caplog.text


@pytest.mark.parametrize(
    "given", [{"optimizer": {"name": "sgd", "sgd": {"lr": 0.1}}}, {"network": {"convnet": {}}}]
)
def test_a_choice_that_is_made_is_used(given, caplog):
    holds = validate_parameters({"modelling": given}, lambda _: None).model_dump()
    assert "no effect" not in warned("training", {"modelling": given}, caplog, parameters=holds)


@pytest.mark.parametrize("name", ["optimizer.name", "modelling.optimizer.name"])
def test_a_choice_that_a_search_makes_is_used(name, caplog):
    given = {
        "modelling": {
            "optimizer": {"sgd": {"lr": 0.1}},
            "network": {"feed_forward": {"widths": [8]}},
        },
        "search": {"space": {name: ["adam", "sgd"]}},
    }
    holds = validate_parameters(given, lambda _: None).model_dump()
    said = warned("search", given, caplog, parameters=holds)
    assert "optimizer" not in said
    assert "modelling.network.feed_forward.widths in --params has no effect" in said
    caplog.clear()
    assert "modelling.optimizer.sgd.lr in --params has no effect" in warned(
        "training", given, caplog, parameters=holds
    )


def test_the_network_of_the_last_training_is_taken_as_it_is(caplog):
    said = warned("reporting", {"modelling": {"training": {"epochs": 9}}}, caplog)
    assert "modelling in --params has no effect here: this pipeline takes the network as it was" in said
    assert "To make it anew: kedro run --pipeline training" in said


@pytest.fixture
def trained(train_once, tmp_path, monkeypatch, clean_environment):
    """The catalog of a project after a training, for parameters that are given now."""
    folder = Path(shutil.copytree(train_once(), tmp_path / "trained"))
    monkeypatch.chdir(folder)
    return lambda given: KedroSession.create(folder, runtime_params=given).load_context().catalog


def test_options_that_it_was_made_with_are_no_matter(trained, caplog):
    given = {"mnist": {"images": {"size": 28}}}
    InputsHook().before_pipeline_run({"runtime_params": given}, pipelines["modelling"], trained(given))
    assert "no effect" not in caplog.text


def test_options_that_nobody_has_given_now_are_as_they_were(trained, caplog):
    given = {"mnist": {"images": {"size": 28}}}
    catalog = trained(given | {"mnist": given["mnist"] | {"split": {"validation": 7}}})
    InputsHook().before_pipeline_run({"runtime_params": given}, pipelines["modelling"], catalog)
    assert "no effect" not in caplog.text


def test_options_that_it_was_not_made_with_are_told_with_both_values(trained, caplog):
    given = {"mnist": {"images": {"size": 14}}}
    InputsHook().before_pipeline_run({"runtime_params": given}, pipelines["modelling"], trained(given))
    assert "mnist in --params has no effect here" in caplog.text
    assert "(mnist.images.size is 14, was 28)" in caplog.text
