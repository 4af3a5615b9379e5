"""What may be configured about commands that train several times, beside cross-validation."""

from typing import Annotated

from pydantic import Field

from image_classification.processes.sharing import SharedWorkOptions

# more trainings of one configuration than anybody waits for
MOST_SEEDS = 10_000


class StabilityOptions(SharedWorkOptions):
    """How often one configuration is trained, each time with another seed."""

    seeds: Annotated[int, Field(strict=True, ge=2, le=MOST_SEEDS)] = Field(
        default=5,
        description="Trainings: with modelling.seed, and the numbers that follow it.",
    )
