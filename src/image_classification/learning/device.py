"""Where the computing happens, and what it does with memory that it frees."""

import ctypes

import torch

from image_classification.errors import UserError
from image_classification.learning.options import TrainingOptions


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
