"""How a network that starts from trained weights is trained on."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from image_classification.options import CountOrZero, Factor, ModellingSection


class FineTuningOptions(ModellingSection):
    """How the body of a network that starts from trained weights learns beside its last layer."""

    body_lr_factor: Factor = Field(
        default=1.0, description="The learning rate of the body is that of the last layer times this."
    )
    layer_decay: Factor = Field(
        default=1.0,
        description="Each stage of the body learns at the rate of what comes after it times this: the nearer "
        "to the image, the more slowly.",
    )
    head_epochs: CountOrZero = Field(
        default=0, description="Epochs at the beginning in which the last layer alone is trained."
    )
    epochs_per_stage: CountOrZero = Field(
        default=0,
        description="After those, epochs from the moment when a stage of the body begins to learn to that of "
        "the stage before it, the last one first; 0: all at once.",
    )
    views: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0,
        description="Where the whole body is frozen and the training images are augmented: so many variants "
        "of each are drawn, and their features computed once; 0: variants are drawn anew in every epoch, "
        "which then costs a pass through the body.",
    )

    @classmethod
    def without_effect(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """What is off by its own value, and left out of the record."""
        return frozenset({"views"}) if not values.get("views") else frozenset()
