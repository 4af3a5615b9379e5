"""Two runs compare as flat columns of what they really used."""

from image_classification.parameters.root import Parameters
from image_classification.parameters.used import used_parameters

ALL = Parameters().model_dump(mode="json")


def used(inputs, **changes):
    parameters = {**ALL, "modelling": {**ALL["modelling"], **changes}}
    return used_parameters(parameters, inputs, Parameters)


def test_only_the_chosen_block_is_used_and_its_name_left_out():
    optimizer = {**ALL["modelling"]["optimizer"], "name": "sgd"}
    flat = used({"params:modelling.optimizer", "trained_network"}, optimizer=optimizer)

    assert flat["optimizer.name"] == "sgd"
    assert flat["optimizer.lr"] == "0.001"
    assert flat["optimizer.nesterov"] == "false"
    assert not any("adam" in name or "betas" in name for name in flat)


def test_an_option_beside_the_blocks_stays():
    automatic = used({"params:modelling.network"})
    network = {**ALL["modelling"]["network"], "normalisation": {"mean": [0.5], "std": [0.25]}}
    fixed = used({"params:modelling.network"}, network=network)

    assert automatic["network.normalisation"] == "auto"
    assert fixed["network.normalisation.mean"] == "[0.5]"
    assert fixed["network.widths"] == automatic["network.widths"] == "[16, 32, 32]"


def test_only_what_the_pipeline_takes_is_used():
    assert used({"params:modelling.seed", "params:mnist.images"}) == {
        "seed": "42",
        "mnist.images.size": "28",
        "mnist.images.channels": "1",
    }


def test_all_parameters_are_used_by_one_who_takes_all():
    flat = used({"parameters"})

    assert flat["training.epochs"] == str(ALL["modelling"]["training"]["epochs"])
    assert flat["mnist.split.method"] == ALL["mnist"]["split"]["method"]


def test_sections_that_the_model_does_not_know_are_taken_as_they_are():
    flat = used_parameters({"other": {"deep": {"a": 1.5, "b": None}}}, {"params:other.deep"}, Parameters)

    assert flat == {"other.deep.a": "1.5", "other.deep.b": "null"}


def test_options_of_what_is_off_are_left_out():
    training, schedule = ALL["modelling"]["training"], ALL["modelling"]["schedule"]
    off = used({"params:modelling.training", "params:modelling.schedule"})
    stopping = {"metric": "validation/loss", "patience": 7, "min_delta": 0.0}
    warmup = {"epochs": 0.5, "updates": 0, "start_factor": 0.1}
    on = used(
        {"params:modelling.training", "params:modelling.schedule"},
        training={**training, "early_stopping": stopping},
        schedule={**schedule, "warmup": warmup},
    )

    assert off["training.early_stopping.metric"] == "null"
    assert off["schedule.warmup.epochs"] == "0.0"
    assert set(on) - set(off) == {
        "training.early_stopping.patience",
        "training.early_stopping.min_delta",
        "schedule.warmup.start_factor",
    }
    assert on["training.early_stopping.patience"] == "7"
