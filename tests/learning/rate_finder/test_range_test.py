"""A range test sees what the training will see, leaves no trace, and ends where nothing more can be said."""

import random

import numpy as np
import pytest
import torch
from tests.learning.conftest import BAD
from tests.learning.fine_tuning.test_frozen_features_are_computed_once import with_body
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.learning.augmentation import build_augmentation
from image_classification.learning.loop import train
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.rate_finder.found import at_found_rate
from image_classification.learning.rate_finder.options import FindLearningRateOptions
from image_classification.learning.rate_finder.suggestion import suggested_rate
from image_classification.learning.schedules import build_schedule
from image_classification.networks.digest import weights_digest

SUGGEST, USE = {"mode": "suggest", "updates": 40}, {"mode": "use", "updates": 40}


class EnoughError(Exception):
    """Ends a training."""


def learned_at(rate, updates, recipe, network, criterion, dataset):
    """The losses of the first updates of a training at this rate."""
    losses = []

    def listen(epoch, batch, loss):
        losses.append(loss)
        if len(losses) == updates:
            raise EnoughError

    options = recipe.training.model_copy(update={"log_every_batches": 1, "epochs": updates})
    at_rate = recipe.at_rate(rate)
    augmentation = build_augmentation(recipe.augmentation)
    with pytest.raises(EnoughError):
        train(
            network,
            dataset,
            TensorDataset(*(tensor[:0] for tensor in dataset.tensors)),
            criterion=criterion,
            make_optimizer=at_rate.build_optimizer,
            make_schedule=lambda built, updates: build_schedule(
                recipe.schedule, built, epochs=1, updates=updates
            ),
            options=options,
            seed=recipe.seed,
            augment=augmentation
            and (lambda *batch, generator: augmentation(*batch, num_classes=2, generator=generator)),
            on_batch=[listen],
        )
    return losses


@pytest.mark.parametrize(
    ("optimizer", "training"),
    [
        ("adam", {}),
        ("sgd", {"accumulate_batches": 4, "sampler": "balanced"}),
        ("adamw", {"gradient_clipping": {"norm": 0.1}, "drop_last": True, "batch_size": 25}),
        ("asgd", {"keep": "best", "early_stopping": {"metric": "validation/loss"}, "shuffle": False}),
        ("adam", {"fine_tuning": {"body_lr_factor": 0.1, "head_epochs": 1}, "freeze": ["body.features.0.*"]}),
    ],
)
def test_at_hardly_rising_rates_its_losses_are_those_of_a_training(
    optimizer, training, make_recipe, tested, make_loss, classifier, bright_or_dark
):
    rate, augmentation = 0.01, {"shift": 0.2, "mixup": 0.3}
    network = with_body(classifier, freeze_body=False) if "fine_tuning" in training else classifier
    find = {"mode": "suggest", "lowest": rate, "highest": rate * (1 + 1e-6), "updates": 20}
    recipe = make_recipe(optimizer, augmentation=augmentation, find=find, lr=0.3, **training)
    table = tested(recipe, network)
    plain = {name: training[name] for name in training if name not in ("keep", "early_stopping")}
    recipe = make_recipe(optimizer, augmentation=augmentation, lr=0.3, **plain)
    expected = learned_at(rate, 20, recipe, network, make_loss(), bright_or_dark)
    assert table["loss"].tolist() == pytest.approx(expected, rel=1e-3)
    assert table["rate"].tolist() == pytest.approx([rate] * 20, rel=1e-5)


@pytest.mark.parametrize(
    "optimizer", [name for name in OptimizerOptions.names() if name not in ("lbfgs", "rprop")]
)
def test_every_optimizer_with_a_rate_is_tested(optimizer, make_recipe, tested, classifier):
    table = tested(make_recipe(optimizer, find=SUGGEST), classifier)
    assert np.isfinite(table.to_numpy()).all()
    assert (np.diff(np.log(table["rate"])) > 0).all()
    if optimizer in ("adam", "adamw", "sgd"):
        assert 1e-5 < suggested_rate(table) < 5


@pytest.mark.parametrize("find", [SUGGEST, USE, {"mode": "off"}])
def test_network_and_random_states_stay_as_they_are(find, make_recipe, tested, classifier):
    def states():
        weights = weights_digest(classifier), classifier.training
        numbers = (torch.get_rng_state().tolist(), random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002
        return weights, numbers, [each.requires_grad for each in classifier.parameters()]

    before = states()
    tested(make_recipe(find=find, freeze=["body.*.bias"], augmentation={"rotation": 9.0}), classifier)
    assert states() == before


def test_where_it_is_off_nothing_is_tested_or_said(make_recipe, tested, classifier, capsys):
    table = tested(make_recipe("lbfgs"), classifier)
    assert list(table.columns) == ["rate", "loss", "smoothed"]
    assert (len(table), capsys.readouterr().out) == (0, "")


def test_it_ends_where_the_loss_explodes(make_recipe, tested, classifier, capsys):
    table = tested(make_recipe("sgd", find=SUGGEST | {"highest": 1e20, "updates": 200}), classifier)
    assert 20 < len(table) < 150
    assert np.isfinite(table.to_numpy()).all()
    said = capsys.readouterr().out
    assert f"in {len(table)} updates" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(("not_finite", "at_least"), [("stop", 0), ("skip", 20)])
@pytest.mark.parametrize("batch_size", [16, 96])
def test_losses_that_are_no_numbers(
    not_finite, at_least, batch_size, make_recipe, tested, breaking, classifier, bright_or_dark
):
    """Left out where the training leaves such batches out; where there is no other, nothing is known."""
    images, labels = (tensor.clone() for tensor in bright_or_dark.tensors)
    images[3, 0, 0, 0] = BAD
    recipe = make_recipe(find=SUGGEST, not_finite=not_finite, batch_size=batch_size)
    table = tested(recipe, classifier, breaking, TensorDataset(images, labels))
    assert len(table) >= (at_least if batch_size == 16 else 0)
    assert len(table) < 40
    assert np.isfinite(table.to_numpy()).all()


@pytest.mark.parametrize("optimizer", ["lbfgs", "rprop"])
@pytest.mark.parametrize("mode", ["suggest", "use"])
def test_optimizers_that_set_their_steps_themselves_are_refused(
    optimizer, mode, make_recipe, tested, classifier
):
    with pytest.raises(UserError, match=f"No test finds the learning rate of the optimizer {optimizer}"):
        tested(make_recipe(optimizer, find={"mode": mode}), classifier)


def test_a_schedule_with_a_rate_of_its_own_takes_no_other(make_recipe, tested, classifier):
    schedule = {"name": "cyclic", "cyclic": {"max_lr": 0.1}}
    assert len(tested(make_recipe("sgd", schedule, find=SUGGEST), classifier))
    with pytest.raises(UserError, match=r"max_lr is 0\.1\): one that is found would change nothing"):
        tested(make_recipe("sgd", schedule, find=USE), classifier)
    assert len(tested(make_recipe("sgd", {"name": "cyclic"}, find=USE), classifier))


def test_where_the_loss_never_falls_a_suggestion_is_missing_and_its_use_an_error(
    make_recipe, tested, classifier, capsys
):
    find = {"lowest": 1e-12, "highest": 1e-11, "updates": 30}
    tested(make_recipe(find=find | {"mode": "suggest"}), classifier)
    assert "none found, the loss does not fall more than by chance" in capsys.readouterr().out
    with pytest.raises(UserError, match=r"(?s)No learning rate was found: .*updates=90"):
        tested(make_recipe(find=find | {"mode": "use"}), classifier)


def test_the_rate_is_used_only_where_that_is_asked_for(make_recipe, tested, classifier, capsys):
    recipe = make_recipe("sgd", {"name": "one_cycle"}, find=USE)
    table = tested(recipe, classifier)
    rate = suggested_rate(table)
    assert at_found_rate(recipe, table).learning_rate == rate != recipe.learning_rate
    assert at_found_rate(recipe, table).optimizer.name == "sgd"
    assert f"falls fastest at {rate:g} (tried 1e-06 to " in capsys.readouterr().out
    for find in (SUGGEST, {}):
        recipe = make_recipe("sgd", find=find)
        assert at_found_rate(recipe, table) == recipe


def test_a_frozen_body_and_a_head_that_is_fitted_before(make_recipe, tested, classifier, capsys):
    network = with_body(classifier)
    before = weights_digest(network)
    table = tested(make_recipe(find=SUGGEST), network)
    fitted = tested(make_recipe(find=SUGGEST, fine_tuning={"head_start": True}), network)
    assert fitted["loss"].head(6).mean() < table["loss"].head(6).mean()
    assert weights_digest(network) == before
    assert capsys.readouterr().out.count("\n") == 2


@pytest.mark.parametrize("given", [{"lowest": 0.1, "highest": 0.1}, {"lowest": 1.0, "highest": 0.5}])
def test_rates_have_to_rise(given):
    with pytest.raises(ValueError, match="expected lowest to be below highest"):
        FindLearningRateOptions(**given)


def test_a_bare_off_of_yaml_is_off():
    assert FindLearningRateOptions.model_validate({"mode": False}).mode == "off"
