"""The parameters of every run are validated before anything else, and hold all defaults afterwards."""

import pytest
from kedro.framework.session import KedroSession

from image_classification.errors import UserError
from image_classification.learning.options import TrainingOptions
from image_classification.parameters.root import Parameters


def context_of(project, **params):
    return KedroSession.create(project, runtime_params=params).load_context()


def test_nodes_get_every_default_and_what_params_say(project):
    context = context_of(project, modelling={"training": {"epochs": 3}})
    dump = context.config_loader["parameters"]
    assert dump["modelling"]["training"]["epochs"] == 3
    assert dump["modelling"]["schedule"]["step"] == {"step_size": 10, "gamma": 0.1}
    training = context.catalog.load("params:modelling.training")
    assert isinstance(training, TrainingOptions)
    assert training.epochs == 3


def test_a_project_without_parameter_files_runs_on_the_defaults(project):
    for file in project.glob("conf/base/parameters*"):
        file.unlink()
    found = context_of(project, modelling={"seed": 7}).config_loader["parameters"]
    assert found == Parameters.model_validate({"modelling": {"seed": 7}}).model_dump(mode="json")


def test_a_mistake_on_the_command_line_is_said_to_be_there(project):
    with pytest.raises(UserError, match=r"no parameter modelling\.epochs \(from --params\); did you mean"):
        context_of(project, modelling={"epochs": 3})


def test_a_mistake_in_a_file_is_said_to_be_there(project):
    (project / "conf" / "local").mkdir()
    (project / "conf" / "local" / "parameters.yml").write_text("modelling: {training: {epochs: many}}")
    with pytest.raises(
        UserError, match=r"epochs \(from conf/local/parameters\.yml\) is 'many': expected a whole"
    ):
        context_of(project)


def test_a_mistake_in_a_section_that_the_pipeline_does_not_use_is_refused_as_well(project):
    session = KedroSession.create(
        project, runtime_params={"modelling": {"optimizer": {"sgd": {"momentun": 1}}}}
    )
    with pytest.raises(UserError, match="momentun"):
        session.run(pipeline_names=["mnist"])
    assert not list((project / "data").rglob("*.*"))
