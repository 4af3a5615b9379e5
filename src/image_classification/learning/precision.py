"""The number format in which a network computes while it is trained."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch
from torch import nn

Precision = Literal["auto", "float32", "bfloat16", "float16"]

_FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def choose_precision(precision: Precision, device: torch.device, network: nn.Module) -> torch.dtype:
    """Return the number format of that name; `auto` is bfloat16 where it was measured to be faster.

    On CUDA devices with bfloat16 units that is every network. On a CPU whose cores multiply bfloat16 it is
    those with convolutions: an update of the base recipe's network takes 0.75 and of larger ones 0.6 of the
    time in float32 there, but small fully connected networks spend more on converting weights than they gain
    (1.1 of the time). Everything else is float32. The decision depends on the machine and the network alone,
    so it is the same in every run, and `make bench` measures it again.
    """
    if precision != "auto":
        return _FORMATS[precision]
    if device.type == "cuda":
        is_fast = torch.cuda.is_bf16_supported(including_emulation=False)
    elif device.type == "cpu":
        is_fast = cpu_multiplies_bfloat16() and any(
            isinstance(module, _CONVOLUTIONS) for module in network.modules()
        )
    else:
        is_fast = False
    return torch.bfloat16 if is_fast else torch.float32


def cpu_multiplies_bfloat16() -> bool:
    """Whether the cores have units for it; others take a hundred times as long as in float32."""
    abilities = torch.cpu.get_capabilities()
    return bool(abilities.get("avx512_bf16") or abilities.get("amx_bf16"))


def autocast(device: torch.device, number_format: torch.dtype) -> AbstractContextManager[object]:
    """Return the context in which the forward pass computes in that format."""
    if number_format == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype=number_format)
