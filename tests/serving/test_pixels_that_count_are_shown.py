"""Which pixels an answer depends on: a picture over the image."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image
from tests.serving.conftest import NAMES, picture, tiny_network
from torch import nn

from image_classification.images.reading.in_memory import fit_in_memory
from image_classification.networks.classifier import Classifier
from image_classification.serving.explaining import explain
from image_classification.serving.model import Origin, ServedModel


def opened(url: str) -> np.ndarray:
    assert url.startswith("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))


class OnePixel(nn.Module):
    """Each class depends on the pixels of one place alone."""

    places = ((0, 0), (2, 3), (5, 4))

    def forward(self, images):
        return torch.stack([images[:, :, row, column].sum(dim=1) for row, column in self.places], dim=1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("place", range(3))
def test_the_pixels_of_a_class(channels, place):
    network = Classifier(OnePixel(), tiny_network(channels).description)
    image = torch.randint(0, 256, (channels, 6, 5), generator=torch.Generator().manual_seed(1)).byte()
    told = explain(ServedModel(network, Origin("", {})), image, place)
    heat = opened(told["heat"])
    assert told["label"] == NAMES[place]
    assert np.argwhere(heat[..., 3]).tolist() == [list(OnePixel.places[place])]
    assert np.array_equal(opened(told["picture"]).reshape(6, 5, channels), image.permute(1, 2, 0).numpy())


def test_over_http(server):
    content = picture()
    told = server.send(content, path="/explain").json
    (answer,) = server.send(content).json["images"]
    assert told["label"] == answer["label"]
    expected = fit_in_memory(content, (3, 6, 5), "letterbox").permute(1, 2, 0)
    assert np.array_equal(opened(told["picture"]), expected.numpy())
    other = server.send(content, path="/explain?class=cat,%20grey").json
    assert other["label"] == "cat, grey"
    again = server.send(content, path="/explain").json
    assert again == told
    assert "Smilkov" in told["method"]


def test_an_image_of_one_colour_has_a_picture_too(server):
    told = server.post({"pixels": [[7] * 5] * 6}, "/explain").json
    assert opened(told["heat"]).shape == (6, 5, 4)


def test_the_network_is_left_as_it_was():
    model = ServedModel(tiny_network(), Origin("", {}))
    images = torch.randint(0, 256, (4, 3, 6, 5)).byte()
    before = model.answers(images).probabilities
    explain(model, images[0])
    assert np.array_equal(model.answers(images).probabilities, before)
    assert all(each.grad is None for each in model.network.parameters())
