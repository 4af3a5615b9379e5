"""A classifier survives the disk: weights, description, and an interrupted save."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from image_classification.datasets.network import NetworkDataset
from image_classification.errors import UserError
from image_classification.networks import Classifier, NetworkDescription, build_classifier


@pytest.fixture
def classifier() -> Classifier:
    description = NetworkDescription(
        network="convnet",
        options={"widths": [4, 8], "dropout": 0.1},
        image_shape=(1, 8, 8),
        class_names=("nul", "één"),
        mean=(0.1307,),
        std=(0.3081,),
        data_name="made up",
        index_digest="ab" * 32,
    )
    return build_classifier(description, seed=3)


def test_the_loaded_classifier_gives_the_same_logits(tmp_path: Path, classifier: Classifier) -> None:
    classifier(torch.randint(0, 256, (32, 1, 8, 8), dtype=torch.uint8))  # moves the batch statistics
    dataset = NetworkDataset(filepath=str(tmp_path / "new" / "network.safetensors"))
    dataset.save(classifier)
    loaded = dataset.load()
    images = torch.randint(0, 256, (5, 1, 8, 8), dtype=torch.uint8)
    assert not loaded.training
    assert torch.equal(loaded(images), classifier.eval()(images))
    assert loaded.description == classifier.description


def test_the_file_is_plain_safetensors_without_leftovers(tmp_path: Path, classifier: Classifier) -> None:
    path = tmp_path / "network.safetensors"
    NetworkDataset(filepath=str(path)).save(classifier)
    with safe_open(path, framework="pt") as file:
        assert set(file.keys()) == set(classifier.state_dict())
    assert list(tmp_path.iterdir()) == [path]


def test_a_save_that_fails_leaves_the_old_file_whole(
    tmp_path: Path, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "network.safetensors"
    dataset = NetworkDataset(filepath=str(path))
    dataset.save(classifier)
    before = path.read_bytes()

    def full_disk(weights: object, file: Path, metadata: object) -> None:
        Path(file).write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr("image_classification.networks.storage.save_file", full_disk)
    with pytest.raises(Exception, match="No space left"):
        dataset.save(classifier)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "network.safetensors"
    path.write_bytes(content)
    with pytest.raises(Exception, match="does not hold a classifier") as raised:
        NetworkDataset(filepath=str(path)).load()
    assert isinstance(raised.value, UserError) or isinstance(raised.value.__cause__, UserError)


def test_the_preview_draws_the_layers(tmp_path: Path, classifier: Classifier) -> None:
    dataset = NetworkDataset(filepath=str(tmp_path / "network.safetensors"))
    dataset.save(classifier)
    layout = dataset.preview()["layout"]
    texts = [note["text"] for note in layout["annotations"]]
    assert f"<b>{classifier.num_parameters:,}</b> in all" in texts
    assert classifier.description.network in layout["title"]["text"]
