"""Which optimizer updates the weights.

Options of torch objects keep torch's own names and meaning, so that its documentation applies to them:
https://docs.pytorch.org/docs/stable/optim.html
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from image_classification.parameters.choices import Choice
from image_classification.parameters.kinds import Betas, ModellingSection, NotNegative, Positive


class AdamParameters(ModellingSection):
    """torch.optim.Adam"""

    lr: Positive = Field(default=1e-3, description="Learning rate; a schedule may change it on the way.")
    betas: Betas = Field(
        default=(0.9, 0.999), description="Decay of the running means of the gradient and of its square."
    )
    eps: Positive = Field(default=1e-8, description="Added to the denominator against division by zero.")
    weight_decay: NotNegative = Field(default=0.0, description="L2 penalty on the weights.")
    amsgrad: bool = Field(default=False, description="Keep the maximum of the squared gradients' means.")


class AdamWParameters(AdamParameters):
    """torch.optim.AdamW"""

    weight_decay: NotNegative = Field(default=1e-2, description="Weight decay, decoupled from the gradient.")


class SGDParameters(ModellingSection):
    """torch.optim.SGD"""

    lr: Positive = Field(default=1e-3, description="Learning rate; a schedule may change it on the way.")
    momentum: NotNegative = Field(default=0.0, description="Share of the last step that is kept.")
    dampening: NotNegative = Field(default=0.0, description="Share of the gradient that momentum leaves out.")
    weight_decay: NotNegative = Field(default=0.0, description="L2 penalty on the weights.")
    nesterov: bool = Field(default=False, description="Nesterov's momentum; needs momentum, no dampening.")

    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> Self:
        if self.nesterov and (self.momentum == 0.0 or self.dampening != 0.0):
            raise ValueError("expected a momentum above 0 and a dampening of 0 where nesterov is true")
        return self


class OptimizerParameters(Choice):
    """Which optimizer updates the weights, and with which options."""

    name: Literal["adam", "adamw", "sgd"] = Field(default="adam", description="The optimizer to use.")
    adam: AdamParameters = Field(default=AdamParameters(), description="Options of torch.optim.Adam.")
    adamw: AdamWParameters = Field(default=AdamWParameters(), description="Options of torch.optim.AdamW.")
    sgd: SGDParameters = Field(default=SGDParameters(), description="Options of torch.optim.SGD.")
