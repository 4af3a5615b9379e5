"""The layers of a network, and the diagram drawn of them."""

import pytest
import torch
from torch import nn

from image_classification.evaluation.figures.network_diagram import network_diagram_figure
from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.layers import describe_layers


def classifier(network: str = "convnet", **options):
    description = NetworkDescription(
        network=network,
        options=options,
        image_shape=(3, 32, 32),
        class_names=("a", "b"),
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
        data_name="made up",
        index_digest="digest",
    )
    return build_classifier(description)


def test_each_layer_has_its_shape_and_parameters() -> None:
    network = classifier(widths=[4, 8])
    layers = describe_layers(network, (3, 32, 32))
    assert [layer.kind for layer in layers] == [
        "Normalise",
        *["Conv2d", "MaxPool2d", "BatchNorm2d", "ReLU"] * 2,
        "Dropout",
        "Linear",
    ]
    assert layers[1].output_shape == (4, 32, 32)
    assert layers[1].parameters == 4 * 3 * 5 * 5
    assert "kernel_size=(5, 5)" in layers[1].details
    assert layers[-1].output_shape == (2,)
    assert sum(layer.parameters for layer in layers) == network.num_parameters


def test_the_network_stays_as_it_was() -> None:
    network = classifier().train()
    network.body.dropout.eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    describe_layers(network, (3, 32, 32))
    assert network.training
    assert not network.body.dropout.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())


def test_frozen_parameters_are_not_trainable() -> None:
    network = classifier(widths=[4])
    network.body.features.requires_grad_(False)
    layers = {layer.kind: layer for layer in describe_layers(network, (3, 32, 32))}
    assert layers["Conv2d"].trainable == 0 < layers["Conv2d"].parameters
    assert layers["Linear"].trainable == layers["Linear"].parameters


class Deep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        blocks = (nn.Sequential(*(nn.Linear(4, 4) for _ in range(5))) for _ in range(6))
        self.blocks = nn.Sequential(*blocks)
        self.attention = nn.MultiheadAttention(4, 1)
        self.last = nn.Linear(4, 4)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = self.blocks(images.float().flatten(1))
        return self.last(self.attention(features, features, features)[0] + self.last(features))


@pytest.mark.parametrize(("most", "shown"), [(40, 33), (20, 9), (4, 4), (1, 4)])
def test_a_deep_network_is_shown_by_its_parts(most: int, shown: int) -> None:
    network = Deep()
    layers = describe_layers(network, (1, 2, 2), most)
    assert len(layers) == shown
    assert sum(layer.parameters for layer in layers) == sum(each.numel() for each in network.parameters())
    attention = next(layer for layer in layers if layer.kind == "MultiheadAttention")
    assert attention.output_shape == (4,)
    # it is called twice, and its parameters are counted once
    assert [layer.parameters for layer in layers if layer.name == "last"] == [20, 0]


def test_the_diagram_has_a_box_for_each_layer() -> None:
    network = classifier(widths=[4])
    layers = describe_layers(network, (3, 32, 32))
    figure = network_diagram_figure(layers, network.num_parameters, "convnet on made up")
    boxes = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    texts = [note.text for note in figure.layout.annotations]
    assert len(boxes) == len(layers)
    assert "4 × 32 × 32" in texts
    assert f"<b>{network.num_parameters:,}</b> in all" in texts
    assert "convnet on made up" in figure.layout.title.text
