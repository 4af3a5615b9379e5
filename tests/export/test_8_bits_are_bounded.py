"""The network in 8 bits is exported where it is about as accurate, by images that are no test images."""

import json

import pytest
import torch
from tests.export.conftest import export, make_network, make_sets, wrong_stages

from image_classification.errors import UserError
from image_classification.export.comparison import evenly, int8_images
from image_classification.export.eight_bits import _require_accuracy
from image_classification.export.options import Int8Options
from image_classification.export.record import Int8Record
from image_classification.images.idx.idx_set import load_digits


def record(accuracy, float_accuracy, largest_loss):
    return Int8Record(
        calibration_images=1,
        compared_on="9 validation images",
        compared_images=9,
        accuracy=accuracy,
        float_accuracy=float_accuracy,
        largest_loss=largest_loss,
        images_a_second=1.0,
        float_images_a_second=1.0,
        batch_size=1,
        bytes=1,
        float_bytes=1,
    )


@pytest.mark.parametrize(
    ("accuracy", "float_accuracy", "largest_loss"), [(0.9, 0.9, 0.0), (0.95, 0.9, 0.0), (0.895, 0.9, 0.01)]
)
def test_about_as_accurate_is_enough(accuracy, float_accuracy, largest_loss):
    _require_accuracy(record(accuracy, float_accuracy, largest_loss))


@pytest.mark.parametrize(("accuracy", "largest_loss"), [(0.8, 0.05), (0.888, 0.01), (0.89, 0.0)])
def test_less_is_refused_with_both_numbers(accuracy, largest_loss):
    with pytest.raises(UserError) as refused:
        _require_accuracy(record(accuracy, 0.9, largest_loss))

    assert f"{accuracy:.2%} of 9 validation images, and in floats in 90.00%" in str(refused.value)
    assert f"largest_loss = {largest_loss:g} allows" in str(refused.value)


def test_ranges_are_found_on_training_images_and_accuracies_on_validation_images():
    train, validation, _ = make_sets(sizes=(40, 20, 10))

    images = int8_images(train, validation, Int8Options(calibration_images=10, comparison_images=7))

    assert torch.equal(images.calibration, train[evenly(40, 10)][0])
    assert torch.equal(images.compared.tensors[0], validation[evenly(20, 7)][0])
    assert torch.equal(images.compared.tensors[1], validation[evenly(20, 7)][1])
    assert images.compared_on == "7 validation images"


@pytest.mark.parametrize("wanted", [3, 10, 1000])
def test_without_validation_images_no_image_does_both(wanted):
    train, validation, _ = make_sets(sizes=(21, 0, 10))

    images = int8_images(train, validation, Int8Options(calibration_images=wanted))

    both = [
        any(torch.equal(one, other) for other in images.compared.tensors[0]) for one in images.calibration
    ]
    assert not any(both)
    assert len(images.calibration) == min(wanted, 10)
    assert len(images.compared) == 21 - len(images.calibration)
    assert "training images that found no ranges" in images.compared_on


@pytest.mark.parametrize("sizes", [(0, 5, 5), (1, 0, 5)])
def test_too_few_training_images(sizes):
    train, validation, _ = make_sets(sizes=sizes)

    with pytest.raises(UserError, match="finds its ranges on training images"):
        int8_images(train, validation, Int8Options())


@pytest.mark.slow
@pytest.mark.parametrize("network", ["convnet", "feed_forward"])
def test_alone_it_is_the_only_file_of_onnx(tmp_path, network):
    sizes = {"int8": Int8Options(largest_loss=1.0, repeats=1)}
    folder = export(
        tmp_path / "export", make_network(network, (1, 8, 8)), make_sets((1, 8, 8)), "onnx_int8", **sizes
    )

    assert not (folder / "network.onnx").exists()
    found = json.loads((folder / "export.json").read_text())
    assert list(found["formats"]) == ["onnx_int8"]
    assert 0 < found["formats"]["onnx_int8"]["largest_difference"] < 0.1
    assert {found["int8"][name] > 0 for name in ("images_a_second", "float_images_a_second", "bytes")} == {
        True
    }


@pytest.mark.slow
def test_a_trained_network_keeps_its_accuracy(tmp_path):
    """A convolutional network that reads the digits of scikit-learn."""
    digits = load_digits()
    images, labels = torch.from_numpy(digits.images)[:, None], torch.from_numpy(digits.labels)
    names = tuple("0123456789")
    network = make_network("convnet", (1, 8, 8), class_names=names, mean=(0.3,), std=(0.35,)).train()
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    generator = torch.Generator().manual_seed(0)
    for _ in range(12):
        for rows in torch.randperm(1200, generator=generator).split(32):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(images[rows]), labels[rows]).backward()
            optimizer.step()
    sets = make_sets((1, 8, 8), (1200, 300, 297), images, class_names=names, labels=labels)

    folder = export(tmp_path / "export", network.eval(), sets, "onnx", "onnx_int8")

    found = json.loads((folder / "export.json").read_text())
    assert found["int8"]["float_accuracy"] > 0.8
    assert abs(found["int8"]["accuracy"] - found["int8"]["float_accuracy"]) <= 0.01
    assert found["formats"]["onnx_int8"]["agreement"] > 0.97
    assert wrong_stages(folder) == set()


@pytest.mark.slow
def test_a_bound_that_is_missed_leaves_nothing(tmp_path):
    """Of noise, a network in 8 bits guesses otherwise sooner or later."""
    network = make_network("convnet", (1, 8, 8))
    sets = make_sets((1, 8, 8), (20, 400, 10))
    with torch.inference_mode():
        sets[1].labels[:] = network(sets[1].images).argmax(dim=1)  # in floats all is right

    with pytest.raises(UserError, match=r"In 8 bits .* in floats in 100\.00%"):
        export(tmp_path / "export", network, sets, "onnx_int8", int8=Int8Options(largest_loss=0.0))
