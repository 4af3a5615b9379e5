"""The real weights that other tests use do in timm's network what they do in their authors' own."""

import pytest
import torch
from safetensors.torch import save_file
from tests.real_weights import MODEL, original_weights, weights_for_timm
from torch import Tensor
from torch.nn.functional import batch_norm, conv2d, pad, relu6

from image_classification.networks.family import build_body

# of each block: stride; the kernels are those of the weights
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)


def convolve(images: Tensor, weight: Tensor, stride: int = 1, groups: int = 1) -> Tensor:
    """Convolve with zeros around as TensorFlow puts them: one more at the end where the number is odd."""
    window = weight.shape[-1]
    total = [max((-(-side // stride) - 1) * stride + window - side, 0) for side in images.shape[-2:]]
    around = [part for each in reversed(total) for part in (each // 2, each - each // 2)]
    return conv2d(pad(images, around), weight, stride=stride, groups=groups)


def original_features(weights: dict[str, Tensor], images: Tensor) -> Tensor:
    """Compute the features as EfficientNet-Lite0 does: no squeezing, ReLU6, statistics that were kept."""

    def normalise(features: Tensor, name: str) -> Tensor:
        kinds = ("running_mean", "running_var", "weight", "bias")
        return batch_norm(features, *(weights[f"{name}.{kind}"] for kind in kinds), eps=1e-3)

    features = relu6(normalise(convolve(images, weights["_conv_stem.weight"], 2), "_bn0"))
    for number, stride in enumerate(STRIDES):
        block, before = f"_blocks.{number}", features
        if f"{block}._expand_conv.weight" in weights:
            expanded = convolve(features, weights[f"{block}._expand_conv.weight"])
            features = relu6(normalise(expanded, f"{block}._bn0"))
        kernel = weights[f"{block}._depthwise_conv.weight"]
        features = convolve(features, kernel, stride, groups=len(kernel))
        features = relu6(normalise(features, f"{block}._bn1"))
        features = normalise(convolve(features, weights[f"{block}._project_conv.weight"]), f"{block}._bn2")
        if stride == 1 and features.shape == before.shape:
            features = features + before
    features = relu6(normalise(convolve(features, weights["_conv_head.weight"]), "_bn1"))
    return features.mean(dim=(2, 3))


@pytest.mark.parametrize("side", [64, 97])
def test_the_features_are_those_of_a_plain_implementation(side, tmp_path):
    save_file(weights_for_timm(), tmp_path / "weights.safetensors")
    network = build_body(
        "timm", (3, side, side), 4, model=MODEL, weights=str(tmp_path / "weights.safetensors")
    ).eval()
    images = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(side)) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(
            network.features(images), original_features(original_weights(), images), rtol=1e-4, atol=1e-4
        )
