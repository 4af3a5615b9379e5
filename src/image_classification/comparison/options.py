"""What may be configured about comparing runs."""

from typing import Annotated, Literal

from pydantic import Field

from image_classification.evaluation.metric_table import lowest_is_best
from image_classification.images.store.options import PositiveInt
from image_classification.options import Section

Status = Literal["FINISHED", "FAILED", "KILLED", "RUNNING"]
Name = Annotated[str, Field(min_length=1)]


class ComparisonOptions(Section):
    """Which recorded runs are compared, and by what."""

    experiment: Name | None = Field(
        default=None,
        description="the MLflow experiment; null: the one of mlflow.yml, that runs are recorded in",
    )
    filter: str = Field(
        default="",
        description="which runs, as on MLflow's page: params.`network.name` = 'convnet'; empty: all",
    )
    status: list[Status] = Field(
        default=["FINISHED"], description="how the runs ended; an empty list: in any way"
    )
    metric: Name | None = Field(
        default=None,
        description="what the runs are ranked by; null: the validation accuracy of the weights that were "
        "kept, and the test accuracy on data where a run has no validation images",
    )
    best: Literal["auto", "highest", "lowest"] = Field(
        default="auto",
        description="which value of the metric is the best; auto: the lowest of losses, errors, the Brier "
        "score and seconds, the highest of everything else",
    )
    most: PositiveInt = Field(default=100, description="runs at most, the latest first")
    repeated_over: list[Name] = Field(
        default=["seed"],
        description="parameters in which runs of one configuration may differ: a mean is taken over them",
    )

    @property
    def lowest_is_best(self) -> bool:
        """Whether a lower value of the metric is better."""
        if self.best != "auto":
            return self.best == "lowest"
        return lowest_is_best(self.metric or "")
