"""A network's name stands for one network."""

import pytest
from torch import nn

from image_classification.networks.registry import network_builder, register


def test_a_name_that_is_taken_is_refused() -> None:
    before = network_builder("convnet")
    with pytest.raises(ValueError, match="'convnet' is registered already"):
        register("convnet")(nn.Identity)
    assert network_builder("convnet") is before


def test_an_unknown_name_lists_those_that_exist() -> None:
    with pytest.raises(KeyError, match="convnet, feed_forward"):
        network_builder("covnet")
