"""Each loss has the value of its definition, trains, and takes class indices and probabilities alike."""

from math import acos, cos, log

import pytest
import torch
from torch import nn

from image_classification.errors import UserError
from image_classification.learning.losses import LOSSES, TrainingData

NAMES = [name for name in LOSSES if name not in ("distillation", "weighted_sum")]
LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 3.0], [-1.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
LABELS = torch.tensor([0, 2, 2, 1])
ONE_HOT = nn.functional.one_hot(LABELS, 3).float()
THREE = TrainingData(class_names=("a", "b", "c"), class_counts=(6, 3, 0), image_shape=(1, 8, 8))


@pytest.mark.parametrize("name", NAMES)
def test_every_loss_trains(learn, classifier, bright_or_dark, name):
    history = learn(classifier, bright_or_dark, loss=name, optimizer_options={"lr": 0.02})
    assert history["train/loss"].iloc[-1] < 0.8 * history["train/loss"].iloc[0]
    assert history["train/accuracy"].iloc[-1] > 0.9


@pytest.mark.parametrize("of", ["logits", "probabilities"])
@pytest.mark.parametrize("name", ["mean_squared_error", "euclidean_distance", "cosine_distance"])
def test_every_distance_trains_on_logits_too(learn, classifier, bright_or_dark, name, of):
    history = learn(
        classifier, bright_or_dark, loss={"name": name, name: {"of": of}}, optimizer_options={"lr": 0.02}
    )
    assert history["train/loss"].iloc[-1] < history["train/loss"].iloc[0]
    assert history["train/accuracy"].iloc[-1] > 0.9


@pytest.mark.parametrize("name", NAMES)
def test_one_hot_probabilities_give_the_loss_of_indices(make_loss, name):
    loss = make_loss(name, THREE)
    torch.testing.assert_close(loss(LOGITS, ONE_HOT), loss(LOGITS, LABELS))


@pytest.mark.parametrize("name", NAMES)
def test_a_mean_over_images_can_be_put_together_from_parts(make_loss, name):
    options = (
        {"class_weights": [1.0, 2.0, 0.5]} if "class_weights" in LOSSES.options[name].model_fields else {}
    )
    loss = make_loss({"name": name, name: options}, THREE)
    parts = (3 * loss(LOGITS[:3], LABELS[:3]) + loss(LOGITS[3:], LABELS[3:])) / 4
    torch.testing.assert_close(parts, loss(LOGITS, LABELS))


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_finite_where_the_fit_is_perfect(make_loss, name):
    logits = (1000 * ONE_HOT).requires_grad_()
    make_loss(name, THREE)(logits, LABELS).backward()
    assert logits.grad.isfinite().all()


def test_cross_entropy_and_its_relatives_are_those_of_torch(make_loss):
    expected = nn.CrossEntropyLoss()(LOGITS, LABELS)
    for name in ("cross_entropy", "negative_log_likelihood", "kullback_leibler"):
        torch.testing.assert_close(make_loss(name, THREE)(LOGITS, LABELS), expected)
    expected = nn.MSELoss()(LOGITS.softmax(1), ONE_HOT)
    torch.testing.assert_close(make_loss("mean_squared_error", THREE)(LOGITS, LABELS), expected)


def test_label_smoothing_is_that_of_torch_for_both_kinds_of_targets(make_loss):
    expected = nn.CrossEntropyLoss(label_smoothing=0.2)(LOGITS, LABELS)
    for targets in ("indices", "probabilities"):
        options = {"label_smoothing": 0.2, "targets": targets}
        loss = make_loss({"name": "cross_entropy", "cross_entropy": options}, THREE)
        torch.testing.assert_close(loss(LOGITS, LABELS), expected)


def test_the_divergence_from_soft_targets_leaves_their_entropy_out(make_loss):
    target = torch.tensor([[0.5, 0.5, 0.0]])
    logits = torch.tensor([[0.5, 0.5, 1e-9]]).log()
    assert make_loss("kullback_leibler", THREE)(logits, target).item() == pytest.approx(0.0, abs=1e-6)
    assert make_loss("cross_entropy", THREE)(logits, target).item() == pytest.approx(log(2), abs=1e-6)


def test_distances_are_those_of_geometry(make_loss):
    logits, label = torch.tensor([[3.0, 4.0]]), torch.tensor([0])

    def of_logits(name):
        return make_loss({"name": name, name: {"of": "logits"}})(logits, label).item()

    assert of_logits("euclidean_distance") == pytest.approx((2**2 + 4**2) ** 0.5)
    assert of_logits("mean_squared_error") == pytest.approx((2**2 + 4**2) / 2)
    assert of_logits("cosine_distance") == pytest.approx(1 - cos(acos(3 / 5)))


@pytest.mark.parametrize("name", ["cross_entropy", "negative_log_likelihood"])
def test_class_weights_weigh_images(make_loss, name):
    loss = make_loss({"name": name, name: {"class_weights": [1.0, 2.0, 0.5]}}, THREE)
    each = nn.CrossEntropyLoss(reduction="none")(LOGITS, LABELS)
    expected = (each * torch.tensor([1.0, 0.5, 0.5, 2.0])).mean()
    torch.testing.assert_close(loss(LOGITS, LABELS), expected)
    torch.testing.assert_close(loss(LOGITS, ONE_HOT), expected)


def test_balanced_weights_are_inverse_to_the_classes_share(make_loss):
    loss = make_loss({"name": "cross_entropy", "cross_entropy": {"class_weights": "balanced"}}, THREE)
    assert loss.weights.tolist() == [0.75, 1.5, 1.0]  # 9 / (2 · 6), 9 / (2 · 3); never seen: the mean


def test_weights_for_other_classes_are_refused(make_loss):
    with pytest.raises(UserError, match="2 numbers, but the data has 3 classes"):
        make_loss({"name": "cross_entropy", "cross_entropy": {"class_weights": [1.0, 2.0]}}, THREE)


def test_a_weighted_sum_is_the_sum_of_its_weighted_terms(make_loss, learn, classifier, bright_or_dark):
    terms = [{"name": "cross_entropy", "label_smoothing": 0.1}, {"name": "cosine_distance", "weight": 0.5}]
    parameters = {"name": "weighted_sum", "weighted_sum": {"terms": terms}}
    smoothed = make_loss({"name": "cross_entropy", "cross_entropy": {"label_smoothing": 0.1}}, THREE)
    expected = smoothed(LOGITS, LABELS) + 0.5 * make_loss("cosine_distance", THREE)(LOGITS, LABELS)
    torch.testing.assert_close(make_loss(parameters, THREE)(LOGITS, LABELS), expected)
    history = learn(classifier, bright_or_dark, loss=parameters, optimizer_options={"lr": 0.02})
    assert history["train/accuracy"].iloc[-1] > 0.9
