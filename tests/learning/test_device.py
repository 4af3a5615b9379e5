"""A device that is named is used or refused, never replaced."""

import pytest
import torch

from image_classification.errors import UserError
from image_classification.learning.device import choose_device


def test_auto_takes_what_is_there() -> None:
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    assert choose_device("auto") == (accelerator or torch.device("cpu"))


def test_cpu_is_always_there() -> None:
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda:99", "mps:99", "xpu:99"])
def test_an_absent_device_is_an_error_that_lists_those_that_exist(name: str) -> None:
    with pytest.raises(UserError, match=rf"device is '{name}'.*it has: cpu"):
        choose_device(name)
