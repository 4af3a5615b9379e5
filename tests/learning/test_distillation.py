"""A student learns from a trained teacher, which is not changed."""

import pytest
import torch
from torch.nn.functional import cross_entropy, kl_div

from image_classification.errors import UserError
from image_classification.learning.losses import TrainingData
from image_classification.networks import build_classifier
from image_classification.networks.storage import save_classifier


@pytest.fixture
def teacher(learn, classifier, bright_or_dark, tmp_path):
    """A trained classifier and its file."""
    learn(classifier, bright_or_dark, optimizer_options={"lr": 0.02})
    path = tmp_path / "teacher.safetensors"
    save_classifier(classifier, path)
    return classifier.eval(), str(path)


def distillation(path, **options):
    return {"name": "distillation", "distillation": {"teacher": path, **options}}


def test_the_loss_is_that_of_the_article(make_loss, teacher, bright_or_dark):
    network, path = teacher
    images, labels = bright_or_dark[:8]
    logits = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    loss = make_loss(distillation(path, temperature=3.0, teacher_weight=0.8))
    soft = kl_div((logits / 3).log_softmax(1), (network(images) / 3).softmax(1), reduction="batchmean")
    expected = 0.8 * 9 * soft + 0.2 * cross_entropy(logits, labels)
    torch.testing.assert_close(loss.while_training(logits, labels, images), expected)


def test_a_student_learns_from_the_teacher_alone_and_leaves_it_as_it_is(
    learn, make_loss, teacher, bright_or_dark
):
    network, path = teacher
    student = build_classifier(network.description, seed=77)
    loss = make_loss(distillation(path, teacher_weight=1.0))
    before = {name: tensor.clone() for name, tensor in loss.teacher.state_dict().items()}
    history = learn(student, bright_or_dark, bright_or_dark, loss=loss, optimizer_options={"lr": 0.02})
    assert history["train/loss"].iloc[-1] < 0.5 * history["train/loss"].iloc[0]
    assert history["validation/accuracy"].iloc[-1] > 0.9
    assert not loss.teacher.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in loss.teacher.state_dict().items())
    assert all(parameter.grad is None for parameter in loss.teacher.parameters())


def test_the_teacher_sees_the_augmented_images(learn, make_loss, teacher, bright_or_dark):
    network, path = teacher
    loss = make_loss(distillation(path))
    seen = []
    loss.teacher.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))

    def darken(images, labels, *, generator):
        return images.float() * 0.0, labels

    learn(network, bright_or_dark, loss=loss, epochs=1, how={"augment": darken})
    assert len(seen) == 6
    assert not any(images.any() for images in seen)


def test_measuring_needs_no_teacher_and_compares_with_the_labels(make_loss, tmp_path):
    loss = make_loss(distillation(str(tmp_path / "gone.safetensors")), measure_only=True)
    logits, labels = torch.randn(4, 2), torch.tensor([0, 1, 1, 0])
    torch.testing.assert_close(loss(logits, labels), cross_entropy(logits, labels))


def test_a_teacher_in_a_weighted_sum(make_loss, teacher, bright_or_dark):
    _, path = teacher
    images, labels = bright_or_dark[:8]
    logits = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    terms = [{"name": "cross_entropy"}, {"name": "distillation", "weight": 2.0, "teacher": path}]
    total = make_loss({"name": "weighted_sum", "weighted_sum": {"terms": terms}}).while_training(
        logits, labels, images
    )
    alone = make_loss(distillation(path)).while_training(logits, labels, images)
    torch.testing.assert_close(total, cross_entropy(logits, labels) + 2 * alone)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            TrainingData(class_names=("dark", "light"), class_counts=(1, 1), image_shape=(1, 8, 8)),
            "knows other classes: dark, bright; the data has dark, light",
        ),
        (
            TrainingData(class_names=("dark", "bright"), class_counts=(1, 1), image_shape=(3, 8, 8)),
            "takes images of 1 × 8 × 8 .* the data has 3 × 8 × 8",
        ),
    ],
)
def test_a_teacher_for_other_data_is_refused(make_loss, teacher, data, message):
    with pytest.raises(UserError, match=message):
        make_loss(distillation(teacher[1]), data)


def test_a_teacher_that_does_not_exist_is_named(make_loss, tmp_path):
    with pytest.raises(UserError, match=r"There is no trained network at .*nobody\.safetensors"):
        make_loss(distillation(str(tmp_path / "nobody.safetensors")))
