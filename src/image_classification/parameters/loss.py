"""Which loss is minimised."""

from typing import Literal

from pydantic import Field

from image_classification.parameters.choices import Choice
from image_classification.parameters.kinds import ModellingSection


class CrossEntropyParameters(ModellingSection):
    """torch.nn.CrossEntropyLoss"""

    label_smoothing: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Share of the target that is spread evenly over all classes.",
    )


class LossParameters(Choice):
    """Which loss is minimised, and with which options."""

    name: Literal["cross_entropy"] = Field(default="cross_entropy", description="The loss to minimise.")
    cross_entropy: CrossEntropyParameters = Field(
        default=CrossEntropyParameters(), description="Options of torch.nn.CrossEntropyLoss."
    )
