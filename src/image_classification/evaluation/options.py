"""What may be configured about an evaluation, and about the figures and documents of a run."""

from typing import Annotated

from pydantic import Field

from image_classification.networks.answers.calibration import Views
from image_classification.options import LARGEST_COUNT, Count, ModellingSection

# MLflow keeps no longer values of parameters
Words = Annotated[str, Field(max_length=5000)] | None


class ModelCardOptions(ModellingSection):
    """What only a person can say about a network; what is left empty is shown as not stated."""

    developers: Words = Field(default=None, description="Who made the network and answers questions.")
    licence: Words = Field(default=None, description="Terms under which the network may be used.")
    intended_use: Words = Field(default=None, description="What the network is for, and for whom.")
    out_of_scope_use: Words = Field(default=None, description="What the network must not be used for.")
    factors: Words = Field(
        default=None, description="Groups, instruments and surroundings that may affect how good it is."
    )
    ethical_considerations: Words = Field(
        default=None, description="Sensitive data, risks and harms, and what was done about them."
    )
    caveats: Words = Field(default=None, description="What else should be known before it is used.")


class ReportingOptions(ModellingSection):
    """What the figures and documents of a run show."""

    mistakes: int = Field(
        default=25, ge=1, le=100, description="Limit of the number of hardest mistakes shown."
    )
    samples_per_class: int = Field(
        default=10,
        ge=1,
        le=16,
        description="Number of training images shown for each class, where there is room.",
    )
    model_card: ModelCardOptions = Field(
        default=ModelCardOptions(), description="What the model card says in a person's own words."
    )


class EvaluationOptions(ModellingSection):
    """How the network is evaluated."""

    batch_size: Count = Field(default=1000, description="Images per forward pass; no effect on results.")
    top_k: int = Field(
        default=5,
        ge=2,
        le=LARGEST_COUNT,
        description="Number of most probable classes among which the true one counts as found.",
    )
    calibration_bins: int = Field(
        default=15, ge=2, le=100, description="Bins of confidence for the calibration error."
    )
    views: Views = Field(
        default=(),
        description="In what each image is seen beside as it is: horizontal_flip, vertical_flip, crops; the "
        "probabilities are the mean. The network is calibrated for them, and inference takes the same.",
    )
