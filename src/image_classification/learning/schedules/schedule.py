"""A learning rate that changes while training, with a warm-up before."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from image_classification.errors import UserError

LARGEST_RATE = 3e38  # of float32


class Schedule:
    """A learning-rate schedule that knows when it wants to be stepped.

    A warm-up multiplies what the schedule says, which goes on underneath. Torch's schedulers calculate the
    next rate from the one that the optimizer holds, so the factor is taken away before each of their steps.

    Attributes:
        spans: epochs of the training that the schedule is drawn out over; None if it does not depend on that.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        scheduler: LRScheduler | None = None,
        *,
        per_update: bool = False,
        warmup_updates: int = 0,
        start_factor: float = 1.0,
        spans: int | None = None,
    ) -> None:
        self.spans = spans
        self._optimizer = optimizer
        self._scheduler = scheduler
        self._per_update = per_update
        self._warmup_updates = warmup_updates
        self._start_factor = start_factor
        self._updates = 0
        self._epochs = 0
        self._first_groups = [_without_parameters(group) for group in optimizer.param_groups]
        self._rates = self._held_rates()
        self._apply()

    def before_update(self) -> None:
        """Refuse a rate that cannot be used. What follows the last update is none: a cycle is over there.

        Raises:
            UserError: the schedule has brought the rate to an impossible number.
        """
        for rate in self._rates:
            if not 0 <= rate <= LARGEST_RATE:
                raise UserError(
                    f"The schedule brings the learning rate to {float(rate):g}, beyond numbers of 32 bits. "
                    "Change the schedule's factors, or the optimizer's lr."
                )

    def after_update(self) -> None:
        """Step what moves with every update of the weights."""
        self._updates += 1
        if self._per_update and self._scheduler:
            self._step(self._scheduler.step)
        elif self._updates <= self._warmup_updates:
            self._apply()

    def after_epoch(self, row: Mapping[str, float], *, has_validation: bool) -> None:
        """Step what moves with every epoch; a plateau is judged by the validation loss, if there is one.

        Args:
            row: what was measured in the epoch.
            has_validation: whether the training is validated, even if not after each epoch.
        """
        self._epochs += 1
        if self._per_update or self._scheduler is None:
            return
        if not isinstance(self._scheduler, ReduceLROnPlateau):
            self._step(self._scheduler.step)
            return
        loss = row.get("validation/loss" if has_validation else "train/loss")
        if loss is not None:
            scheduler = self._scheduler
            self._step(lambda: scheduler.step(loss))

    def state_dict(self) -> dict[str, Any]:
        """Return where the schedule is; the rates themselves are in the optimizer's state, too."""
        moving = self._scheduler.state_dict() if self._scheduler else {}
        return {
            "spans": self.spans,
            "updates": self._updates,
            "epochs": self._epochs,
            "rates": self._rates,
            # tables and functions of a scheduler are its options, which it has anyway
            "scheduler": {
                name: value
                for name, value in moving.items()
                if value is None or isinstance(value, bool | int | float | str | list)
            },
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where another schedule was, once the optimizer has the state that belongs to it.

        A schedule that is drawn out over another number of epochs goes to the place that it would have
        reached by itself, and gives the optimizer the rate that it would have there.
        """
        if state["spans"] != self.spans:
            self._advance(state["updates"], state["epochs"])
            return
        self._updates, self._epochs = state["updates"], state["epochs"]
        self._rates = list(state["rates"])
        if self._scheduler:
            self._scheduler.load_state_dict(dict(state["scheduler"]))
            # it did step, before the interruption: torch would warn of a schedule that goes before it
            self._optimizer._opt_called = True  # type: ignore[attr-defined]

    def _advance(self, updates: int, epochs: int) -> None:
        """Step from the beginning so often."""
        for group, first in zip(self._optimizer.param_groups, self._first_groups, strict=True):
            group.update(first)
        with warnings.catch_warnings():
            # of steps that no step of the optimizer came before
            warnings.simplefilter("ignore", UserWarning)
            for _ in range(updates):
                self.after_update()
            for _ in range(epochs):
                self.after_epoch({}, has_validation=False)

    def _step(self, step: Callable[[], None]) -> None:
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate
        step()
        self._rates = self._held_rates()
        self._apply()

    def _apply(self) -> None:
        if self._updates > self._warmup_updates or not self._warmup_updates:
            return
        factor = self._start_factor + (1 - self._start_factor) * self._updates / self._warmup_updates
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor

    def _held_rates(self) -> list[float]:
        return [group["lr"] for group in self._optimizer.param_groups]


def _without_parameters(group: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group.items() if name != "params"}
