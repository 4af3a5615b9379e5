"""Whole trainings by their options: resumed with features of a frozen body, and an epoch of one replayed."""

from collections.abc import Callable

import pytest
import torch
from tests.learning.checkpoints.conftest import same
from tests.learning.fine_tuning.test_frozen_features_are_computed_once import with_body
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.checkpoints.facts import CODE, FORMAT_FACT
from image_classification.learning.checkpoints.folder import CheckpointFolder, KeptTraining
from image_classification.learning.checkpoints.storage import read_checkpoint, write_checkpoint
from image_classification.learning.losses import LossOptions
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import TrainingOptions
from image_classification.learning.recipe import Recipe, Sets, keep_checkpoints, train_by
from image_classification.learning.replay import replay_epoch
from image_classification.learning.schedules import ScheduleOptions
from image_classification.networks import Classifier, build_classifier
from image_classification.networks.digest import weights_digest

CODE_FACTS = {f"{CODE}learning.update": "a" * 24}
FACTS = {"seed": "1"} | CODE_FACTS


class InterruptionError(Exception):
    """What ends a training on the way."""


@pytest.fixture
def sets(bright_or_dark: TensorDataset) -> Sets:
    statistics = {
        "data_name": "made up",
        "class_names": ["dark", "bright"],
        "image_shape": [1, 8, 8],
        "counts": {"train": {"dark": 48, "bright": 48}},
        "index_digest": "0" * 64,
        "images_digest": "1" * 64,
    }
    return Sets(bright_or_dark, bright_or_dark, bright_or_dark, statistics)


def recipe(*, resume: bool = False, keep: int = 3, mixup: float = 0.3) -> Recipe:
    training = {
        "epochs": 5,
        "batch_size": 16,
        "device": "cpu",
        "precision": "float32",
        "average_weights": {"decay": 0.9},
        "resume": resume,
        "checkpoint": {"every_minutes": 1e-9, "every_epochs": 1, "keep": keep},
    }
    return Recipe(
        seed=1,
        loss=LossOptions(),
        optimizer=OptimizerOptions(),
        schedule=ScheduleOptions(name="one_cycle"),
        augmentation=AugmentationOptions(mixup=mixup),
        training=TrainingOptions.model_validate(training),
    )


Train = Callable[..., list[str]]


@pytest.fixture
def folder(tmp_path) -> CheckpointFolder:
    return CheckpointFolder(tmp_path / "checkpoints")


@pytest.fixture
def train(folder: CheckpointFolder, sets: Sets) -> Train:
    """Train by a recipe as the node does; return the digests of all epochs."""

    def train(network: Classifier, by: Recipe, stop_in: int | None = None) -> list[str]:
        digests = []

        def after_epoch(epoch, row):
            digests.append(weights_digest(network))
            if epoch == stop_in:
                raise InterruptionError

        criterion = by.build_loss(sets.statistics)
        kept = keep_checkpoints(folder, by, network, criterion, sets.statistics, facts=FACTS)
        train_by(by, network, criterion, sets, checkpoints=kept, on_epoch=[after_epoch])
        return digests

    return train


def trained(folder: CheckpointFolder) -> KeptTraining:
    return next(folder.trainings())


def first_network(classifier: Classifier) -> Classifier:
    return build_classifier(classifier.description, seed=1)


def test_the_features_of_a_frozen_body_are_those_of_the_first_weights(train, classifier, sets, folder):
    whole, resumed = with_body(classifier), with_body(classifier)
    by = recipe(mixup=0.0)  # what varies has no features beforehand
    criterion = by.build_loss(sets.statistics)
    expected = train_by(by, whole, criterion, sets)
    with pytest.raises(InterruptionError):
        train(with_body(classifier), by, stop_in=3)
    again = recipe(resume=True, mixup=0.0)
    kept = keep_checkpoints(folder, again, resumed, criterion, sets.statistics, facts=FACTS)
    assert kept._about.resumed
    same(resumed, whole, train_by(again, resumed, criterion, sets, checkpoints=kept), expected)


def test_a_recipe_survives_its_file():
    assert Recipe.load(recipe().dump()) == recipe()


def test_an_epoch_comes_to_the_same_again(train, classifier, sets, folder):
    digests = train(first_network(classifier), recipe())
    files = {file: file.read_bytes() for file in trained(folder).files}
    assert len(set(digests)) == 5
    for epoch in (1, 4, 5):
        replayed = replay_epoch(trained(folder), epoch, sets, code=CODE_FACTS)
        assert (replayed.digest, replayed.differing) == (digests[epoch - 1], [])
    assert {file: file.read_bytes() for file in trained(folder).files} == files


def test_it_does_not_where_something_is_different(train, classifier, sets, folder):
    digests = train(first_network(classifier), recipe())
    images, labels = sets.train.tensors
    changed = images.clone()
    changed[0, 0, 0, 0] ^= 255
    other = Sets(TensorDataset(changed, labels), sets.validation, sets.test, sets.statistics)
    assert replay_epoch(trained(folder), 4, other, code=CODE_FACTS).digest != digests[3]


def test_a_checkpoint_that_is_gone_is_told_with_what_keeps_more(train, classifier, sets, folder):
    digests = train(first_network(classifier), recipe(keep=2))
    with pytest.raises(UserError, match="before epoch 3 is gone: those after the epochs 4, 5 are") as gone:
        replay_epoch(trained(folder), 3, sets, code=CODE_FACTS)
    assert "CheckpointOptions(keep=" in str(gone.value)
    assert replay_epoch(trained(folder), 3, sets, from_start=True, code=CODE_FACTS).digest == digests[2]


def test_there_is_no_epoch_after_the_last(train, classifier, sets, folder):
    train(first_network(classifier), recipe())
    with pytest.raises(UserError, match="There is no epoch 6: the training has epochs 1 to 5"):
        replay_epoch(trained(folder), 6, sets, code=CODE_FACTS)


def test_first_weights_that_cannot_be_built_again_have_to_be_given(train, classifier, sets, folder):
    with torch.no_grad():
        first = first_network(classifier)
        first.body.output.weight.add_(1.0)
    digests = train(build_copy(first), recipe())
    with pytest.raises(UserError, match="The first weights of this training are gone"):
        replay_epoch(trained(folder), 1, sets, code=CODE_FACTS)
    assert replay_epoch(trained(folder), 1, sets, [first], code=CODE_FACTS).digest == digests[0]
    # a checkpoint has all weights
    assert replay_epoch(trained(folder), 5, sets, code=CODE_FACTS).digest == digests[4]


def unknown_option(about):
    about["recipe"]["augmentation"]["blur"] = 0.5


def unknown_option_deep_inside(about):
    about["recipe"]["training"]["checkpoint"]["every_second"] = 1


def missing_section(about):
    del about["recipe"]["schedule"]


def section_of_later(about):
    about["recipe"]["distillation"] = {}


def other_kind_of_value(about):
    about["recipe"]["optimizer"] = "adam"


def unknown_network(about):
    about["network"]["network"] = "transformer"


def no_network(about):
    about["network"] = {}


OF_ANOTHER_VERSION = {
    unknown_option: "blur: Extra inputs are not permitted",
    unknown_option_deep_inside: "checkpoint.every_second: Extra inputs",
    missing_section: "schedule",
    section_of_later: "'distillation'",
    other_kind_of_value: "OptimizerOptions",
    unknown_network: "transformer",
    no_network: "network: Field required",
}


def rewrite(folder, change, change_state=lambda state: None):
    """Change what the checkpoints of a training hold."""
    for file in trained(folder).files:
        about, state = read_checkpoint(file)
        change(about)
        change_state(state)
        write_checkpoint(file, about, state)


@pytest.mark.parametrize("version", ["0.0.1", None])
@pytest.mark.parametrize("change", OF_ANOTHER_VERSION, ids=lambda change: change.__name__)
def test_what_another_version_wrote_is_one_message(train, classifier, sets, folder, change, version):
    train(first_network(classifier), recipe())

    def of_another_version(about):
        change(about)
        if version:
            about["facts"]["the version of torch"] = version

    rewrite(folder, of_another_version)
    with pytest.raises(UserError, match=r"cannot be read|transformer") as refused:
        replay_epoch(trained(folder), 4, sets, code=CODE_FACTS)
    assert OF_ANOTHER_VERSION[change] in str(refused.value)
    if "cannot be read" in str(refused.value):
        assert f"and was {version}" in str(refused.value) or not version
        assert "Replay it with the version and the code that trained it." in str(refused.value)


@pytest.mark.parametrize("written", ["0", None])
def test_another_format_is_refused_before_anything_is_read(train, classifier, sets, folder, written):
    train(first_network(classifier), recipe())

    def of_another_format(about):
        about["facts"][FORMAT_FACT] = written
        if written is None:
            del about["facts"][FORMAT_FACT]
        about["recipe"] = {}

    rewrite(folder, of_another_format)
    with pytest.raises(UserError, match="cannot be read: the format of checkpoints is"):
        replay_epoch(trained(folder), 4, sets, code=CODE_FACTS)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state["parts"].pop("average"),
        lambda state: state["parts"]["optimizer"].pop("param_groups"),
        lambda state: state["parts"]["update"].clear(),
        lambda state: state["parts"]["network"].pop("body.output.weight"),
        lambda state: state["parts"].update(schedule=[]),
    ],
)
def test_a_state_that_the_code_does_not_know_is_one_message(train, classifier, sets, folder, change):
    with pytest.raises(InterruptionError):
        train(first_network(classifier), recipe(), stop_in=3)
    rewrite(folder, lambda about: None, change)
    with pytest.raises(UserError, match="The checkpoint cannot be read by this version") as refused:
        train(first_network(classifier), recipe(resume=True))
    assert "Begin anew: TrainingOptions(resume=False)" in str(refused.value)


def test_changed_code_is_told_where_the_weights_are_others(train, classifier, sets, folder):
    train(first_network(classifier), recipe())
    code = dict.fromkeys(CODE_FACTS, "b" * 24)
    assert replay_epoch(trained(folder), 4, sets, code=code).differing == [
        "the code has changed (learning.update)"
    ]


def build_copy(network: Classifier) -> Classifier:
    copy = build_classifier(network.description)
    copy.load_state_dict(network.state_dict())
    return copy
