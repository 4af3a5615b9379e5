"""Test-time augmentation: mirrored and in parts, by the mean of the probabilities."""

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from image_classification.evaluation.options import EvaluationOptions
from image_classification.networks.answers.fitting import fit_calibration
from image_classification.networks.answers.options import CalibrationOptions
from image_classification.networks.answers.views import calibration_for, seen_in, views_of, warn_of_views


class Corner(nn.Module):
    """The logits are the upper left pixel, and nothing."""

    def forward(self, images):
        """Map images (B, C, H, W) to logits (B, 2)."""
        pixel = images[:, 0, 0, 0].float()
        return torch.stack([pixel, torch.zeros_like(pixel)], dim=1)


def pictures(height=9, width=6, channels=3):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (4, channels, height, width), generator=generator, dtype=torch.uint8)


def test_the_views():
    images = pictures()
    same, mirrored, upside_down, *crops = views_of(images, ("horizontal_flip", "vertical_flip", "crops"))

    assert torch.equal(same, images)
    assert torch.equal(mirrored[..., 0], images[..., -1])
    assert torch.equal(upside_down[:, :, 0], images[:, :, -1])
    assert len(crops) == 5
    assert {(crop.shape, crop.dtype) for crop in crops} == {(images.shape, torch.uint8)}
    # the corners of the picture are those of the parts that were cut there
    for crop, (row, column) in zip(crops[1:], ((0, 0), (0, -1), (-1, 0), (-1, -1)), strict=True):
        assert torch.equal(crop[..., row, column], images[..., row, column])


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5), (2, 3), (64, 64)])
def test_pictures_of_any_size(height, width):
    images = pictures(height, width, channels=1)

    assert [view.shape for view in views_of(images, ("crops",))] == [images.shape] * 6


@pytest.mark.parametrize("value", [0, 77, 255])
def test_a_plain_picture_stays_plain_in_parts(value):
    images = torch.full((2, 1, 10, 7), value, dtype=torch.uint8)

    assert all(torch.equal(view, images) for view in views_of(images, ("crops",)))


def test_the_mean_is_that_of_probabilities():
    images = torch.zeros((1, 1, 2, 2), dtype=torch.uint8)
    images[..., 0, 1] = 200  # of which the network is certain

    seen = seen_in(Corner(), ("horizontal_flip",))(images).softmax(1)

    torch.testing.assert_close(seen, torch.tensor([[0.75, 0.25]]))


def test_without_views_it_is_the_network_itself():
    network = Corner()
    assert seen_in(network, ()) is network


def test_views_are_a_set():
    named = EvaluationOptions(views=["crops", "horizontal_flip"]).views
    assert named == EvaluationOptions(views=["horizontal_flip", "crops"]).views
    for wrong in (["crops", "crops"], ["sideways"], "crops"):
        with pytest.raises(ValidationError):
            EvaluationOptions(views=wrong)


def test_a_calibration_holds_for_its_own_views(outputs, looks, caplog):
    calibration = fit_calibration(*outputs(100), looks(100), CalibrationOptions(), ("crops",))

    assert calibration_for(calibration, ["crops"]) is calibration
    assert calibration_for(None, ["crops"]) is None
    assert not caplog.records
    assert calibration_for(calibration, ()) is None
    assert "calibrated for images seen as they are and as crops, and they are seen as they are" in caplog.text


@pytest.mark.parametrize(("lost", "won", "is_said"), [(30, 5, True), (5, 30, False), (12, 10, False)])
def test_views_that_make_answers_worse_are_told(caplog, lost, won, is_said):
    labels = torch.zeros(100, dtype=torch.int64)
    right, wrong = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    before = torch.stack([right] * lost + [wrong] * (100 - lost))
    after = torch.stack([wrong] * lost + [right] * won + [wrong] * (100 - lost - won))

    warn_of_views(before, after, labels, ("horizontal_flip",))

    assert (f"{lost - won} fewer are right of 100 images" in caplog.text) == is_said
