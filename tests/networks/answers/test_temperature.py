"""The temperature makes probabilities as sure as the validation images say, and no surer."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from image_classification.networks.answers.temperature import fit_temperature


def labels_by(logits, seed=0):
    """Labels drawn with the probabilities that the logits say: the network is calibrated."""
    generator = torch.Generator().manual_seed(seed)
    return torch.multinomial(logits.softmax(1), 1, generator=generator).squeeze(1)


@pytest.mark.parametrize("true", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("classes", [2, 7])
def test_what_makes_a_network_too_sure_or_not_sure_enough_is_found(true, classes):
    logits = 2 * torch.randn(4000, classes, generator=torch.Generator().manual_seed(1))

    assert fit_temperature(true * logits, labels_by(logits)) == pytest.approx(true, rel=0.1)


def test_log_loss_of_other_images_gets_lower(outputs):
    logits, labels = outputs(4000)
    temperature = fit_temperature(logits[:500], labels[:500])

    after = cross_entropy(logits[500:] / temperature, labels[500:])

    assert after < 0.9 * cross_entropy(logits[500:], labels[500:])
    for other in (0.8, 1.25):
        assert after < cross_entropy(logits[500:] / (other * temperature), labels[500:])


@pytest.mark.parametrize("images", [1, 30, 3000])
@pytest.mark.parametrize("size", [0.1, 10.0, 1000.0])
def test_images_that_are_all_right_do_not_make_it_certain(images, size):
    labels = torch.arange(images) % 3
    logits = size * torch.eye(3)[labels]

    assert 0.01 < fit_temperature(logits, labels) <= 1 + 1e-9


def test_images_that_are_all_wrong():
    labels = torch.arange(300) % 3

    assert 10 < fit_temperature(20 * torch.eye(3)[(labels + 1) % 3], labels) <= 100


def test_what_softmax_does_not_see_changes_nothing(outputs):
    logits, labels = outputs(200)
    moved = logits + torch.randn(200, 1, generator=torch.Generator().manual_seed(3)) * 10

    assert fit_temperature(moved, labels) == pytest.approx(fit_temperature(logits, labels), rel=1e-4)
    assert fit_temperature(logits.log_softmax(1), labels) == pytest.approx(
        fit_temperature(logits, labels), rel=1e-4
    )


def test_one_class():
    assert fit_temperature(torch.randn(5, 1), torch.zeros(5, dtype=torch.int64)) == pytest.approx(1)
