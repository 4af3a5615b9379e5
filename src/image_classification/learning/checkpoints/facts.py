"""What has to be the same for a training to go on: parameters, data, weights, device, code, versions."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import TypeAlias

import numpy as np
import torch
from torch import nn

import image_classification
from image_classification.images.store.statistics import ImageStatistics
from image_classification.networks.digest import weights_digest
from image_classification.words import some

# what, in words or as the name of a parameter, and what it is
Facts: TypeAlias = Mapping[str, str]

# of the parameters the one that may change, as it is named among the facts: it may grow
EPOCHS = "training.epochs"
# before the name of a module that trains; a person may allow code and version to change
CODE = "the code of "
_OWN_VERSION = "the version of image-classification"
FORMAT, FORMAT_FACT = "2", "the format of checkpoints"


def data_facts(statistics: ImageStatistics) -> dict[str, str]:
    """Return which data these are."""
    return {
        "the data": statistics["data_name"],
        "the index of the images": statistics["index_digest"],
        "the digest of the pixels": statistics.get("images_digest", ""),
    }


def version_facts() -> dict[str, str]:
    """Return the versions that decide about the bits of a result."""
    return {
        _OWN_VERSION: image_classification.__version__,
        "the version of torch": torch.__version__,
        "the version of torchvision": version("torchvision"),
        "the version of numpy": np.__version__,
        FORMAT_FACT: FORMAT,
    }


def place_facts(
    network: nn.Module, criterion: nn.Module, device: torch.device, number_format: torch.dtype
) -> dict[str, str]:
    """Return what the training starts from, on what kind of device it computes, and in which numbers."""
    return {
        "the digest of the first weights": weights_digest(network),
        # a teacher has some
        "the digest of the loss's weights": weights_digest(criterion),
        "the device": device.type,
        "the number format": str(number_format).removeprefix("torch."),
    }


def changed_code(was: Facts, now: Facts) -> list[str]:
    """Name the modules that train otherwise now; a version of this package where that is another one."""
    names = {name for name in (*was, *now) if _is_code(name) and was.get(name) != now.get(name)}
    return sorted(name.removeprefix(CODE) for name in names)


def differences(was: Facts, now: Facts, *, partly: bool = False, any_code: bool = False) -> list[str]:
    """Say in words in what the facts of two trainings differ.

    Args:
        was: of the training that is to go on.
        now: of the one that is asked for, which may have more epochs.
        partly: whether only some facts are known now; the others are not compared then.
        any_code: whether the code is not compared.
    """
    if partly:
        was = {name: value for name, value in was.items() if name in now}
    found = [
        f"{name} is {_shown(now.get(name))} now and was {_shown(was.get(name))}"
        for name in {**now, **was}
        if not _is_code(name) and not _go_together(name, was.get(name), now.get(name))
    ]
    changed = [] if any_code else changed_code(was, now)
    return [*found, f"the code has changed ({some(changed)})"] if changed else found


def _is_code(name: str) -> bool:
    return name.startswith(CODE) or name == _OWN_VERSION


def _go_together(name: str, was: str | None, now: str | None) -> bool:
    if name == EPOCHS and was and now:
        return int(now) >= int(was)
    return was == now


def _shown(value: str | None) -> str:
    if value is None:
        return "nothing"
    is_digest = len(value) == 64 and " " not in value
    return value[:12] if is_digest else value
