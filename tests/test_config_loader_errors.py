"""What is wrong with the configuration files is said in words."""

from pathlib import Path

import pytest
from kedro.config import MissingConfigException

from image_classification.config_loader import LayeredConfigLoader
from image_classification.errors import UserError
from image_classification.settings import CONFIG_LOADER_ARGS


def load(conf: Path, env: str | None = None) -> dict:
    return LayeredConfigLoader(conf, env=env, **CONFIG_LOADER_ARGS)["parameters"]


def conf(tmp_path: Path, *environments: str, text: str = "a: 1") -> Path:
    for environment in ("base", *environments):
        (tmp_path / environment).mkdir()
    (tmp_path / "base" / "parameters.yml").write_text(text)
    return tmp_path


def test_an_unknown_environment_lists_those_that_exist_and_the_nearest(tmp_path):
    with pytest.raises(UserError) as refused:
        load(conf(tmp_path, "local", "feed_forward", "quick", ".git"), env="feed_foward")
    text = str(refused.value)
    assert "no configuration environment 'feed_foward' (named by --env or KEDRO_ENV)" in text
    assert "did you mean feed_forward? There are: feed_forward, quick." in text


def test_an_unknown_environment_where_there_are_none(tmp_path):
    with pytest.raises(UserError, match="There are none beside base and local"):
        load(conf(tmp_path), env="quick")


def test_a_missing_configuration_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(UserError, match=rf"the folder {tmp_path}/base does not exist"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["a: [1, 2", "a: 1\n b: 2", "a: 'x"])
def test_a_file_that_is_no_yaml_is_named(tmp_path, text):
    with pytest.raises(UserError, match=r"not valid YAML.*base/parameters\.yml"):
        load(conf(tmp_path, text=text))


def test_two_files_of_a_folder_that_set_the_same_key_are_named(tmp_path):
    folder = conf(tmp_path)
    (folder / "base" / "parameters_more.yml").write_text("a: 2")
    with pytest.raises(UserError, match=r"set the same key.*parameters.*\.yml and .*parameters.*\.yml: a"):
        load(folder)


def test_a_reference_that_leads_nowhere_is_named(tmp_path):
    with pytest.raises(UserError, match=r"'parameters' cannot be put together: .*nowhere"):
        load(conf(tmp_path, text="a: ${nowhere}"))


def test_a_kind_without_any_file_is_left_to_whoever_asks(tmp_path):
    loader = LayeredConfigLoader(conf(tmp_path), **CONFIG_LOADER_ARGS)
    with pytest.raises(MissingConfigException):
        loader["mlflow"]
