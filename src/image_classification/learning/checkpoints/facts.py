"""What has to be the same for a training to go on: its parameters, data, first weights, device, versions."""

from collections.abc import Mapping
from typing import TypeAlias

import torch
from torch import nn

import image_classification
from image_classification.images.store.statistics import ImageStatistics
from image_classification.networks.digest import weights_digest

# what, in words or as the name of a parameter, and what it is
Facts: TypeAlias = Mapping[str, str]

# of the parameters the one that may change, as it is named among the facts: it may grow
EPOCHS = "training.epochs"
FORMAT = "2"


def data_facts(statistics: ImageStatistics) -> dict[str, str]:
    """Return which data these are."""
    return {
        "the data": statistics["data_name"],
        "the index of the images": statistics["index_digest"],
        "the pixels": statistics.get("images_digest", ""),
    }


def version_facts() -> dict[str, str]:
    """Return the versions that decide about the bits of a result."""
    return {
        "the version of image-classification": image_classification.__version__,
        "the version of torch": torch.__version__,
        "the format of checkpoints": FORMAT,
    }


def place_facts(network: nn.Module, criterion: nn.Module, device: torch.device) -> dict[str, str]:
    """Return what the training starts from, and on what kind of device it computes."""
    return {
        "the network's first weights": weights_digest(network),
        # a teacher has some
        "the loss's weights": weights_digest(criterion),
        "the device": device.type,
    }


def differences(was: Facts, now: Facts, *, partly: bool = False) -> list[str]:
    """Say in words in what the facts of two trainings differ.

    Args:
        was: of the training that is to go on.
        now: of the one that is asked for, which may have more epochs.
        partly: whether only some facts are known now; the others are not compared then.
    """
    names = [*now, *(name for name in was if name not in now and not partly)]
    return [
        f"{name} is {_shown(now.get(name))} now and was {_shown(was.get(name))}"
        for name in names
        if not _go_together(name, was.get(name), now.get(name))
    ]


def _go_together(name: str, was: str | None, now: str | None) -> bool:
    if name == EPOCHS and was and now:
        return int(now) >= int(was)
    return was == now


def _shown(value: str | None) -> str:
    if value is None:
        return "nothing"
    is_digest = len(value) == 64 and " " not in value
    return value[:12] if is_digest else value
