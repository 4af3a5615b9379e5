"""The best parameters of a search are a recipe, which begins with the command that trains with it."""

import pandas as pd
import pytest
import yaml

from image_classification.parameters.command_line import training_command
from image_classification.pipelines.search.best import describe_best
from image_classification.trials.options import SearchOptions

LR = "optimizer.adam.lr"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            ["--params", "data_folder=elsewhere,modelling.training.epochs=2"],
            ["kedro run --pipeline training --env best --params data_folder=elsewhere"],
        ),
        (
            ["--env", "photos"],
            [
                ", and what conf/photos has beside modelling to conf/best, then",
                "kedro run --pipeline training --env best",
            ],
        ),
        (["--params", "mnist.path='a\nb: c'"], ["a\\nb: c"]),
    ],
    ids=["a data folder", "an environment", "what is no line"],
)
def test_it_keeps_what_was_typed(typed, said, capsys):
    table = pd.DataFrame({"trial": [1], "state": ["complete"], "value": [0.9], LR: ["0.5"]})
    command = training_command(["kedro", "run", "--pipeline", "search", *typed], {f"modelling.{LR}": 0.5})
    record = {"metric": "validation/accuracy", "direction": "maximize", "best": {LR: "0.5"}, "use": command}
    space = SearchOptions.model_validate({"space": {LR: [0.5, 1.0]}})

    text = describe_best(table, record | {"best_value": 0.9, "best_trial": 1}, {}, space)

    assert yaml.safe_load(text)["modelling"]["optimizer"]["adam"]["lr"] == 0.5
    comment = [line for line in text.splitlines() if line.startswith("#")]
    assert all(any(each in line for line in comment) for each in said)
    assert command in capsys.readouterr().out
