"""What may be configured about the figures and documents of a run."""

from typing import Annotated

from pydantic import Field

from image_classification.options import ModellingSection

# MLflow keeps no longer values of parameters
Words = Annotated[str, Field(max_length=5000)] | None


class ModelCardOptions(ModellingSection):
    """What only a person can say of a network; what stays empty is said to be unknown."""

    developers: Words = Field(default=None, description="Who made the network and answers questions.")
    licence: Words = Field(default=None, description="Under which terms the network may be used.")
    intended_use: Words = Field(default=None, description="What the network is for, and for whom.")
    out_of_scope_use: Words = Field(default=None, description="What the network must not be used for.")
    factors: Words = Field(
        default=None, description="Groups, instruments and surroundings that may change how good it is."
    )
    ethical_considerations: Words = Field(
        default=None, description="Sensitive data, risks and harms, and what was done about them."
    )
    caveats: Words = Field(default=None, description="What else somebody should know before using it.")


class ReportingOptions(ModellingSection):
    """What the figures and documents of a run show."""

    mistakes: int = Field(
        default=25, ge=1, le=100, description="How many of the hardest mistakes are shown, at most."
    )
    samples_per_class: int = Field(
        default=10,
        ge=1,
        le=16,
        description="How many training images of each class are shown, where there is room.",
    )
    model_card: ModelCardOptions = Field(
        default=ModelCardOptions(), description="What the model card says in a person's words."
    )


class EvaluationOptions(ModellingSection):
    """How the network is evaluated."""

    batch_size: int = Field(default=1000, ge=1, description="Images per forward pass; no effect on results.")
    top_k: int = Field(
        default=5, ge=2, description="Among how many of the most probable classes the true one has to be."
    )
    calibration_bins: int = Field(
        default=15, ge=2, le=100, description="Bins of confidence for the calibration error."
    )
