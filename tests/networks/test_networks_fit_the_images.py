"""Every registered network takes images of many shapes, and says so where it cannot."""

from functools import partial
from typing import Any

import pytest
import torch

from image_classification.errors import UserError
from image_classification.networks import NetworkOptions
from image_classification.networks.family import NETWORKS, build_body


def drawn(name: str) -> dict[str, Any]:
    """The usual options of a network, with weights that are drawn."""
    options = NetworkOptions(name=name).options
    return options | ({"weights": None} if "weights" in options else {})


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(1, 64, 64), (3, 61, 80), (1, 200, 60)])
def test_logits_have_one_column_per_class(name: str, shape: tuple[int, int, int]) -> None:
    network = build_body(name, shape, 7, **drawn(name))
    assert network(torch.rand(4, *shape)).shape == (4, 7)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "model_net"])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 17, 40), (1, 12, 12)])
def test_most_take_small_pictures(name: str, shape: tuple[int, int, int]) -> None:
    network = build_body(name, shape, 7, **drawn(name))
    assert network(torch.rand(4, *shape)).shape == (4, 7)


@pytest.mark.parametrize(("name", "smallest"), [("lenet", 12), ("model_net", 60)])
def test_the_smallest_size_is_the_one_that_is_named(name: str, smallest: int) -> None:
    build = partial(build_body, name)
    assert build((1, smallest, smallest), 3)(torch.rand(2, 1, smallest, smallest)).shape == (2, 3)
    with pytest.raises(UserError, match=rf"'{name}' takes images of {smallest}×{smallest} pixels or more"):
        build((1, 300, smallest - 1), 3)


def test_a_block_has_as_many_convolutions_as_its_depth() -> None:
    network = build_body("convnet", (1, 28, 28), 10, widths=[4, 6], depths=[1, 3])
    convolutions = [module for module in network.modules() if isinstance(module, torch.nn.Conv2d)]
    assert [(each.in_channels, each.out_channels) for each in convolutions] == [
        (1, 4),
        (4, 6),
        (6, 6),
        (6, 6),
    ]
    assert network(torch.rand(2, 1, 28, 28)).shape == (2, 10)


def test_too_small_images_are_refused_with_the_size_that_fits() -> None:
    with pytest.raises(UserError, match=r"16×16 pixels or more; these have 8×28.*ConvNet\.Options\.widths"):
        build_body("convnet", (1, 8, 28), 10, widths=[4, 4, 4, 4])


def test_a_first_convolution_that_stays_inside_makes_the_picture_smaller() -> None:
    build = partial(build_body, "convnet")
    network = build((1, 28, 20), 10, widths=[4, 6], first_padding="valid")
    first = next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d))
    assert first(torch.rand(2, 1, 28, 20)).shape == (2, 4, 24, 16)
    assert network(torch.rand(2, 1, 28, 20)).shape == (2, 10)
    assert build((1, 8, 8), 10, widths=[4, 6], first_padding="valid")(torch.rand(2, 1, 8, 8)).shape == (2, 10)
    with pytest.raises(UserError, match=r"8×8 pixels or more; these have 7×8"):
        build((1, 7, 8), 10, widths=[4, 6], first_padding="valid")


def test_log_softmax_ends_in_log_probabilities() -> None:
    network = build_body("feed_forward", (1, 4, 4), 3, widths=[], log_softmax=True)
    probabilities = network(torch.rand(5, 1, 4, 4)).exp()
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(5))


def test_parameters_and_registry_offer_the_same_names() -> None:
    assert set(NetworkOptions.names()) == set(NETWORKS)
