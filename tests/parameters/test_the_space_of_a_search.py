"""The space of a search is checked like every other parameter, before anything is trained."""

import pytest

from image_classification.errors import UserError
from image_classification.parameters.effect import has_effect, with_values
from image_classification.parameters.known import walk
from image_classification.parameters.root import ModellingOptions, validate_parameters
from image_classification.parameters.search_space import read_space
from image_classification.trials.search.dimensions import Range, Values


def check(space, modelling=None, **search):
    values = {"search": {"space": space} | search, "modelling": modelling or {}}
    parameters = validate_parameters(values)
    return read_space(parameters.search.space, parameters.modelling)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("optimizer.adam.lr", {"low": 1e-4, "high": 0.1, "log": True}, Range("float", 1e-4, 0.1, log=True)),
        ("optimizer.adam.lr", {"low": 0.1, "high": 0.5, "step": 0.1}, Range("float", 0.1, 0.5, step=0.1)),
        ("optimizer.sgd.momentum", {"low": 0, "high": 0.9}, Range("float", 0, 0.9)),
        ("training.batch_size", {"low": 8, "high": 64, "step": 8}, Range("int", 8, 64, step=8)),
        ("training.epochs", {"low": 1, "high": 8, "log": True}, Range("int", 1, 8, log=True)),
        ("training.gradient_clipping.norm", {"low": 0.1, "high": 2.0}, Range("float", 0.1, 2.0)),
        ("optimizer.name", ["adam", "sgd"], Values(("adam", "sgd"), ("adam", "sgd"))),
        ("training.shuffle", [True, False], Values(("true", "false"), (True, False))),
        ("network.convnet.widths", [[8], [8, 16]], Values(("[8]", "[8, 16]"), ([8], [8, 16]))),
        ("training.early_stopping.metric", [None, "validation/loss"], None),
        ("network.normalisation", ["auto", {"mean": [0.5], "std": [0.5]}], None),
        ("optimizer.adam.betas", [[0.9, 0.99], [0.7, 0.9]], None),
        ("training.keep", ["last", "best"], None),
        ("seed", {"low": 0, "high": 9}, Range("int", 0, 9)),
    ],
)
def test_every_kind_of_parameter_can_be_tried(name, given, expected):
    chosen = {"optimizer": {"name": "sgd"}} if ".sgd." in name else {}
    (found,) = check({name: given}, chosen).values()
    assert expected is None or found == expected
    assert found.distribution() is not None


@pytest.mark.parametrize(
    "space",
    [
        {"optimizer.adam.lr": [0.1, 0.2]},
        {"modelling.optimizer.adam.lr": [0.1, 0.2]},
        {"optimizer": {"adam": {"lr": [0.1, 0.2]}}},
        {"modelling": {"optimizer": {"adam.lr": [0.1, 0.2]}}},
    ],
)
def test_it_may_be_nested_or_written_with_dots(space):
    assert list(check(space)) == ["optimizer.adam.lr"]


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({"optimizer.adam.learning_rate": [0.1, 0.2]}, "no parameter modelling.optimizer.adam.learning_rate"),
        ({"optimizer.adm.lr": [0.1, 0.2]}, r"no parameter modelling.optimizer.adm.lr; did you mean"),
        ({"training.batchsize": [1, 2]}, "did you mean training.batch_size"),
        ({"optimizer.adam": [1, 2]}, "optimizer.adam is a group; name one of its parameters: lr"),
        ({"optimizer.adam.lr": [0.1, -1.0]}, r"optimizer.adam.lr is -1.0: expected more than 0"),
        ({"optimizer.adam.lr": {"low": 0.0, "high": 1.0}}, r"optimizer.adam.lr is 0.0: expected more than 0"),
        ({"network.convnet.dropout": {"low": 0.0, "high": 1.0}}, r"dropout is 1.0: expected less than 1"),
        (
            {"training.epochs": {"low": 1, "high": 10**10}},
            r"training.epochs is 10000000000: expected at most",
        ),
        (
            {"training.epochs": {"low": 1.5, "high": 3}},
            "low of training.epochs is 1.5: expected a whole number",
        ),
        ({"training.epochs": {"low": 1, "high": 3, "step": 0.5}}, "step of training.epochs is 0.5"),
        ({"training.epochs": {"low": 3, "high": 3}}, "expected low to be less"),
        ({"training.epochs": {"low": 1, "high": 3, "step": 5}}, "at most 2"),
        ({"optimizer.adam.lr": {"low": 0.1, "high": 1.0, "log": 1}}, "log of optimizer.adam.lr is 1"),
        (
            {"optimizer.sgd.momentum": {"low": 0.0, "high": 0.9, "log": True}},
            "has log: expected low to be more",
        ),
        ({"training.epochs": {"low": 1, "high": 3, "log": True, "step": 1}}, "and no step"),
        ({"training.keep": {"low": 1, "high": 3}}, "training.keep is no number: expected a list"),
        ({"optimizer.name": ["adam", "sdg"]}, r"optimizer.name is 'sdg': expected .*did you mean sgd"),
        ({"network.convnet.widths": [[8], [0]]}, r"network.convnet.widths\[0\] is 0"),
        ({"training.shuffle": [True, "yes"]}, "training.shuffle is 'yes': expected true or false"),
        ({"training.batch_size": [32, 32]}, "training.batch_size has 32 twice"),
        ({"training.batch_size": [32]}, "a list of two values or more"),
        ({"training.batch_size": 32}, "a list of two values or more"),
        ({"training.batch_size": {"low": 32}}, "both low and high"),
        ({"optimizer.adam.lr": {"low": 1e-4, "hihg": 0.1}}, "low, high, log and step, not hihg"),
        ({"optimizer": {"adam": {"lr": {"high": 0.1, "steps": 3}}}}, "low, high, log and step, not steps"),
        ({"network.feed_forward.dropout": [0.1, 0.2]}, "no effect, as modelling.network.name is convnet"),
        ({"optimizer.sgd.momentum": {"low": 0.1, "high": 0.9}}, "as modelling.optimizer.name is adam"),
        ({"schedule.step.gamma": [0.1, 0.2], "seed": [0, 1]}, "schedule.step.gamma has no effect, as"),
        ({"training.early_stopping.patience": [2, 3]}, "patience has no effect: leave it out"),
        ({"training.resume": [True, False]}, "changes nothing in a training"),
        ({"training.checkpoint.keep": [1, 2]}, "changes nothing in a training"),
        ({"evaluation.top_k": [2, 3]}, "changes nothing in a training"),
        ({"calibration.coverage": [0.5, 0.6]}, "changes nothing in a training"),
        ({"optimizer.adam.lr": [0.1, 0.2], "optimizer": {"adam": {"lr": [1.0, 2.0]}}}, "lr once"),
    ],
)
def test_mistakes_are_told(space, said):
    with pytest.raises(UserError, match=said):
        check(space)


@pytest.mark.parametrize(
    "space",
    [
        {"optimizer.sgd.momentum": [0.0, 0.9], "optimizer.name": ["adam", "sgd"]},
        {
            "training.early_stopping.patience": {"low": 2, "high": 5},
            "training.early_stopping.metric": [None, "validation/loss"],
        },
        {
            "schedule.name": ["constant", "step"],
            "schedule.step.gamma": {"low": 0.1, "high": 0.5},
            "optimizer.adam.lr": {"low": 0.1, "high": 0.5},
        },
    ],
)
def test_what_counts_beside_some_values_of_the_others_may_be_tried(space):
    assert set(check(space)) == set(space)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(UserError) as caught:
        check(
            {"training.batchsize": [1, 2], "optimizer.adam.lr": [0.1, -1.0], "optimizer.sgd.lr": [0.1, 0.2]}
        )
    assert "2 parts of the search are wrong" in str(caught.value)
    assert "batchsize" in str(caught.value)
    assert "-1.0" in str(caught.value)


def test_only_what_would_be_replaced_has_to_fit():
    """That other parameters would have to change with it is seen when all are drawn."""
    check({"training.sampler": ["uniform", "balanced"]}, {"training": {"shuffle": False}})


@pytest.mark.parametrize("metric", ["validation/acuracy", "validation/top_5_accuracy", "validation/seconds"])
def test_a_metric_has_to_be_measured(metric):
    with pytest.raises(UserError, match="not measured on validation images"):
        check({"optimizer.adam.lr": [0.1, 0.2]}, metric=metric)


@pytest.mark.parametrize("metric", ["test/accuracy", "accuracy", "validation/"])
def test_a_metric_is_one_of_the_validation_images(metric):
    with pytest.raises(UserError, match=r"search\.metric"):
        check({"optimizer.adam.lr": [0.1, 0.2]}, metric=metric)


def test_a_rate_is_not_drawn_where_it_is_found():
    find = {"training": {"find_learning_rate": {"mode": "use"}}}
    with pytest.raises(UserError, match="finds its own learning rate"):
        check({"optimizer.adam.lr": [0.1, 0.2]}, find)
    check({"training.batch_size": [1, 2]}, find)


@pytest.mark.parametrize(
    ("name", "values", "counts"),
    [
        ("optimizer.sgd.momentum", {}, False),
        ("optimizer.sgd.momentum", {"optimizer.name": "sgd"}, True),
        ("optimizer.adam.lr", {"optimizer.name": "sgd"}, False),
        ("optimizer.weight_decay_on", {"optimizer.name": "sgd"}, True),
        ("training.early_stopping.patience", {}, False),
        ("training.early_stopping.patience", {"training.early_stopping.metric": "validation/loss"}, True),
        ("training.find_learning_rate.updates", {}, False),
        ("training.find_learning_rate.updates", {"training.find_learning_rate.mode": "use"}, True),
        ("network.convnet.widths", {"network.name": "lenet"}, False),
    ],
)
def test_what_has_an_effect_depends_on_the_others(name, values, counts):
    plain = ModellingOptions().model_dump(mode="json")
    assert has_effect(name, with_values(plain, values), ModellingOptions) == counts


def test_what_others_depend_on_is_drawn_first():
    names = ["training.early_stopping.patience", "optimizer.adam.lr", "optimizer.name"]
    lists = {"training.early_stopping.metric": [None, "validation/loss"]}
    space = {names[0]: {"low": 1, "high": 3}, names[1]: {"low": 0.1, "high": 0.2}, names[2]: ["adam", "sgd"]}
    found = list(check(space | lists))
    assert found == ["optimizer.name", "training.early_stopping.metric", names[0], names[1]]


def test_every_parameter_of_a_training_can_be_tried_with_its_default():
    """A new one that cannot is found here."""
    options, tried = ModellingOptions(), 0
    for place in walk(ModellingOptions):
        name = ".".join(place.path)
        if place.groups or place.field.is_required() or "terms" in place.path:  # parts of a single value
            continue
        default = place.owner().model_dump(mode="json")[place.path[-1]]
        other = None if default is not None else "nothing of the kind"
        try:
            read_space({name: [default, other]}, options)
        except UserError as error:
            allowed = ("is empty", "is 'nothing of the kind'", "changes nothing")
            assert any(said in str(error) for said in allowed), (name, default, error)
        tried += 1
    assert tried > 150
