"""The blocks of optimizers and schedules have the options of the installed torch, described and bounded."""

import inspect
import pickle

import pytest
from torch import optim
from torch.optim import lr_scheduler

from image_classification.errors import UserError
from image_classification.learning.optimizers import OPTIMIZERS, OptimizerOptions
from image_classification.learning.schedules import SCHEDULERS
from image_classification.parameters.root import validate_parameters


def modelling(**sections):
    return validate_parameters({"modelling": sections}).modelling


def message(**sections):
    with pytest.raises(UserError) as refused:
        modelling(**sections)
    return str(refused.value)


def test_every_optimizer_for_dense_parameters_is_there():
    of_torch = {
        name.lower()
        for name, kind in vars(optim).items()
        if inspect.isclass(kind) and issubclass(kind, optim.Optimizer)
    }
    assert of_torch - set(OPTIMIZERS) == {"optimizer", "sparseadam", "muon"}
    assert OptimizerOptions.names()[:3] == ("adam", "adamw", "sgd")


def test_every_schedule_that_a_configuration_can_express_is_there():
    offered = {kind.__name__ for kind in SCHEDULERS.values() if kind}
    assert set(lr_scheduler.__all__) - offered == {
        "LRScheduler",
        "LambdaLR",
        "MultiplicativeLR",
        "SequentialLR",
        "ChainedScheduler",
    }


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_has_exactly_its_own_options_with_torchs_defaults(name):
    arguments = inspect.signature(OPTIMIZERS[name]).parameters
    switches = {"params", "foreach", "fused", "capturable", "differentiable", "maximize"}
    block = OPTIMIZERS.options[name]()
    assert set(type(block).model_fields) == set(arguments) - switches
    assert block.model_dump() == {option: arguments[option].default for option in type(block).model_fields}


@pytest.mark.parametrize("block", [*OPTIMIZERS.options.values(), *SCHEDULERS.options.values()])
def test_every_option_is_described(block):
    for option, field in block.model_fields.items():
        assert not field.description.startswith("As in torch"), f"{block.__name__}.{option}"


def test_the_parameters_can_be_sent_to_another_process():
    parameters = modelling(
        optimizer={"name": "rprop"},
        loss={"name": "weighted_sum", "weighted_sum": {"terms": [{"name": "kullback_leibler"}]}},
    )
    assert pickle.loads(pickle.dumps(parameters)) == parameters


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("adam", {"eps": -1.0}),
        ("adadelta", {"rho": 1.1}),
        ("adafactor", {"beta2_decay": 0.1}),
        ("adafactor", {"d": 0.5}),
        ("adafactor", {"eps": [-1.0, 0.001]}),
        ("adamax", {"betas": [0.9, 1.0]}),
        ("rprop", {"etas": [1.5, 1.2]}),
        ("rprop", {"etas": [0.5, 0.9]}),
        ("lbfgs", {"line_search_fn": "wolfe"}),
        ("lbfgs", {"max_iter": 0}),
        ("sgd", {"betas": [0.9, 0.9]}),
        ("adam", {"fused": True}),
    ],
)
def test_what_torch_would_refuse_is_refused_before(name, options):
    assert f"modelling.optimizer.{name}." in message(optimizer={name: options})


def test_an_unknown_option_is_answered_with_those_that_exist():
    text = message(optimizer={"rmsprop": {"beta": 0.9}})
    assert "Allowed there: lr, alpha, eps, weight_decay, momentum, centered." in text


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("adafactor", {"eps": [None, 0.001]}),
        ("lbfgs", {"line_search_fn": None}),
        ("rprop", {"step_sizes": [1e-5, 10]}),
    ],
)
def test_what_torch_takes_is_taken(name, options):
    assert (
        modelling(optimizer={"name": name, name: options}).optimizer.options.items()
        >= {
            option: tuple(value) if isinstance(value, list) else value for option, value in options.items()
        }.items()
    )


def test_a_warm_up_has_one_length():
    assert "a length in epochs or in updates, not both" in message(
        schedule={"warmup": {"epochs": 1, "updates": 10}}
    )
    assert modelling(schedule={"warmup": {"epochs": 0.5}}).schedule.warmup.epochs == 0.5
