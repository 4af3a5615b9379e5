"""A network's name stands for one network."""

import pytest
from torch import nn

from image_classification.networks.family import NETWORKS
from image_classification.options import Section


def test_a_name_that_is_taken_is_refused() -> None:
    before = NETWORKS["convnet"]
    with pytest.raises(ValueError, match="'convnet' is registered already"):
        NETWORKS.register("convnet", Section)(nn.Identity)
    assert NETWORKS["convnet"] is before


def test_an_unknown_name_lists_those_that_exist() -> None:
    with pytest.raises(KeyError, match="convnet, feed_forward"):
        NETWORKS["covnet"]
