"""mlflow.yml: defaults, layers, and mistakes that are named."""

import pytest

from image_classification.errors import UserError


def test_an_environment_sets_its_own(tracked_project):
    tracked_project.configure("experiment: everyday")
    tracked_project.configure("experiment: recipe", environment="recipe")

    tracked_project.run()
    tracked_project.run(env="recipe")

    assert len(tracked_project.runs("everyday")) == len(tracked_project.runs("recipe")) == 1
    assert tracked_project.runs("recipe")[0].data.tags["environment"] == "recipe"


def test_an_unknown_key_is_refused_with_the_nearest_one(tracked_project):
    tracked_project.configure("experimnet: mine")

    with pytest.raises(UserError) as caught:
        tracked_project.run()

    assert str(caught.value).startswith(
        "conf/local/mlflow.yml: there is no key experimnet; did you mean experiment? The keys are: enabled, "
    )
    assert tracked_project.runs() == []


def test_a_wrong_value_is_refused(tracked_project):
    tracked_project.configure("timeout: -1\nenabled: perhaps")

    with pytest.raises(UserError) as caught:
        tracked_project.run("data")

    first, second = sorted(str(caught.value).splitlines())
    assert first.startswith("conf/local/mlflow.yml: enabled is 'perhaps': Input should be a valid boolean")
    assert second.startswith("conf/local/mlflow.yml: timeout is -1: Input should be greater than 0")
