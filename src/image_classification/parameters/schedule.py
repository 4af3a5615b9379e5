"""How the learning rate changes while training."""

from typing import Literal

from pydantic import Field

from image_classification.parameters.choices import Choice
from image_classification.parameters.kinds import ModellingSection, Positive


class ConstantParameters(ModellingSection):
    """The learning rate of the optimizer, unchanged from first to last batch; there is nothing to set."""


class OneCycleParameters(ModellingSection):
    """torch.optim.lr_scheduler.OneCycleLR, stepped after every batch; its max_lr is the optimizer's lr."""

    pct_start: float = Field(
        default=0.3, gt=0.0, lt=1.0, description="Share of the training in which the learning rate rises."
    )
    anneal_strategy: Literal["cos", "linear"] = Field(
        default="cos", description="The curve along which the learning rate rises and falls."
    )
    div_factor: Positive = Field(default=25.0, description="The first learning rate is lr / div_factor.")
    final_div_factor: Positive = Field(
        default=1e4, description="The last learning rate is lr / div_factor / final_div_factor."
    )
    three_phase: bool = Field(default=False, description="Fall as fast as it rose, then die out.")
    cycle_momentum: bool = Field(
        default=False,
        description="Move momentum (or the first beta) between 0.95 and 0.85 opposite to the learning rate.",
    )


class StepParameters(ModellingSection):
    """torch.optim.lr_scheduler.StepLR, stepped after every epoch."""

    step_size: int = Field(default=10, ge=1, description="Epochs between two changes of the learning rate.")
    gamma: Positive = Field(default=0.1, description="What the learning rate is multiplied with.")


class ScheduleParameters(Choice):
    """How the learning rate changes while training."""

    name: Literal["constant", "one_cycle", "step"] = Field(
        default="constant", description="The schedule of the learning rate."
    )
    constant: ConstantParameters = Field(default=ConstantParameters(), description="Nothing to set.")
    one_cycle: OneCycleParameters = Field(
        default=OneCycleParameters(), description="Options of OneCycleLR, per batch."
    )
    step: StepParameters = Field(
        default=StepParameters(), description="Options of StepLR, stepped per epoch."
    )
