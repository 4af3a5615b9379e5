"""Layers of a configuration that do not fit on one another are explained, whoever wrote them."""

from pathlib import Path
from typing import Any

import pytest

from image_classification.config_loader import LayeredConfigLoader
from image_classification.errors import UserError
from image_classification.settings import CONFIG_LOADER_ARGS

BASE = "m: {t: {widths: [16, 32], seed: 1, splits: {train: a}}}"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    for environment in ("base", "local", "recipe"):
        (tmp_path / "conf" / environment).mkdir(parents=True)
    (tmp_path / "conf/base/parameters_m.yml").write_text(BASE)
    return tmp_path / "conf"


def load(conf: Path, **params: Any) -> dict[str, Any]:
    return LayeredConfigLoader(conf, env="recipe", runtime_params=params, **CONFIG_LOADER_ARGS)["parameters"]


MISFITS = [
    ({"m": []}, "m is a group in conf/base/parameters_m.yml, and {origin} makes a list of it: []"),
    ({"m": {"t": [1, 2]}}, "m.t is a group in"),
    ({"m": {"t": {"splits": []}}}, "Set one of its values, such as m.t.splits.train="),
    ({"m": {"t": {"widths": {"0": 4}}}}, "A list is given as a whole: m.t.widths=[16, 32]"),
    ({"m": {"t": {"widths": {}}}}, "m.t.widths is a list in conf/base/parameters_m.yml, and {origin} makes"),
]


@pytest.mark.parametrize(("params", "said"), MISFITS)
def test_a_list_is_no_group_in_params(conf, params, said):
    with pytest.raises(UserError) as refused:
        load(conf, **params)

    assert said.format(origin="--params") in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("params", "said"), MISFITS)
@pytest.mark.parametrize("layer", ["local", "recipe"])
def test_nor_in_a_file_of_another_environment(conf, layer, params, said):
    (conf / layer / "parameters.yml").write_text(str(params))

    with pytest.raises(UserError) as refused:
        load(conf)

    assert said.format(origin=f"conf/{layer}/parameters.yml") in str(refused.value)


def test_two_layers_above_base_that_disagree_are_both_named(conf):
    (conf / "local/parameters.yml").write_text("n: [1]")
    (conf / "recipe/parameters.yml").write_text("n: {a: 1}")

    with pytest.raises(UserError, match=r"n is a list in conf/local/.*, and conf/recipe/parameters"):
        load(conf)


@pytest.mark.parametrize("empty", ["m:", "m: {t: }"])
def test_a_group_without_content_leaves_that_of_earlier_layers(conf, empty):
    (conf / "local/parameters.yml").write_text(empty)

    found = load(conf, m=None)

    assert found == {"m": {"t": {"widths": [16, 32], "seed": 1, "splits": {"train": "a"}}}}


def test_a_value_may_still_be_made_empty(conf):
    assert load(conf, m={"t": {"widths": None}})["m"]["t"]["widths"] is None


def test_a_missing_value_is_none(conf):
    with pytest.raises(UserError, match=r"m\.t\.seed \(from --params\) is \?\?\?"):
        load(conf, m={"t": {"seed": "???"}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n- b", "local/parameters.yml holds a list"),
        (f"m: {'9' * 5000}", "holds what cannot be read"),
        ("m: " + "[" * 3000 + "]" * 3000, "too deep inside one another"),
        ("m: ${n}\nn: ${m}", "cannot be put together"),
    ],
)
def test_what_is_in_a_file_is_explained(conf, text, said):
    (conf / "local/parameters.yml").write_text(text)

    with pytest.raises(UserError) as refused:
        load(conf)

    assert said in str(refused.value).splitlines()[0]


def test_a_conf_source_may_be_relative(conf, monkeypatch):
    monkeypatch.chdir(conf.parent)
    loader = LayeredConfigLoader("conf", env="recipe", **CONFIG_LOADER_ARGS)

    assert loader.origin("parameters", ("m", "t", "seed")) == "conf/base/parameters_m.yml"
