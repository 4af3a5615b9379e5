"""A message names the key, the value, where it was written, what is allowed, and the nearest valid name."""

import pytest

from image_classification.errors import UserError
from image_classification.learning.options import TrainingOptions
from image_classification.networks import NetworkOptions
from image_classification.parameters.known import nearest_paths, walk
from image_classification.parameters.root import Parameters, validate_parameters


def message(raw, origin=lambda _: None):
    with pytest.raises(UserError) as refused:
        validate_parameters(raw, origin)
    return str(refused.value)


def test_an_unknown_key_is_named_in_full_with_the_nearest_and_all_that_are_allowed():
    assert message({"modelling": {"training": {"batchsize": 3}}}) == (
        "There is no parameter modelling.training.batchsize; did you mean modelling.training.batch_size? "
        f"Allowed there: {', '.join(TrainingOptions.model_fields)}."
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("modeling", ["modelling"]),
        ("Modelling", ["modelling"]),
        ("epochs", ["modelling.training.epochs", "modelling.schedule.warmup.epochs"]),
        ("modelling.epochs", ["modelling.training.epochs", "modelling.schedule.warmup.epochs"]),
        ("modelling.epoch", ["modelling.training.epochs", "modelling.schedule.warmup.epochs"]),
        ("modelling.network.convnet.width", ["modelling.network.convnet.widths"]),
        (
            "modelling.network.widths",
            ["modelling.network.convnet.widths", "modelling.network.feed_forward.widths"],
        ),
        ("modelling.optimizer.lr", [f"modelling.optimizer.{name}.lr" for name in ("adam", "adamw", "sgd")]),
        ("modelling.optimizer.sdg", ["modelling.optimizer.sgd"]),
        ("modelling.evaluation.batchSize", ["modelling.evaluation.batch_size"]),
        ("modelling.evaluation.device", ["modelling.training.device"]),
        ("modelling.network.normalization", ["modelling.network.normalisation"]),
        # where it once was
        ("image_folder.split.group", ["image_folder.table.group"]),
        ("inference.probability", ["inference.probabilities"]),
        ("zzz", []),
    ],
)
def test_the_nearest_key_may_be_in_another_group(written, meant):
    assert nearest_paths(written.split("."), Parameters) == meant


def test_every_parameter_misspelled_by_one_letter_is_recognised():
    for path in (place.path for place in walk(Parameters)):
        if len(path[-1]) > 3:
            misspelled = [*path[:-1], path[-1][:-1]]
            assert ".".join(path) in nearest_paths(misspelled, Parameters), path


def test_a_wrong_value_is_shown_with_what_is_allowed_and_the_nearest():
    *names, last = NetworkOptions.names()
    assert len(names) > 4
    assert message({"modelling": {"network": {"name": "convent"}}}) == (
        "The parameter modelling.network.name is 'convent': "
        f"expected {', '.join(map(repr, names))} or {last!r}; "
        "did you mean convnet?"
    )


@pytest.mark.parametrize(
    ("training", "text"),
    [
        ({"epochs": 0}, "The parameter modelling.training.epochs is 0: expected at least 1."),
        ({"epochs": True}, "The parameter modelling.training.epochs is true: expected a whole number."),
        ({"epochs": None}, "The parameter modelling.training.epochs is empty: expected a whole number."),
        ({"shuffle": "no"}, "The parameter modelling.training.shuffle is 'no': expected true or false."),
        ({"device": "gpu"}, "is 'gpu': expected auto, cpu, cuda, cuda:0 (any number), mps or xpu."),
        (3, f"modelling.training is 3: expected a group of {', '.join(TrainingOptions.model_fields)}."),
    ],
)
def test_expectations_are_in_plain_words(training, text):
    assert message({"modelling": {"training": training}}).endswith(text)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (
            {"idx": {"checksums": {"a.gz": "z" * 32}}},
            "a.gz is 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz': expected an MD5",
        ),
        (
            {"idx": {"checksums": {"a": "0" * 33}}},
            "expected an MD5 of 32 hexadecimal digits, or a SHA-256 of 64",
        ),
        (
            {"mnist": {"mirrors": ["ftp://a"]}},
            "mnist.mirrors[0] is 'ftp://a': expected an address that begins",
        ),
        ({"mnist": {"mirrors": ["http://"]}}, "is 'http://': expected an address that begins with http://"),
        (
            {"modelling": {"network": {"torchvision": {"weights": "a.pt\n"}}}},
            "expected the path of a .safetensors, .pth, .pt or .bin file",
        ),
    ],
)
def test_the_form_of_a_text_is_described(raw, text):
    assert text in message(raw)


def test_a_value_of_several_kinds_tells_of_the_kind_that_was_meant():
    found = message({"modelling": {"network": {"normalisation": {"mean": [0.5], "std": [0]}}}})
    assert found == "The parameter modelling.network.normalisation.std[0] is 0: expected more than 0."
    found = message({"modelling": {"network": {"normalisation": "aut"}}})
    assert found.endswith("is 'aut': expected 'auto' or a group of mean, std; did you mean auto?")
    found = message({"modelling": {"network": {"normalisation": {"mean": [1], "std": [1, 2]}}}})
    assert found.endswith("expected as many numbers in mean as in std, one of each per channel.")


def test_several_mistakes_are_counted_and_stand_on_a_line_each():
    found = message({"modelling": {"seed": -1, "training": {"epochs": 0}}, "mnits": {}}).splitlines()
    assert found[0] == "3 parameters are wrong:"
    assert [line[:4] for line in found[1:]] == ["  - "] * 3
    assert any("did you mean mnist?" in line for line in found)


def test_the_place_where_it_was_written_is_named():
    places = {("modelling", "seed"): "--params", ("modelling", "sed"): "conf/local/parameters.yml"}
    found = message({"modelling": {"seed": -1, "sed": 1}}, places.get)
    assert "modelling.seed (from --params) is -1" in found
    assert "no parameter modelling.sed (from conf/local/parameters.yml)" in found


def test_a_long_value_is_shortened():
    assert len(message({"modelling": {"network": {"name": "x" * 1000}}})) < 300


def test_a_comma_in_a_value_of_the_command_line_is_thought_of():
    typed = {"image_folder": {"path": "/sp ace"}, "x": 1}

    assert "--params \"key='a, b'\"" in message(typed, lambda _: "--params")
    assert "comma" not in message(typed, lambda _: "conf/base/parameters.yml")
    assert "comma" not in message({"modelling": {"epochs": 3}}, lambda _: "--params")
