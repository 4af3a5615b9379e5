"""Early stopping, the best weights and their moving average."""

import pytest
import torch

from image_classification.errors import UserError
from image_classification.learning.averaging import WeightAverage
from image_classification.learning.early_stopping import EarlyStopping
from image_classification.learning.options import EarlyStoppingOptions
from image_classification.networks import build_classifier


def stops_after(metric, values, **options):
    stopping = EarlyStopping(EarlyStoppingOptions(metric=metric, **options))
    rows = [{} if value is None else {metric: value} for value in values]
    stops = [epoch for epoch, row in enumerate(rows, start=1) if stopping.should_stop(epoch, row)]
    return (stops[0] if stops else None), stopping.best_epoch


def test_patience_counts_validations_in_a_row_without_an_improvement():
    assert stops_after("validation/loss", [3, 2, 2.5, 1, 1.5, 1, 0.5], patience=2) == (6, 7)
    assert stops_after("validation/loss", [3, 2, 2.5, 1, 1.5, 0.9], patience=2) == (None, 6)
    assert stops_after("validation/accuracy", [0.5, 0.6, 0.6, 0.55], patience=2) == (4, 2)


def test_an_epoch_without_a_validation_does_not_count():
    assert stops_after("validation/loss", [1, None, None, 2, None, 2], patience=2) == (6, 1)


def test_a_small_change_is_no_improvement():
    assert stops_after("validation/loss", [1.0, 0.95, 0.91], patience=2, min_delta=0.1) == (3, 1)


def test_a_training_ends_early_and_says_so(learn, classifier, bright_or_dark, capsys):
    history = learn(
        classifier,
        bright_or_dark,
        bright_or_dark,
        optimizer_options={"lr": 0.02},
        epochs=50,
        early_stopping={"metric": "validation/accuracy", "patience": 2},
    )
    assert len(history) < 50
    assert "Stopped early: no improvement since epoch" in capsys.readouterr().out


def test_the_best_weights_are_kept_not_the_last(learn, classifier, bright_or_dark):
    validated = []
    history = learn(
        classifier,
        bright_or_dark,
        bright_or_dark,
        optimizer="sgd",
        optimizer_options={"lr": 0.3},
        schedule="multi_step",
        schedule_options={"milestones": [3], "gamma": 1000.0},  # which spoils what was learnt
        epochs=6,
        keep="best",
        early_stopping={"metric": "validation/loss", "patience": 100},
        how={"on_epoch": [lambda epoch, row: validated.append(_logits(classifier, bright_or_dark))]},
    )
    best = int(history["validation/loss"].argmin())
    assert best < 5
    torch.testing.assert_close(_logits(classifier, bright_or_dark), validated[best])


def _logits(network, dataset):
    training = network.training
    with torch.no_grad():
        logits = network.eval()(dataset.tensors[0])
    network.train(training)
    return logits


@pytest.mark.parametrize("options", [{"keep": "best"}, {"early_stopping": {"metric": "validation/loss"}}])
def test_nothing_can_be_chosen_without_validation_images(learn, classifier, bright_or_dark, options):
    with pytest.raises(UserError, match="needs validation images"):
        learn(classifier, bright_or_dark, **options)


def test_the_average_follows_the_weights_with_its_decay():
    network = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        network.weight.fill_(0.0)
    average = WeightAverage(network, decay=0.2)
    expected = 0.0
    for value, decay in ((1.0, 0.1), (2.0, 2 / 11), (3.0, 0.2), (4.0, 0.2)):  # (1 + n) / (10 + n) at first
        with torch.no_grad():
            network.weight.fill_(value)
        average.update()
        expected = decay * expected + (1 - decay) * value
    with average.applied():
        assert network.weight.item() == pytest.approx(expected)
    assert network.weight.item() == 4.0
    average.apply()
    assert network.weight.item() == pytest.approx(expected)


def test_the_average_is_validated_and_kept_with_its_batch_statistics(learn, classifier, bright_or_dark):
    description = classifier.description.model_copy(
        update={"network": "convnet", "options": {"widths": [4], "dropout": 0.0}}
    )
    plain, averaged = build_classifier(description), build_classifier(description)
    raw = learn(plain, bright_or_dark, bright_or_dark)
    history = learn(averaged, bright_or_dark, bright_or_dark, average_weights={"decay": 0.9})
    # the training itself is the same; what is validated and kept is not
    assert history["train/loss"].to_list() == raw["train/loss"].to_list()
    assert history["validation/loss"].to_list() != raw["validation/loss"].to_list()
    loss = torch.nn.functional.cross_entropy(_logits(averaged, bright_or_dark), bright_or_dark.tensors[1])
    assert loss.item() == pytest.approx(history["validation/loss"].iloc[-1], rel=1e-4)
    running = "body.features.0.2.running_mean"
    assert not torch.equal(averaged.state_dict()[running], plain.state_dict()[running])
