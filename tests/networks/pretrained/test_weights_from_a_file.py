"""A model of torchvision starts from a person's own file; the last layer is always its own."""

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision import models
from torchvision.models._api import BUILTIN_MODELS, register_model

from image_classification.errors import UserError
from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.family import build_body
from image_classification.networks.modules import FeaturesAndHead


def trained(model: str, **options: Any) -> nn.Module:
    """A model for 5 classes whose weights, and statistics of batches, are nobody else's."""
    torch.manual_seed(11)
    network = models.get_model(model, weights=None, num_classes=5, **options)
    network.train()(torch.rand(4, 3, 64, 64))
    return network.eval()


def written(network: nn.Module, path: Path) -> Path:
    if path.suffix == ".safetensors":
        save_file(network.state_dict(), path)
    else:
        torch.save(network.state_dict(), path)
    return path


def build(model: str, path: Path, channels: int = 3, side: int = 64, **options: Any) -> FeaturesAndHead:
    torch.manual_seed(0)
    network = build_body("torchvision", (channels, side, side), 2, model=model, weights=str(path), **options)
    return network.eval()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("model", ["shufflenet_v2_x0_5", "mnasnet0_5"])
def test_the_body_is_the_files(model: str, suffix: str, tmp_path: Path) -> None:
    original = trained(model)
    network = build(model, written(original, tmp_path / f"weights{suffix}"))
    images = torch.rand(3, 3, 64, 64)
    last = "fc" if model.startswith("shuffle") else "classifier"
    setattr(original, last, nn.Identity() if last == "fc" else original.classifier[:1])
    torch.testing.assert_close(network.features(images), original(images))
    assert network.head.out_features == 2


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_numbers_are_refused(number: float, suffix: str, tmp_path: Path) -> None:
    """A training from them would be said to have diverged."""
    weights = {
        "whole": torch.zeros(2),
        "numbers": torch.ones(3, dtype=torch.int64),
        "broken": torch.ones(2, 2),
    }
    weights["broken"][1, 0] = number
    path = tmp_path / f"weights{suffix}"
    (save_file if suffix == ".safetensors" else torch.save)(weights, path)
    with pytest.raises(UserError, match="has weights that are no numbers, or infinite: broken"):
        build("squeezenet1_1", path)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_an_empty_file_is_said_to_be_empty(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"weights{suffix}").touch()
    with pytest.raises(UserError, match=r"weights\.\w+ \(.*\) is empty"):
        build("squeezenet1_1", tmp_path / f"weights{suffix}")


def test_grey_images_are_seen_as_colour_images_without_colour(tmp_path: Path) -> None:
    path = written(trained("squeezenet1_1"), tmp_path / "weights.pth")
    grey = torch.rand(3, 1, 64, 64)
    in_colour = build("squeezenet1_1", path).features(grey.expand(-1, 3, -1, -1))
    torch.testing.assert_close(build("squeezenet1_1", path, channels=1).features(grey), in_colour)


def test_layers_of_a_second_output_are_left_out(tmp_path: Path) -> None:
    original = trained("googlenet", init_weights=False)
    network = build("googlenet", written(original, tmp_path / "weights.pth"))
    original.fc = nn.Identity()
    images = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(network.features(images), original(images))


def test_the_old_names_of_densenet_are_understood(tmp_path: Path) -> None:
    original = trained("densenet121")
    old = OrderedDict(
        (name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."), weight)
        for name, weight in original.state_dict().items()
        if not name.endswith("num_batches_tracked")
    )
    torch.save(old, tmp_path / "weights.pth")
    network = build("densenet121", tmp_path / "weights.pth")
    original.classifier = nn.Identity()
    images = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(network.features(images), original(images))


@pytest.fixture
def small_transformer() -> Iterator[str]:
    """A vision transformer like torchvision's own, but small."""
    name = "vit_small_16"

    def builder(weights: None = None, progress: bool = True, **options: Any) -> nn.Module:
        return models.VisionTransformer(
            patch_size=16, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=16, **options
        )

    register_model(name)(builder)
    yield name
    del BUILTIN_MODELS[name]


def test_the_positions_of_a_transformer_fit_another_size(small_transformer: str, tmp_path: Path) -> None:
    torch.manual_seed(11)
    original = models.get_model(small_transformer, image_size=64, num_classes=5)
    path = written(original, tmp_path / "weights.pth")
    same, larger = (build(small_transformer, path, side=side) for side in (64, 96))
    table = original.encoder.pos_embedding
    torch.testing.assert_close(same.features.encoder.pos_embedding, table)
    assert larger.features.encoder.pos_embedding.shape == (1, 1 + 36, 8)
    # the first place is that of the class, whatever the size of the picture
    torch.testing.assert_close(larger.features.encoder.pos_embedding[:, 0], table[:, 0])
    assert larger(torch.rand(1, 3, 96, 96)).shape == (1, 2)


def test_a_classifier_is_rebuilt_without_the_file(tmp_path: Path) -> None:
    path = written(trained("shufflenet_v2_x0_5"), tmp_path / "weights.pth")
    description = NetworkDescription(
        network="torchvision",
        options={"model": "shufflenet_v2_x0_5", "weights": str(path), "freeze": "body"},
        image_shape=(3, 64, 64),
        class_names=("a", "b"),
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
        data_name="made up",
        index_digest="0" * 64,
    )
    first = build_classifier(description).eval()
    path.unlink()
    again = build_classifier(first.description).eval()
    again.load_state_dict(first.state_dict())
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    assert torch.equal(again(images), first(images))
    assert again.num_parameters == first.num_parameters == sum(map(torch.numel, first.body.head.parameters()))


def test_a_missing_file_is_named_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "resnet18.pth").touch()
    with pytest.raises(UserError, match=r"no file .*resnet19\.pth .*the folder has resnet18\.pth\."):
        build("resnet18", tmp_path / "resnet19.pth")


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_damaged_file_is_named(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(UserError, match=rf"weights{suffix} .*cannot be read as a state dict"):
        build("shufflenet_v2_x0_5", path)


class Intruder:
    """Would create a file if its pickle were trusted."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    torch.save({"fc.weight": Intruder(tmp_path / "harm")}, tmp_path / "weights.pth")
    with pytest.raises(UserError, match="cannot be read as a state dict") as refused:
        build("shufflenet_v2_x0_5", tmp_path / "weights.pth")
    assert not (tmp_path / "harm").exists()
    # torch's own message advises to trust the file
    assert "it is damaged, or holds other objects than tensors. What is read is" in str(refused.value)
    assert "weights_only=False" not in str(refused.value)
    assert "can still be loaded" not in str(refused.value)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_folder_is_no_file_of_weights(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"weights{suffix}").mkdir()
    with pytest.raises(UserError, match=rf"weights{suffix} .* is a folder"):
        build("shufflenet_v2_x0_5", tmp_path / f"weights{suffix}")


def test_a_checkpoint_of_more_than_weights_is_refused(tmp_path: Path) -> None:
    torch.save({"model": {}, "epoch": 3}, tmp_path / "weights.pth")
    with pytest.raises(UserError, match="holds entries such as 'model', 'epoch', expected a state dict"):
        build("shufflenet_v2_x0_5", tmp_path / "weights.pth")


@pytest.mark.parametrize(
    ("model", "message"),
    [("shufflenet_v2_x1_0", "size mismatch for"), ("squeezenet1_1", r"it lacks features\..* and it has")],
)
def test_the_weights_of_another_model_are_refused(model: str, message: str, tmp_path: Path) -> None:
    path = written(trained("shufflenet_v2_x0_5"), tmp_path / "weights.pth")
    with pytest.raises(UserError, match=rf"weights of another network .*{message}"):
        build(model, path)
