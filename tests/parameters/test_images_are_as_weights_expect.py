"""Size and interpolation `auto` are those of the images that pretrained weights were trained on."""

import pytest

from image_classification.parameters.root import validate_parameters

TIMM = {"name": "timm", "timm": {"model": "test_efficientnet"}}
TORCHVISION = {"name": "torchvision", "torchvision": {"model": "resnet18", "weights": "DEFAULT"}}
DRAWN = {"name": "timm", "timm": {"model": "test_resnet", "weights": None}}
OF_A_FILE = {"name": "timm", "timm": {"model": "tf_efficientnet_lite0.in1k", "weights": "a.safetensors"}}


@pytest.mark.parametrize("source", ["image_folder", "hugging_face"])
@pytest.mark.parametrize(
    ("network", "given", "size", "interpolation"),
    [
        ({}, {}, 64, "bilinear"),
        (DRAWN, {}, 64, "bilinear"),
        (TIMM, {}, 160, "bicubic"),
        (TORCHVISION, {}, 224, "bilinear"),
        (OF_A_FILE, {}, 224, "bicubic"),
        (TIMM, {"size": [32, 48]}, (32, 48), "bicubic"),
        (TIMM, {"interpolation": "bilinear"}, 160, "bilinear"),
        (TIMM, {"size": 99, "interpolation": "bilinear"}, 99, "bilinear"),
        ({}, {"interpolation": "bicubic"}, 64, "bicubic"),
    ],
)
def test_what_is_not_given_is_as_they_expect(source, network, given, size, interpolation):
    parameters = validate_parameters({"modelling": {"network": network}, source: {"images": given}})

    images = getattr(parameters, source).images
    assert (images.size, images.interpolation) == (size, interpolation)


def test_each_source_has_its_own():
    parameters = validate_parameters(
        {"modelling": {"network": TIMM}, "image_folder": {"images": {"size": 32}}, "hugging_face": {}}
    )

    assert parameters.image_folder.images.size == 32
    assert parameters.hugging_face.images.size == 160
