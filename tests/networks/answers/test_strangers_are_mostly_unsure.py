"""A network that knows digits is unsure of noise, textures and letters, and answers digits all the same."""

import string

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_digits

from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.answers import rule
from image_classification.networks.answers.fitting import fit_calibration
from image_classification.networks.answers.options import CalibrationOptions
from image_classification.networks.answers.strangers import fit_outputs

SIDE = 16
# which a network may well take for digits
LIKE_DIGITS = "BDGIOQSZbgiloqsz"


@pytest.fixture(scope="module")
def digits():
    """Images (n, 1, 16, 16) uint8 and labels, in a random order."""
    found = load_digits()
    images = torch.from_numpy(found.images).float().mul(255 / 16)[:, None]
    images = torch.nn.functional.interpolate(images, size=(SIDE, SIDE), mode="bilinear")
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return images.round().to(torch.uint8)[order], torch.from_numpy(found.target).long()[order]


@pytest.fixture(scope="module")
def calibrated(digits):
    """From images to whether they are answered, and how, by a network that has learned from 1,000 digits."""
    images, labels = digits
    description = NetworkDescription(
        network="convnet",
        options={"widths": [16, 32]},
        image_shape=(1, SIDE, SIDE),
        class_names=tuple("0123456789"),
        mean=(0.3,),
        std=(0.35,),
        data_name="digits",
        index_digest="0" * 64,
    )
    network = build_classifier(description).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for epoch in range(8):
        order = torch.randperm(1000, generator=torch.Generator().manual_seed(epoch))
        for batch in order.split(50):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
    network.eval()
    with torch.inference_mode():
        known = images[1000:1500]
        looks = rule.looks_of(known.numpy())
        calibration = fit_calibration(network(known), labels[1000:1500], looks, CalibrationOptions())

    def answered(seen):
        with torch.inference_mode():
            probabilities = calibration.probabilities(network(seen)).numpy()
        return rule.is_answered(
            probabilities, rule.looks_of(seen.numpy()), calibration.rule
        ), probabilities.argmax(1)

    return answered


def letters(count):
    drawn = []
    names = [each for each in string.ascii_letters if each not in LIKE_DIGITS]
    for number in range(count):
        image = Image.new("L", (SIDE, SIDE))
        font = ImageFont.load_default(12 + number % 4)
        name = names[number % len(names)]
        ImageDraw.Draw(image).text((SIDE / 2, SIDE / 2), name, fill=255, font=font, anchor="mm")
        drawn.append(np.asarray(image))
    return np.stack(drawn)


def noise(count):
    return np.random.default_rng(1).integers(0, 256, (count, SIDE, SIDE))


def grains(count):
    generator = np.random.default_rng(2)
    return 255 * (generator.random((count, SIDE, SIDE)) < generator.uniform(0.05, 0.5, (count, 1, 1)))


def stripes(count):
    generator = np.random.default_rng(3)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    angle, pitch, phase = (generator.uniform(0, most, (count, 1, 1)) for most in (np.pi, 1.5, 6))
    return 127 * (1 + np.sin((rows * np.cos(angle) + columns * np.sin(angle)) * (0.5 + pitch) + phase))


def plain(count):
    return np.broadcast_to(np.linspace(0, 255, count)[:, None, None], (count, SIDE, SIDE))


KINDS = (letters, noise, grains, stripes, plain)


def test_most_strangers_are_unsure(calibrated):
    answered = {}
    for kind in KINDS:
        seen = torch.from_numpy(np.asarray(kind(150)).astype(np.uint8))[:, None]
        answered[kind.__name__] = calibrated(seen)[0].mean()

    assert np.mean(list(answered.values())) < 0.25, answered
    assert all(share < 0.5 for share in answered.values()), answered


def test_digits_are_answered_and_right(calibrated, digits):
    images, labels = digits
    answered, classes = calibrated(images[1500:])

    assert answered.mean() > 0.85
    assert (classes == labels[1500:].numpy())[answered].mean() > 0.95


@pytest.mark.parametrize("classes", [3, 10, 40])
@pytest.mark.parametrize("share", [0.02, 0.1])
def test_as_many_ordinary_images_are_taken_for_strangers_as_was_said(outputs, classes, share):
    logits, _ = outputs(8000, classes)
    probabilities = logits.softmax(1).double().numpy()
    known = {"outputs": fit_outputs(probabilities[:4000], share).model_dump(), "pixels": None}

    others = rule.is_familiar(probabilities[4000:], np.empty((4000, 8)), known)

    assert 1 - others.mean() == pytest.approx(share, abs=4 * np.sqrt(2 * share / 4000))


@pytest.mark.parametrize(
    ("images", "classes", "share"), [(1000, 2, 0.1), (1000, 10, 0.0), (99, 10, 0.1), (48, 3, 0.02)]
)
def test_too_little_to_know_strangers_by(outputs, images, classes, share):
    logits, _ = outputs(images, classes)

    assert fit_outputs(logits.softmax(1).double().numpy(), share) is None


@pytest.mark.parametrize("classes", [3, 12])
def test_a_network_that_is_certain_of_every_image(classes):
    probabilities = np.eye(classes)[np.arange(400) % classes]
    known = {"outputs": fit_outputs(probabilities, 0.05).model_dump(), "pixels": None}

    assert rule.is_familiar(probabilities, np.empty((400, 8)), known).all()
    assert not rule.is_familiar(np.full((1, classes), 1 / classes), np.empty((1, 8)), known).any()


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 1, 9), (1, 2, 3), (3, 5, 4), (1, 28, 28), (4, 33, 17)])
@pytest.mark.parametrize("value", [0, 255])
def test_looks_of_plain_pictures_of_any_shape(shape, value):
    looks = rule.looks_of(np.full((3, *shape), value, dtype=np.uint8))

    assert np.isfinite(looks).all()
    assert np.ptp(looks, axis=0).max() == 0
    assert len(rule.looks_of(np.empty((0, *shape), dtype=np.uint8))) == 0


def test_looks_do_not_depend_on_the_images_beside():
    images = np.random.default_rng(0).integers(0, 256, (9, 3, 400, 300), dtype=np.uint8)

    together = rule.looks_of(images)

    np.testing.assert_array_equal(
        together, np.concatenate([rule.looks_of(images[row : row + 1]) for row in range(9)])
    )
