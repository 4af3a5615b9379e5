"""A frozen body runs once per image, and the head learns just as it does behind a body in the loop."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from image_classification.learning.augmentation import build_augmentation
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.fine_tuning import features
from image_classification.learning.fine_tuning.features import features_once
from image_classification.learning.options import TrainingOptions
from image_classification.networks import Classifier
from image_classification.networks.modules import FeaturesAndHead
from image_classification.networks.storage import save_classifier

CPU = TrainingOptions(device="cpu", precision="float32")


def with_body(classifier: Classifier, *, freeze_body: bool = True) -> Classifier:
    """A classifier whose body drops, and normalises by batches, wherever it is not frozen."""
    torch.manual_seed(2)
    body = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
    )
    head = nn.Sequential(nn.Dropout(0.2), nn.Linear(16, 2))
    return Classifier(FeaturesAndHead(body, head, freeze_body=freeze_body), classifier.description)


@pytest.fixture
def frozen(classifier):
    return with_body(classifier)


def images_through(body: nn.Module) -> list[int]:
    """The sizes of the batches that go through from now on."""
    sizes: list[int] = []
    body.register_forward_hook(lambda module, inputs, output: sizes.append(len(inputs[0])))
    return sizes


def test_training_on_features_is_training_with_the_body_in_the_loop(learn, make_loss, frozen, bright_or_dark):
    in_the_loop, once = frozen, deepcopy(frozen)
    expected = learn(in_the_loop, bright_or_dark, bright_or_dark, optimizer_options={"lr": 0.01})
    with features_once(once, [bright_or_dark, bright_or_dark], criterion=make_loss(), options=CPU) as used:
        train_set, validation_set = used.sets
        history = learn(once, train_set, validation_set, optimizer_options={"lr": 0.01})
    columns = ["train/loss", "train/accuracy", "validation/loss", "validation/accuracy"]
    torch.testing.assert_close(
        torch.tensor(history[columns].values), torch.tensor(expected[columns].values), rtol=1e-5, atol=1e-6
    )
    assert history["train/loss"].iloc[-1] < history["train/loss"].iloc[0]
    torch.testing.assert_close(once.state_dict(), in_the_loop.state_dict(), rtol=1e-5, atol=1e-6)


def test_the_body_sees_each_image_once(learn, make_loss, frozen, bright_or_dark):
    seen = images_through(frozen.body.features)
    with features_once(frozen, [bright_or_dark, bright_or_dark], criterion=make_loss(), options=CPU) as used:
        learn(frozen, *used.sets, epochs=3)
    # and one more beforehand, to know how much memory the features take
    assert sorted(seen) == [1, 96, 96]


def test_afterwards_the_classifier_takes_images_again(learn, make_loss, frozen, bright_or_dark):
    images, _ = bright_or_dark.tensors
    names = list(frozen.state_dict())
    with features_once(frozen, [bright_or_dark], criterion=make_loss(), options=CPU) as used:
        computed, labels = used.sets[0].tensors
        assert computed.shape == (96, 16)
        assert torch.equal(labels, bright_or_dark.tensors[1])
        frozen.eval()
        on_features = frozen(computed)
    assert list(frozen.state_dict()) == names
    torch.testing.assert_close(frozen(images), on_features)


def test_an_error_in_the_training_leaves_the_classifier_whole(make_loss, frozen, bright_or_dark):
    names = list(frozen.state_dict())
    with (
        pytest.raises(KeyboardInterrupt),
        features_once(frozen, [bright_or_dark], criterion=make_loss(), options=CPU),
    ):
        raise KeyboardInterrupt
    assert list(frozen.state_dict()) == names


def test_an_empty_set_stays_empty(make_loss, frozen, bright_or_dark):
    empty = torch.utils.data.TensorDataset(*(tensor[:0] for tensor in bright_or_dark.tensors))
    with features_once(frozen, [bright_or_dark, empty], criterion=make_loss(), options=CPU) as used:
        assert list(map(len, used.sets)) == [96, 0]


@pytest.mark.parametrize(
    ("options", "flip"), [(CPU, 0.5), (CPU.model_copy(update={"freeze": ["body.features.0.*"]}), 0.0)]
)
def test_images_that_are_needed_stay_images(options, flip, make_loss, frozen, bright_or_dark):
    augmentation = build_augmentation(AugmentationOptions(horizontal_flip=flip))
    with features_once(
        frozen, [bright_or_dark], criterion=make_loss(), options=options, augmentation=augmentation
    ) as used:
        assert used.sets == [bright_or_dark]
        assert (used.augment is not None) == bool(flip)


def test_a_teacher_goes_on_seeing_images(make_loss, classifier, frozen, bright_or_dark, tmp_path):
    save_classifier(classifier, tmp_path / "teacher.safetensors")
    loss = {"name": "distillation", "distillation": {"teacher": str(tmp_path / "teacher.safetensors")}}
    with features_once(frozen, [bright_or_dark], criterion=make_loss(loss), options=CPU) as used:
        assert used.sets == [bright_or_dark]


def test_a_body_that_learns_stays_in_the_loop(make_loss, classifier, bright_or_dark):
    for network in (classifier, with_body(classifier, freeze_body=False)):
        with features_once(network, [bright_or_dark], criterion=make_loss(), options=CPU) as used:
            assert used.sets == [bright_or_dark]


def test_features_too_large_for_the_memory_are_said_to_be(
    make_loss, frozen, bright_or_dark, monkeypatch, capsys
):
    monkeypatch.setattr(features, "RESIDENT_BYTES", 96 * 16 * 4 - 1)
    with features_once(frozen, [bright_or_dark], criterion=make_loss(), options=CPU) as used:
        assert used.sets == [bright_or_dark]
    assert "computed anew in every epoch" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setattr(features, "RESIDENT_BYTES", 96 * 16 * 4)
    with features_once(frozen, [bright_or_dark], criterion=make_loss(), options=CPU) as used:
        assert used.sets != [bright_or_dark]
