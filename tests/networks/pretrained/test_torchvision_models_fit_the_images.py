"""Every family of torchvision's classification models: shapes, channels, sizes."""

import pytest
import torch
from torch import nn
from torchvision import models

from image_classification.errors import UserError
from image_classification.networks.family import build_body

# one of each family, with a size near the smallest that it takes
FAMILIES = {
    "alexnet": 64,
    "convnext_tiny": 32,
    "densenet121": 32,
    "efficientnet_b0": 32,
    "efficientnet_v2_s": 32,
    "googlenet": 32,
    "inception_v3": 75,
    "maxvit_t": 224,
    "mnasnet0_5": 32,
    "mobilenet_v2": 32,
    "mobilenet_v3_small": 32,
    "regnet_x_400mf": 32,
    "resnet18": 28,
    "resnext50_32x4d": 32,
    "shufflenet_v2_x0_5": 32,
    "squeezenet1_1": 32,
    "swin_t": 28,
    "swin_v2_t": 28,
    "vgg11": 32,
    "vit_b_32": 32,
    "wide_resnet50_2": 32,
}


def build(model: str, shape: tuple[int, int, int], num_classes: int = 7) -> nn.Module:
    torch.manual_seed(0)
    return build_body("torchvision", shape, num_classes, model=model)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "side"), FAMILIES.items())
def test_grey_images_give_one_logit_per_class_and_a_gradient_to_each_weight(model: str, side: int) -> None:
    network = build(model, (1, side, side)).train()
    logits = network(torch.rand(2, 1, side, side))
    assert logits.shape == (2, 7)
    logits.sum().backward()
    assert [name for name, weight in network.named_parameters() if weight.grad is None] == []


def test_the_list_above_knows_every_family() -> None:
    def family(name: str) -> str:
        return name.split("_", maxsplit=1)[0].rstrip("0123456789")

    names = models.list_models(module=models)
    assert {family(name) for name in names} - {"wide"} <= {family(name) for name in FAMILIES}


def test_colour_images_pass_through_torchvisions_own_layers() -> None:
    torch.manual_seed(0)
    original = models.resnet18(num_classes=7).eval()
    images = torch.rand(2, 3, 40, 50)
    torch.testing.assert_close(build("resnet18", (3, 40, 50)).eval()(images), original(images))


@pytest.mark.parametrize(
    ("model", "side", "smallest"), [("alexnet", 62, 63), ("inception_v3", 28, 75), ("squeezenet1_1", 8, 17)]
)
def test_the_smallest_size_is_named(model: str, side: int, smallest: int) -> None:
    with pytest.raises(UserError, match=f"takes images of {smallest}×{smallest} pixels or more; these have"):
        build(model, (3, side, side))
    assert build(model, (3, smallest, smallest)).eval()(torch.rand(1, 3, smallest, smallest)).shape == (1, 7)


@pytest.mark.parametrize(
    ("model", "shape", "message"),
    [
        ("vit_b_16", (1, 28, 28), "multiple; these have 28×28. Make them 32×32"),
        ("vit_b_32", (3, 64, 32), "square images of 32×32 pixels or a whole multiple"),
        ("maxvit_t", (3, 300, 300), "multiple; these have 300×300. Make them 224×224"),
    ],
)
def test_transformers_say_which_multiples_they_take(
    model: str, shape: tuple[int, int, int], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        build(model, shape)
