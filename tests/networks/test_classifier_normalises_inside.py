"""The classifier takes stored pixels: what training saw and what inference sees cannot differ."""

import pytest
import torch

from image_classification.errors import UserError
from image_classification.networks import NetworkDescription, build_classifier

DESCRIPTION = NetworkDescription(
    network="feed_forward",
    options={"widths": [8], "dropout": 0.0, "log_softmax": False},
    image_shape=(2, 4, 5),
    class_names=("a", "b", "c"),
    mean=(0.1, 0.5),
    std=(0.2, 0.4),
    data_name="made up",
    index_digest="0" * 64,
)


def test_pixels_are_scaled_then_normalised_per_channel() -> None:
    classifier = build_classifier(DESCRIPTION)
    images = torch.randint(0, 256, (6, 2, 4, 5), dtype=torch.uint8)
    mean, std = torch.tensor([0.1, 0.5]).view(2, 1, 1), torch.tensor([0.2, 0.4]).view(2, 1, 1)
    expected = classifier.body((images / 255 - mean) / std)
    torch.testing.assert_close(classifier(images), expected)


def test_the_callers_images_stay_as_they_were() -> None:
    images = torch.randint(0, 256, (6, 2, 4, 5), dtype=torch.uint8)
    for copy in (images.clone(), images.float()):
        before = copy.clone()
        build_classifier(DESCRIPTION)(copy)
        assert torch.equal(copy, before)


def test_the_seed_alone_decides_the_weights() -> None:
    first, again, other = (build_classifier(DESCRIPTION, seed).body.output.weight for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_building_leaves_the_random_state_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    build_classifier(DESCRIPTION, seed=5)
    assert torch.equal(torch.rand(3), expected)


def test_a_channel_that_never_varies_stays_finite() -> None:
    description = DESCRIPTION.model_copy(update={"std": (0.0, 0.4)})
    images = torch.full((2, 2, 4, 5), 25, dtype=torch.uint8)
    assert build_classifier(description)(images).isfinite().all()


@pytest.mark.parametrize(("mean", "std"), [((0.1,), (0.2,)), ((0.1, 0.2, 0.3), (1.0, 1.0, 1.0)), ((), ())])
def test_there_is_a_mean_and_deviation_for_each_channel(mean, std) -> None:
    other = DESCRIPTION.model_copy(update={"mean": mean, "std": std})
    with pytest.raises(UserError, match=rf"for {len(mean)} channels, and the images have 2"):
        build_classifier(other)
