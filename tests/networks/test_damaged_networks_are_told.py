"""The file of a network that is damaged, or meant to do harm, is one clear line, and takes no memory."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from image_classification.errors import UserError
from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.storage import load_classifier, save_classifier

KEY = "image_classification.network"
DESCRIPTION = NetworkDescription(
    network="convnet",
    options={"widths": [4, 8], "dropout": 0.1},
    image_shape=(1, 8, 8),
    class_names=("cat", "dog"),
    mean=(0.1,),
    std=(0.3,),
    data_name="made up",
    index_digest="ab" * 32,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_classifier(build_classifier(DESCRIPTION), tmp_path / "network.safetensors")
    return tmp_path / "network.safetensors"


def described(path: Path, **changes: Any) -> None:
    """Write the file anew with another description of the same weights."""
    facts = json.loads(DESCRIPTION.model_dump_json()) | changes
    save_file(load_file(path), path, {KEY: json.dumps(facts)})


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as refused:
        load_classifier(path)
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"{path} does not hold a classifier that this version can rebuild: ")
    return line


@pytest.mark.parametrize("place", [0, 1, 77, 200, -1, -5])
def test_a_single_bit_of_the_weights(path, place):
    content = bytearray(path.read_bytes())
    begin = 8 + int.from_bytes(content[:8], "little")
    weights = range(begin, len(content))
    content[weights[place]] ^= 1 << (place % 8)
    path.write_bytes(content)
    assert "its weights are damaged: they do not have the digest" in refusal(path)


def test_a_file_of_an_earlier_version_has_no_digest(path):
    described(path)
    assert load_classifier(path).description == DESCRIPTION


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"options": {"widths": [10**6, 10**6]}}, "it describes a network of size 1000000, and has "),
        ({"options": {"widths": [4, 8], "depths": [1, 10**9]}}, "it describes a network of size 1000000000"),
        (
            {"options": {"widths": [20_000, 20_000]}},
            "has the shape (4, 1, 5, 5), and (20000, 1, 5, 5) is expected",
        ),
        ({"options": {"widths": [4]}}, "its "),
        ({"options": {"widths": [4, 8, 8]}}, "it lacks the weights "),
        ({"options": {"widths": "wide"}}, ""),
        ({"options": {"width": 4}}, "Network 'convnet' has no option width"),
        ({"network": "none"}, "No network named 'none'"),
        ({"class_names": ["a"] * 100_000}, "its body."),
        ({"network": "feed_forward", "options": {}, "image_shape": [1, 10**6, 10**6]}, ""),
        ({"mean": []}, "has a mean and a standard deviation for 0 channels"),
        ({"image_shape": [1, 8]}, "1 validation error"),
    ],
)
def test_a_description_of_another_network(path: Path, changes: dict[str, Any], trouble: str) -> None:
    described(path, **changes)
    assert trouble in refusal(path)


def test_weights_that_are_too_many(path: Path) -> None:
    weights = load_file(path) | {"body.more": torch.zeros(1)}
    save_file(weights, path, {KEY: DESCRIPTION.model_dump_json()})
    assert "it has weights that its network has not, body.more" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 8, b"\xff" * 100, (2**40).to_bytes(8, "little") + b"{}"])
def test_no_header(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refusal(path)


def test_a_folder(path: Path) -> None:
    with pytest.raises(UserError, match="is a folder, and the file of a trained network is expected"):
        load_classifier(path.parent)


@pytest.mark.slow  # RegNet is large
def test_a_network_that_cannot_be_built_without_numbers_is_read(tmp_path: Path) -> None:
    options = {"model": "regnet_y_400mf"}
    changes = {"network": "torchvision", "options": options, "image_shape": (3, 64, 64)}
    about = {"mean": (0.1,) * 3, "std": (0.3,) * 3}
    network = build_classifier(DESCRIPTION.model_copy(update=changes | about))
    save_classifier(network, tmp_path / "network.safetensors")
    again = load_classifier(tmp_path / "network.safetensors").state_dict()
    assert all(torch.equal(again[name], weight) for name, weight in network.state_dict().items())
