"""Whatever is not given has its default, and the whole can be written, read and passed to another process."""

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from image_classification.parameters.known import groups
from image_classification.parameters.root import Parameters, validate_parameters

CONF = Path(__file__).parents[2] / "conf"


@pytest.mark.parametrize("raw", [{}, {"modelling": None}, {"modelling": {"training": None, "network": {}}}])
def test_what_is_left_out_or_empty_has_its_defaults(raw):
    assert validate_parameters(raw) == Parameters()


def test_the_dump_is_plain_and_says_the_same():
    parameters = validate_parameters({"modelling": {"optimizer": {"adam": {"betas": [0.7, 0.9]}}}})
    dump = parameters.model_dump(mode="json")
    assert json.loads(json.dumps(dump)) == dump
    assert dump["modelling"]["optimizer"]["adam"]["betas"] == [0.7, 0.9]
    assert validate_parameters(dump) == parameters


def test_parameters_survive_the_way_to_another_process():
    assert pickle.loads(pickle.dumps(Parameters())) == Parameters()


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for group in groups(field.annotation):
            yield from models(group)


def test_every_parameter_is_described():
    undescribed = [
        f"{model.__name__}.{name}"
        for model in models(Parameters)
        for name, field in model.model_fields.items()
        if not field.description
    ]
    assert undescribed == []


def test_every_group_refuses_unknown_keys_and_cannot_be_changed():
    for model in models(Parameters):
        assert model.model_config["extra"] == "forbid", model
        assert model.model_config["frozen"], model


# the catalog has to know it, too, and takes it from globals.yml
SECTIONS = {name: field for name, field in Parameters.model_fields.items() if name != "data_folder"}


def base_files() -> dict[str, dict]:
    return {file.name: yaml.safe_load(file.read_text()) for file in sorted(CONF.glob("base/parameters*.yml"))}


def test_the_files_of_the_base_environment_are_valid_and_one_for_each_section():
    files = base_files()
    assert sorted(files) == sorted(f"parameters_{name}.yml" for name in SECTIONS)
    for content in files.values():
        validate_parameters(content)


def test_every_section_is_in_the_files_for_tools_that_read_those_alone():
    # kedro-viz runs no hooks, so what is not in the files is missing there
    content = {key: value for file in base_files().values() for key, value in file.items()}
    for source, field in SECTIONS.items():
        for name in groups(field.annotation)[0].model_fields:
            assert name in content[source], f"{source}.{name}"
