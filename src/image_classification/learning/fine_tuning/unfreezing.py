"""Stages of a body that begin to learn one after the other, the last first.

Source: J. Howard and S. Ruder, "Universal Language Model Fine-tuning for Text Classification", 2018.
"""

from torch import nn

from image_classification.learning.fine_tuning.options import FineTuningOptions
from image_classification.learning.fine_tuning.rates import stages_of


class Unfreezing:
    """Says before each epoch which parameters learn in it; those that are frozen for good stay so.

    Args:
        network: a classifier, as it is to be trained in the end.
        options: how many epochs the last layer is alone, and how many lie between two stages.

    Raises:
        UserError: the network has no body beside its last layer.
    """

    def __init__(self, network: nn.Module, options: FineTuningOptions) -> None:
        self._first_epochs: dict[nn.Parameter, int] = {}
        if not options.head_epochs and not options.epochs_per_stage:
            return
        there = stages_of(network, "head_epochs" if options.head_epochs else "epochs_per_stage")
        learning = [stage for stage in there if any(each.requires_grad for each in stage)]
        for place, stage in enumerate(reversed(learning)):
            first = options.head_epochs + 1 + place * options.epochs_per_stage
            self._first_epochs |= {each: first for each in stage if each.requires_grad}

    def begin(self, epoch: int) -> None:
        """Let what learns in this epoch (1, 2, …) learn, and nothing else of the body."""
        for parameter, first in self._first_epochs.items():
            parameter.requires_grad = epoch >= first
            if epoch < first:
                parameter.grad = None
