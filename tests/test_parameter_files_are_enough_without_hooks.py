"""kedro-viz runs no hooks: what the nodes read has to be in the files of the base environment."""

from functools import reduce

from kedro.framework.project import pipelines
from kedro.validation.parameter_validator import ParameterValidator

from image_classification.config_loader import LayeredConfigLoader
from image_classification.learning.options import TrainingOptions
from image_classification.settings import CONFIG_LOADER_ARGS


def is_there(path, group):
    *groups, name = path.split(".")
    return name in reduce(lambda found, key: found.get(key) or {}, groups, group)


def test_every_parameter_of_every_node_is_in_the_files_and_valid(project):
    raw = LayeredConfigLoader(project / "conf", **CONFIG_LOADER_ARGS)["parameters"]
    inputs = {name for pipeline in pipelines.values() for name in pipeline.inputs()}
    paths = {name.removeprefix("params:") for name in inputs if name.startswith("params:")}
    assert "modelling.training" in paths
    assert [path for path in sorted(paths) if not is_there(path, raw)] == []
    validated = ParameterValidator(dict(pipelines)).validate_raw_params(raw)
    assert isinstance(validated["modelling"]["training"], TrainingOptions)
