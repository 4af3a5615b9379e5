"""Values that make no sense are refused, whatever their block."""

import pytest

from image_classification.errors import UserError
from image_classification.parameters.root import validate_parameters


def nested(key, value):
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("modelling.seed", -1),
        ("modelling.seed", 1.5),
        ("modelling.seed", 2**63),
        ("modelling.training.epochs", 0),
        ("modelling.training.epochs", True),
        ("modelling.training.epochs", "5"),
        ("modelling.training.batch_size", 0),
        ("modelling.training.shuffle", 1),
        ("modelling.training.device", "gpu"),
        ("modelling.training.device", "cuda:"),
        ("modelling.training.device", "cpu:x"),
        ("modelling.training.precision", "float8"),
        ("modelling.training.accumulate_batches", 0),
        ("modelling.training.validate_every", 0),
        ("modelling.training.log_every_batches", 0),
        ("modelling.training.sampler", "weighted"),
        ("modelling.training.keep", "first"),
        ("modelling.training.freeze", "body.*"),
        ("modelling.training.early_stopping.metric", "test/accuracy"),
        ("modelling.training.early_stopping.patience", 0),
        ("modelling.training.gradient_clipping.norm", 0.0),
        ("modelling.training.average_weights.decay", 1.0),
        ("modelling.training", {"sampler": "balanced", "shuffle": False}),
        ("modelling.evaluation.batch_size", -5),
        ("modelling.network.convnet.widths", []),
        ("modelling.network.convnet.widths", [16, 0]),
        ("modelling.network.convnet.widths", 16),
        ("modelling.network.feed_forward.dropout", 1.0),
        ("modelling.network.normalisation", {"mean": [0.1], "std": [0.0]}),
        ("modelling.network.normalisation", {"mean": [0.1, 0.2], "std": [0.3]}),
        ("modelling.network.normalisation", {"mean": [0.1]}),
        ("modelling.network.convnet.depths", [1, 2]),  # for three widths
        ("modelling.network.convnet.first_padding", "full"),
        ("modelling.loss.cross_entropy.label_smoothing", 1.1),
        ("modelling.optimizer.adam.lr", 0.0),
        ("modelling.optimizer.adam.lr", float("nan")),
        ("modelling.optimizer.adam.lr", float("inf")),
        ("modelling.optimizer.adam.betas", [0.9]),
        ("modelling.optimizer.adam.betas", [0.9, 1.0]),
        ("modelling.optimizer.adam.betas", [True, 0.9]),
        ("modelling.optimizer.sgd.nesterov", True),
        ("modelling.schedule.one_cycle.pct_start", 0.0),
        ("modelling.schedule.step.step_size", 0),
        ("modelling.schedule.constant.lr", 0.1),
    ],
)
def test_refused(key, value):
    with pytest.raises(UserError) as refused:
        validate_parameters(nested(key, value))
    assert key.rpartition(".")[0] in str(refused.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("modelling.seed", 0),
        ("modelling.training.device", "cuda:1"),
        ("modelling.training.device", "mps"),
        ("modelling.network.normalisation", {"mean": [0.1307], "std": [0.3081]}),
        ("modelling.optimizer.adam.weight_decay", 0),
        ("modelling.optimizer.sgd", {"nesterov": True, "momentum": 0.9}),
    ],
)
def test_accepted(key, value):
    found = validate_parameters(nested(key, value)).model_dump(mode="json")
    for part in key.split("."):
        found = found[part]
    assert found == value if not isinstance(value, dict) else value.items() <= found.items()
