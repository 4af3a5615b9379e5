"""A network is called by its family, and by its model in a family that has many."""

import pytest

from image_classification.networks import NetworkDescription


def description(network, **options):
    return NetworkDescription(
        network=network,
        options=options,
        image_shape=(3, 8, 8),
        class_names=("a", "b"),
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
        data_name="made up",
        index_digest="0" * 64,
    )


@pytest.mark.parametrize(
    ("network", "options", "shown", "short"),
    [
        ("convnet", {"widths": [4]}, "convnet", "convnet"),
        ("timm", {"model": "resnet18.a1_in1k"}, "timm resnet18.a1_in1k", "resnet18"),
        ("timm", {"model": "vit_tiny_patch16_224", "freeze": "body"}, *["timm vit_tiny_patch16_224"] * 2),
        ("torchvision", {"model": "mobilenet_v3_small"}, *["torchvision mobilenet_v3_small"] * 2),
    ],
)
def test_it_says_which_model(network, options, shown, short):
    found = description(network, **options)
    assert found.shown_name == shown
    assert found.short_name == short.removeprefix(f"{network} ")
