"""What cannot fit into memory is refused before anything is allocated, with the options to change."""

import numpy as np
import psutil
import pytest
import torch
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.images.store.image_store import ImageDictPlan, save_image_store
from image_classification.learning import measures, room
from image_classification.learning.batches import Batches
from image_classification.learning.losses import LossOptions, TrainingData, build_loss
from image_classification.learning.options import TrainingOptions
from image_classification.learning.room import (
    numbers_kept,
    require_room_to_classify,
    require_room_to_train,
)
from image_classification.memory import require_memory
from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.family import NETWORKS
from image_classification.words import in_bytes

LARGEST = 10**9


def description(network, side=28, channels=1, **options):
    return NetworkDescription(
        network=network,
        options=options,
        image_shape=(channels, side, side),
        class_names=tuple("ab"),
        mean=(0.5,) * channels,
        std=(0.5,) * channels,
        data_name="made up",
        index_digest="0",
    )


@pytest.mark.parametrize(
    ("network", "options", "side", "named"),
    [
        ("feed_forward", {"widths": [LARGEST]}, 28, "widths"),
        ("feed_forward", {"widths": [LARGEST] * 4}, 28, "widths"),
        ("feed_forward", {"widths": [10**5, 10**6, 10**6]}, 28, "widths"),
        ("convnet", {"widths": [16, LARGEST]}, 28, "widths"),
        ("convnet", {"widths": [LARGEST, LARGEST]}, 28, "widths"),
        ("convnet", {"widths": [30_000, 30_000], "depths": [100, 100]}, 28, "depths"),
        ("lenet", {}, 65_535, "images.size"),
        ("mnist_nn", {}, 65_535, "images.size"),
        ("feed_forward", {}, 65_535, "images.size"),
        # torchvision takes seconds to load
        pytest.param("torchvision", {"model": "vit_b_16"}, 65_536, "model", marks=pytest.mark.slow),
    ],
)
def test_a_network_larger_than_the_memory(network, options, side, named):
    before = psutil.Process().memory_info().rss

    with pytest.raises(UserError, match=r"would need .* of memory at least; there are .*") as refused:
        build_classifier(description(network, side, **options))

    assert named in str(refused.value)
    assert "\n" not in str(refused.value)
    assert psutil.Process().memory_info().rss - before < 300e6


def test_the_weights_are_as_without_the_check(monkeypatch):
    checked = build_classifier(description("convnet"), seed=3).state_dict()
    monkeypatch.setattr("image_classification.networks.classifier.require_room_for", lambda *_, **__: None)
    plain = build_classifier(description("convnet"), seed=3).state_dict()

    assert all(torch.equal(plain[name], checked[name]) for name in plain)


def test_a_family_that_needs_real_numbers_to_be_built_is_built(monkeypatch):
    def build(image_shape, num_classes, options):
        return torch.nn.Linear(int(torch.ones(3).sum().item()), num_classes)

    monkeypatch.setitem(NETWORKS._things, "odd", build)
    monkeypatch.setitem(NETWORKS.options, "odd", NETWORKS.options["lenet"])

    assert build_classifier(description("odd")).body.in_features == 3


def training_set(count=64, side=8):
    return TensorDataset(torch.zeros(count, 1, side, side, dtype=torch.uint8), torch.arange(count) % 2)


def test_a_batch_larger_than_the_memory(monkeypatch):
    network = build_classifier(description("feed_forward", side=8, widths=[16]))
    batches = Batches(training_set(), 10**9, torch.device("cpu"))
    gradients = 4 * network.num_parameters
    # 64 images as floats, and what 16 and 2 features leave
    needed = gradients + 64 * 4 * (64 + 16 + 2)
    options = TrainingOptions(batch_size=10**9, precision="float32")

    monkeypatch.setattr("image_classification.memory.available_memory", lambda: needed)
    require_room_to_train(network, batches, options)
    monkeypatch.setattr("image_classification.memory.available_memory", lambda: needed - 1)
    with pytest.raises(UserError, match=r"batches of 64 images of 1×8×8 numbers would need") as refused:
        require_room_to_train(network, batches, options)
    assert "TrainingOptions.batch_size" in str(refused.value)
    assert "TrainingOptions.accumulate_batches" in str(refused.value)


def test_on_an_accelerator_its_own_memory_counts(monkeypatch):
    network = build_classifier(description("feed_forward", side=8, widths=[16]))
    monkeypatch.setattr(room, "left_on", lambda device: 1000)

    with pytest.raises(UserError, match=r"there are 1\.0 kB"):
        require_room_to_train(
            network, Batches(training_set(), 64, torch.device("cpu")), TrainingOptions(precision="float32")
        )


def test_images_that_are_classified_at_once(monkeypatch):
    monkeypatch.setattr("image_classification.memory.available_memory", lambda: 5 * 300)
    require_room_to_classify((3, 10, 10), 1, "batch_size", torch.device("cpu"))
    with pytest.raises(UserError, match=r"Classifying 2 images of 3×10×10 .* Make batch_size smaller"):
        require_room_to_classify((3, 10, 10), 2, "batch_size", torch.device("cpu"))


def test_large_images_are_measured_fewer_at_once(monkeypatch):
    sizes = []
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(2))
    network.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    images = TensorDataset(torch.zeros(20, 1, 8, 8), torch.zeros(20, dtype=torch.int64))
    criterion = build_loss(LossOptions(), TrainingData(("a", "b"), (10, 10), (1, 8, 8)))
    monkeypatch.setattr(measures, "LARGEST_BATCH", 6 * 4 * 64)

    measured = measures.measure(network, images, criterion, torch.device("cpu"), "validation")

    assert sizes == [6, 6, 6, 2]
    assert set(measured) == {"validation/loss", "validation/accuracy"}


def test_looking_at_a_network_leaves_it_as_it_is():
    network = build_classifier(description("convnet", side=8, widths=[4, 4])).train()
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.random.get_rng_state()

    assert numbers_kept(network, (1, 8, 8)) == 4 * 64 + 4 * 16 + 2
    assert network.training
    assert all(torch.equal(weights[name], value) for name, value in network.state_dict().items())
    assert torch.equal(state, torch.random.get_rng_state())
    network.requires_grad_(requires_grad=False)
    assert numbers_kept(network, (1, 8, 8)) == 0


def plan(shape, fill=None):
    return ImageDictPlan(["a"], np.zeros(1, np.int64), ["x"], [""], "made up", shape, "0", fill or _never)


def _never(block, advance):
    raise AssertionError("it was begun")


@pytest.mark.parametrize("shape", [(1, 3_037_000_500, 3_037_000_500), (3, 10**6, 10**6)])
def test_images_larger_than_the_memory(tmp_path, shape):
    with pytest.raises(
        UserError, match=r"Images of \d+×\d+ pixels would need .*ImageOptions\.size"
    ) as refused:
        save_image_store(plan(shape), tmp_path / "images.safetensors")

    assert "-" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_store_larger_than_any_file(tmp_path, monkeypatch):
    monkeypatch.setattr("image_classification.memory.available_memory", lambda: 2**80)

    with pytest.raises(UserError, match=r"no room for the image store .*: .* free in ") as refused:
        save_image_store(plan((1, 2**32, 2**32)), tmp_path / "images.safetensors")

    assert "it needs 18.4 EB" in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_what_fits_is_begun():
    require_memory(10, "This", "Buy more.", 10)
    with pytest.raises(UserError, match=r"^This would need 11 bytes of memory at least; there are 10 bytes"):
        require_memory(11, "This", "Buy more.", 10)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (47_040_000, "47.0 MB"),
        (123_456_789, "123.4 MB"),
        (4_200_000_000_000, "4.2 TB"),
        (2**63, "9.2 EB"),
        (10**22, "10000.0 EB"),
    ],
)
def test_bytes_in_words(count, text):
    assert in_bytes(count) == text
