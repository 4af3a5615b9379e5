"""Learning-rate schedules by name, with torch's own option names, and the warm-up before any of them."""

from collections.abc import Callable, Mapping
from typing import Any

from torch.optim import Optimizer, Rprop
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from image_classification.errors import UserError
from image_classification.parameters.schedule import PER_UPDATE, SCHEDULERS, WarmupParameters


class Schedule:
    """A learning-rate schedule that knows when it wants to be stepped.

    A warm-up multiplies what the schedule says, which goes on underneath. Torch's schedulers calculate the
    next rate from the one that the optimizer holds, so the factor is taken away before each of their steps.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        scheduler: LRScheduler | None = None,
        *,
        per_update: bool = False,
        warmup_updates: int = 0,
        start_factor: float = 1.0,
    ) -> None:
        self._optimizer = optimizer
        self._scheduler = scheduler
        self._per_update = per_update
        self._warmup_updates = warmup_updates
        self._start_factor = start_factor
        self._updates = 0
        self._rates = self._held_rates()
        self._apply()

    def after_update(self) -> None:
        """Step what moves with every update of the weights."""
        self._updates += 1
        if self._per_update and self._scheduler:
            self._step(self._scheduler.step)
        elif self._updates <= self._warmup_updates:
            self._apply()

    def after_epoch(self, row: Mapping[str, float], *, has_validation: bool) -> None:
        """Step what moves with every epoch; a plateau is one of the validation loss, if there is any.

        Args:
            row: what was measured in the epoch.
            has_validation: whether the training is validated, be it not after each epoch.
        """
        if self._per_update or self._scheduler is None:
            return
        if not isinstance(self._scheduler, ReduceLROnPlateau):
            self._step(self._scheduler.step)
            return
        loss = row.get("validation/loss" if has_validation else "train/loss")
        if loss is not None:
            scheduler = self._scheduler
            self._step(lambda: scheduler.step(loss))

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


def build_schedule(
    name: str,
    optimizer: Optimizer,
    *,
    epochs: int,
    updates: int,
    warmup: WarmupParameters | None = None,
    **options: Any,
) -> Schedule:
    """Build the schedule called `name` for a training of `epochs` epochs of `updates` updates each.

    Raises:
        UserError: torch refuses an option, or this optimizer.
    """
    warmup = warmup or WarmupParameters()
    scheduler = None
    if isinstance(optimizer, Rprop) and (name != "constant" or warmup.epochs or warmup.updates):
        raise UserError(
            "The optimizer rprop sets the step of each weight by itself and takes no learning rate but the "
            "first: a schedule or a warm-up would change nothing. Set modelling.schedule.name=constant, "
            "without a warm-up, or choose another optimizer."
        )
    if name != "constant":
        options |= _what_depends(name, options, optimizer.param_groups[0]["lr"], epochs, updates)
        try:
            scheduler = SCHEDULERS[name](optimizer, **options)
        except ValueError as error:
            raise UserError(
                f"The schedule {name} cannot be used: {error}. "
                f"Change modelling.schedule.{name}, which is {options}, or the optimizer."
            ) from error
    return Schedule(
        optimizer,
        scheduler,
        per_update=name in PER_UPDATE,
        warmup_updates=warmup.updates or round(warmup.epochs * updates),
        start_factor=warmup.start_factor,
    )


def _what_depends(
    name: str, options: Mapping[str, Any], rate: float, epochs: int, updates: int
) -> dict[str, Any]:
    """Options that depend on the optimizer's rate or on the length of the training, where they are null."""
    match name:
        case "one_cycle":
            return {"max_lr": rate, "total_steps": epochs * updates}
        case "cyclic":
            highest, lowest = options.get("max_lr") or rate, options.get("base_lr")
            return {"max_lr": highest, "base_lr": highest / 10 if lowest is None else lowest}
        case "multi_step":
            halves = sorted({max(1, epochs // 2), max(1, epochs * 3 // 4)})
            return {"milestones": options.get("milestones") or halves}
        case "cosine":
            return {"T_max": options.get("T_max") or epochs}
        case "linear" | "polynomial":
            return {"total_iters": options.get("total_iters") or epochs}
    return {}
