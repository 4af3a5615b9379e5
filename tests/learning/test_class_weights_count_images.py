"""A class's weight is what its images count, however their targets are smoothed or mixed."""

import pytest
import torch
from torch.nn.functional import cross_entropy, one_hot
from torch.utils.data import TensorDataset

from image_classification.learning.losses import TrainingData

RARE = TrainingData(class_names=("dark", "bright"), class_counts=(300, 12), image_shape=(1, 8, 8))
THREE = TrainingData(class_names=("a", "b", "c"), class_counts=(5, 5, 5), image_shape=(1, 8, 8))
WEIGHTS = torch.tensor([0.25, 3.0, 1.0])
SMOOTHING = [0.0, 0.1, 0.5]


def made(make_loss, data, weights, **options):
    return make_loss({"name": "cross_entropy", "cross_entropy": {"class_weights": weights, **options}}, data)


@pytest.mark.parametrize("smoothing", SMOOTHING)
@pytest.mark.parametrize("targets", ["indices", "probabilities"])
def test_a_smoothed_image_counts_by_its_own_class(make_loss, smoothing, targets):
    logits, labels = torch.randn(9, 3, generator=torch.Generator().manual_seed(0)), torch.arange(9) % 3
    loss = made(make_loss, THREE, WEIGHTS.tolist(), label_smoothing=smoothing, targets=targets)

    each = cross_entropy(logits, labels, label_smoothing=smoothing, reduction="none")
    expected = (each * WEIGHTS[labels]).mean()

    torch.testing.assert_close(loss(logits, labels), expected)
    torch.testing.assert_close(loss(logits, one_hot(labels, 3).float()), expected)


@pytest.mark.parametrize("name", ["cross_entropy", "negative_log_likelihood"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_mixed_image_counts_as_the_mix_of_its_images(make_loss, name, share):
    logits = torch.tensor([[1.0, -2.0, 0.5]])
    mixed = torch.tensor([[share, 1 - share, 0.0]])
    loss = make_loss({"name": name, name: {"class_weights": WEIGHTS.tolist()}}, THREE)

    weight = share * 0.25 + (1 - share) * 3.0

    torch.testing.assert_close(loss(logits, mixed), weight * cross_entropy(logits, mixed))


@pytest.mark.parametrize("smoothing", SMOOTHING)
@pytest.mark.parametrize("counts", [(300, 12), (5, 95), (50, 50)])
def test_balanced_classes_pull_equally_whatever_their_sizes(make_loss, smoothing, counts):
    data = TrainingData(class_names=("a", "b"), class_counts=counts, image_shape=(1, 8, 8))
    labels = torch.tensor([0] * counts[0] + [1] * counts[1])
    bias = torch.zeros(2, requires_grad=True)

    made(make_loss, data, "balanced", label_smoothing=smoothing)(
        bias.expand(len(labels), 2), labels
    ).backward()

    torch.testing.assert_close(bias.grad, torch.zeros(2), atol=1e-6, rtol=0)


@pytest.mark.parametrize("smoothing", SMOOTHING)
def test_rare_classes_are_learned_beside_frequent_ones(make_loss, learn, classifier, smoothing):
    generator = torch.Generator().manual_seed(0)
    labels = torch.tensor([0] * 300 + [1] * 12)
    noise = torch.randint(0, 120, (312, 1, 8, 8), generator=generator)
    images = TensorDataset((noise + 100 * labels.view(-1, 1, 1, 1)).to(torch.uint8), labels)
    loss = made(make_loss, RARE, "balanced", label_smoothing=smoothing)

    learn(classifier, images, loss=loss, optimizer_options={"lr": 0.01}, epochs=8)

    with torch.inference_mode():
        answers = classifier.eval()(images.tensors[0]).argmax(dim=1)
    assert (answers == labels)[labels == 0].float().mean() > 0.95
    assert (answers == labels)[labels == 1].float().mean() > 0.9
