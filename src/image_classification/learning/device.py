"""Where the computing happens, in which number format, and what becomes of memory that is freed."""

import ctypes
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch
from torch import nn

from image_classification.errors import UserError
from image_classification.learning.options import TrainingOptions

# A set of images, or of features, that needs less is kept in memory as a whole.
RESIDENT_BYTES = 4 * 1024**3


def choose_device(name: str) -> torch.device:
    """Return the device called `name`; `auto` is the accelerator that torch finds, else the CPU.

    Raises:
        UserError: the device is named but absent here. It is never replaced silently.
    """
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if name == "auto":
        return accelerator or torch.device("cpu")
    device = torch.device(name)
    if device.type == "cpu":
        return device
    count = torch.accelerator.device_count() if accelerator else 0
    if accelerator is None or device.type != accelerator.type or (device.index or 0) >= count:
        here = ["cpu"] + ([accelerator.type] if accelerator else [])
        here += [f"{accelerator.type}:{index}" for index in range(count)] if accelerator else []
        raise UserError(
            f"{TrainingOptions.named('device')} is '{name}', which this machine does not have; "
            f"it has: {', '.join(here)}. Choose one of these, or 'auto'."
        )
    return device


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all it was given, so that a clock read afterwards tells the truth."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


# of glibc's malloc.h
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_LARGEST_MMAP_THRESHOLD = 32 * 1024**2  # glibc refuses more
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let the C library keep what is freed for the next tensor, instead of giving it back to the system.

    A step frees and allocates the same activations and gradients. Given back, each of their pages has to be
    mapped and cleared anew: 4,000 page faults a step of a small network, and up to two thirds of its time on
    a virtual machine. The process keeps no more than it needed at its peak.

    Returns:
        Whether the C library is one that can be asked to (glibc, on Linux). Others are left as they are.
    """
    try:
        set_option = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return bool(
        set_option(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD) and set_option(_M_TRIM_THRESHOLD, _NEVER)
    )


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
    """Tell whether the cores have units for it; others take a hundred times as long as in float32."""
    abilities = torch.cpu.get_capabilities()
    return bool(abilities.get("avx512_bf16") or abilities.get("amx_bf16"))


def autocast(device: torch.device, number_format: torch.dtype) -> AbstractContextManager[object]:
    """Return the context in which the forward pass computes in that format."""
    if number_format == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype=number_format)
