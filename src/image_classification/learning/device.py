"""Where the computing happens."""

import torch

from image_classification.errors import UserError


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
            f"modelling.training.device is '{name}', which this machine does not have; "
            f"it has: {', '.join(here)}. Choose one of these, or 'auto'."
        )
    return device


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all it was given, so that a clock read afterwards tells the truth."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
