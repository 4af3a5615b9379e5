"""The number format of a training: the one asked for, or a choice that the machine and the network decide."""

import pytest
import torch
from torch import nn

from image_classification.learning.device import autocast, choose_precision

CPU = torch.device("cpu")
CONVOLUTION, LINEAR = nn.Sequential(nn.Conv2d(1, 2, 3)), nn.Sequential(nn.Linear(2, 2))


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
def test_a_format_that_is_named_is_used(name: str) -> None:
    assert choose_precision(name, CPU, CONVOLUTION) == getattr(torch, name)


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_products_are_computed_in_it(name: str) -> None:
    number_format = getattr(torch, name)
    with autocast(CPU, number_format):
        assert LINEAR(torch.rand(3, 2)).dtype == number_format


@pytest.mark.parametrize(
    ("abilities", "network", "expected"),
    [
        ({"avx512_bf16": True}, CONVOLUTION, torch.bfloat16),
        ({"amx_bf16": True}, CONVOLUTION, torch.bfloat16),
        ({"avx512_bf16": True}, LINEAR, torch.float32),
        ({"avx512_bf16": False, "amx_bf16": False}, CONVOLUTION, torch.float32),
        ({}, CONVOLUTION, torch.float32),
    ],
)
def test_auto_takes_bfloat16_for_convolutions_where_the_cpu_multiplies_it(
    monkeypatch, abilities, network, expected
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: abilities)
    assert choose_precision("auto", CPU, network) == expected


def test_auto_is_float32_on_devices_that_were_not_measured() -> None:
    assert choose_precision("auto", torch.device("mps"), CONVOLUTION) == torch.float32
