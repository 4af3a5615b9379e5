"""How long, on what and in which portions a network is trained and evaluated."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from image_classification.parameters.kinds import ModellingSection

DEVICE_PATTERN = re.compile(r"auto|cpu|(cuda|hpu|mps|mtia|xpu)(:\d+)?")


def _is_device(device: str) -> str:
    if not DEVICE_PATTERN.fullmatch(device):
        raise ValueError("expected auto, cpu, cuda, cuda:0 (any number), mps or xpu")
    return device


class TrainingParameters(ModellingSection):
    """How long, in which portions and on what the network is trained."""

    epochs: int = Field(default=5, ge=1, description="Passes over all training images.")
    batch_size: int = Field(default=128, ge=1, description="Images per update of the weights.")
    shuffle: bool = Field(default=True, description="Draw the batches in a new order each epoch.")
    device: Annotated[str, AfterValidator(_is_device)] = Field(
        default="auto",
        description="auto: the accelerator if there is one, else the CPU; or cpu, cuda, cuda:1, mps, xpu.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto",
        description="Precision of the matrix products; auto: bfloat16 where the device is fast at it.",
    )


class EvaluationParameters(ModellingSection):
    """How the network is evaluated."""

    batch_size: int = Field(default=1000, ge=1, description="Images per forward pass; no effect on results.")
