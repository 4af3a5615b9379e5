"""A network that this project has trained is the start of another; wrappers make no difference."""

import pytest
import timm
import torch
from safetensors.torch import save_file

from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.first_weights import PretrainedWeights
from image_classification.networks.storage import save_classifier

MODELS = [("timm", "test_resnet"), ("timm", "test_efficientnet"), ("torchvision", "squeezenet1_1")]


def build(family, model, weights, classes=("a", "b", "c"), **options):
    description = NetworkDescription(
        network=family,
        options={"model": model, "weights": weights, "freeze": "none", **options},
        image_shape=(3, 64, 64),
        class_names=classes,
        mean=(0.5,) * 3,
        std=(0.2,) * 3,
        data_name="made up",
        index_digest="0" * 64,
    )
    return build_classifier(description, seed=7)


@pytest.mark.parametrize(("family", "model"), MODELS)
def test_its_body_is_taken_and_its_last_layer_is_not(tmp_path, family, model):
    first = build(family, model, None)
    licensed = PretrainedWeights(name="x", source="y", sha256="0" * 64, licence="cc-by-nc-4.0")
    first.description = first.description.model_copy(update={"pretrained": licensed})
    save_classifier(first, tmp_path / "trained network.safetensors")

    second = build(family, model, str(tmp_path / "trained network.safetensors"), classes=("d", "e"))

    for name, weight in second.body.features.state_dict().items():
        assert torch.equal(weight, first.body.features.state_dict()[name]), name
    assert second.description.pretrained.name == "trained network.safetensors"
    assert second.description.pretrained.licence == "cc-by-nc-4.0"
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    assert second.eval()(images).shape == (2, 2)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_names_of_wrappers_are_left_away(tmp_path, prefix, suffix):
    state = {f"{prefix}{name}": each for name, each in timm.create_model("test_resnet").state_dict().items()}
    path = tmp_path / f"weights{suffix}"
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)

    network = build("timm", "test_resnet", str(path))

    assert torch.equal(network.body.features.conv1[0].weight, state[f"{prefix}conv1.0.weight"])
