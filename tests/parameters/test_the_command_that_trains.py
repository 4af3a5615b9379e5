"""After a search: the command that trains with what was found, on the same images, in the same way."""

import shlex

import pytest

from image_classification.cli.params import parse_params
from image_classification.parameters.command_line import recipe_command, training_command

BEST = {"modelling.optimizer.adam.lr": 0.034709880755315364, "modelling.network.convnet.widths": [8, 16]}


def parts_of(command):
    """The words beside the parameters, and the parameters."""
    words = shlex.split(command)
    place = words.index("--params")
    return [*words[:place], *words[place + 2 :]], parse_params(None, None, words[place + 1])


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["kedro", "run", "--pipeline", "search"], ["kedro", "run", "--pipeline", "training"]),
        (
            ["/bin/kedro", "run", "--pipeline=folder_search"],
            ["kedro", "run", "--pipeline", "folder_training"],
        ),
        (["kedro", "run", "-p", "idx_search"], ["kedro", "run", "--pipeline", "idx_training"]),
        (
            ["kedro", "run", "--pipeline", "search", "--env", "fast", "--only-missing-outputs"],
            ["kedro", "run", "--pipeline", "training", "--env", "fast"],
        ),
        (["pytest", "-q"], ["kedro", "run", "--pipeline", "training"]),
    ],
)
def test_it_is_the_same_command_for_another_pipeline(argv, expected):
    words, parameters = parts_of(training_command(argv, BEST))
    assert words == expected
    # to the last bit
    assert parameters["modelling"]["optimizer"]["adam"]["lr"] == 0.034709880755315364
    assert parameters["modelling"]["network"]["convnet"]["widths"] == [8, 16]


@pytest.mark.parametrize("form", [["--params", "{}"], ["--params={}"]])
def test_it_keeps_the_other_parameters_and_none_of_the_search(form):
    given = "image_folder.path=/a b/c,search.space.x=[[1,2],[3]],search.trials=3,modelling.seed=7"
    given += ",modelling.optimizer.adam.lr=0.5"
    argv = ["kedro", "run", "--pipeline", "search", *(part.format(given) for part in form)]
    _, parameters = parts_of(training_command(argv, BEST))
    assert parameters["image_folder"] == {"path": "/a b/c"}
    assert "search" not in parameters
    assert parameters["modelling"]["seed"] == 7
    assert parameters["modelling"]["optimizer"]["adam"]["lr"] == BEST["modelling.optimizer.adam.lr"]


@pytest.mark.parametrize("path", ["/x/a #2", "2024", "a: b", "/x/ends ", "'[a, b'", "it's", "*/2024/*.jpg"])
@pytest.mark.parametrize("others", ["modelling.seed=7,{}", "{}"])
def test_text_comes_back_as_it_was_typed(path, others):
    given = others.format(f"image_folder.path={path}")
    argv = ["kedro", "run", "--pipeline", "folder_search", "--params", given]
    _, parameters = parts_of(training_command(argv, BEST))
    assert parameters["image_folder"] == {"path": path.strip("'")}


@pytest.mark.parametrize("value", [None, True, "validation/loss", 1e-05, 3, [0.9, 0.999], {"mean": [0.5]}])
def test_values_of_any_kind_come_back(value):
    _, parameters = parts_of(training_command(["kedro", "run"], {"modelling.x": value}))
    assert parameters == {"modelling": {"x": value}}


@pytest.mark.parametrize("given", ["search={trials: 3}", " search.trials=3"])
def test_what_is_of_the_search_alone_is_left_out_in_every_form(given):
    argv = ["kedro", "run", "--pipeline", "search", "--params", f"mnist.seed=1,{given}"]
    _, parameters = parts_of(training_command(argv, BEST))
    assert "search" not in parameters


@pytest.mark.parametrize(
    ("typed", "expected", "env"),
    [
        (["--pipeline", "search"], "kedro run --pipeline training --env best", ""),
        (
            ["-p", "folder_search", "--params", "data_folder=other,modelling.seed=7,modelling={seed: 8}"],
            "kedro run --pipeline folder_training --env best --params data_folder=other",
            "",
        ),
        (["--env=photos", "-p", "search"], "kedro run --pipeline training --env best", "photos"),
        (["-e", "photos", "-p", "search"], "kedro run --pipeline training --env best", "photos"),
    ],
)
def test_as_a_recipe_it_keeps_what_the_recipe_does_not_have(typed, expected, env):
    command = training_command(["kedro", "run", *typed], BEST)
    assert recipe_command(command, "best", "modelling") == (expected, env)
