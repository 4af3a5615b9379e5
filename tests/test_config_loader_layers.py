"""base < local < the named environment < --params, for every kind of configuration."""

from pathlib import Path
from typing import Any

import pytest

from image_classification.config_loader import LayeredConfigLoader
from image_classification.settings import CONFIG_LOADER_ARGS


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    folder = tmp_path / "conf"
    for environment in ("base", "local", "recipe", ".hidden"):
        (folder / environment).mkdir(parents=True)
    return folder


def write(file: Path, text: str) -> None:
    file.write_text(text)


def load(conf: Path, env: str | None = None, **params: Any) -> LayeredConfigLoader:
    return LayeredConfigLoader(conf, env=env, runtime_params=params, **CONFIG_LOADER_ARGS)


def test_later_layers_win_and_leave_the_neighbours_of_what_they_set(conf):
    write(conf / "base/parameters_a.yml", "m: {t: {base: 0, local: 0, recipe: 0, params: 0}, l: [1, 2]}")
    write(conf / "base/parameters_b.yml", "other: 1")
    write(conf / "local/parameters.yml", "m: {t: {local: 1, recipe: 1, params: 1}}")
    write(conf / "recipe/parameters.yml", "m: {t: {recipe: 2, params: 2}, l: [3]}")
    found = load(conf, env="recipe", m={"t": {"params": 3}})["parameters"]
    assert found == {"m": {"t": {"base": 0, "local": 1, "recipe": 2, "params": 3}, "l": [3]}, "other": 1}


def test_without_a_named_environment_local_is_the_last(conf):
    write(conf / "base/parameters.yml", "a: {b: 1, c: 1}")
    write(conf / "local/parameters.yml", "a: {b: 2}")
    assert load(conf)["parameters"] == {"a": {"b": 2, "c": 1}}
    assert load(conf, env="local")["parameters"] == {"a": {"b": 2, "c": 1}}


def test_base_alone_can_be_asked_for(conf):
    write(conf / "base/parameters.yml", "a: 1")
    write(conf / "local/parameters.yml", "a: 2")
    assert load(conf, env="base")["parameters"] == {"a": 1}


def test_a_missing_local_folder_is_no_error(conf):
    write(conf / "base/parameters.yml", "a: {b: 1}")
    write(conf / "recipe/parameters.yml", "a: {c: 2}")
    (conf / "local").rmdir()
    assert load(conf)["parameters"] == {"a": {"b": 1}}
    assert load(conf, env="recipe")["parameters"] == {"a": {"b": 1, "c": 2}}


def test_a_dataset_is_replaced_as_a_whole(conf):
    # the options of one type of dataset mean nothing to another
    write(conf / "base/catalog.yml", "one: {type: a.B, filepath: x, save_args: {n: 1}}\ntwo: {type: a.B}")
    write(conf / "local/catalog.yml", "one: {type: c.D, path: y}")
    write(conf / "recipe/catalog.yml", "three: {type: a.B}")
    assert load(conf, env="recipe")["catalog"] == {
        "one": {"type": "c.D", "path": "y"},
        "two": {"type": "a.B"},
        "three": {"type": "a.B"},
    }


def test_tracking_is_configured_in_layers_too(conf):
    write(conf / "base/mlflow.yml", "experiment: base\nenabled: true")
    write(conf / "local/mlflow.yml", "experiment: mine")
    assert load(conf, env="recipe")["mlflow"] == {"experiment": "mine", "enabled": True}


def test_a_reference_follows_what_a_later_layer_sets(conf):
    write(conf / "base/parameters.yml", "size: 1\ntwice: ['${size}', '${size}']")
    write(conf / "recipe/parameters.yml", "size: 5")
    assert load(conf, env="recipe")["parameters"] == {"size": 5, "twice": [5, 5]}


def test_the_origin_of_a_value_is_the_strongest_layer_that_sets_it(conf):
    write(conf / "base/parameters_m.yml", "m: {a: 0, b: 0, c: 0, d: [1, 2]}")
    write(conf / "local/parameters.yml", "m: {b: 1, c: 1}")
    write(conf / "recipe/parameters_x.yml", "m: {c: 2}")
    loader = load(conf, env="recipe", m={"e": {"f": 1}})
    origins = {
        ("m", "a"): "conf/base/parameters_m.yml",
        ("m", "d", 1): "conf/base/parameters_m.yml",
        ("m", "b"): "conf/local/parameters.yml",
        ("m", "c"): "conf/recipe/parameters_x.yml",
        ("m", "e", "f"): "--params",
        ("m", "none"): None,
    }
    assert {path: loader.origin("parameters", path) for path in origins} == origins
