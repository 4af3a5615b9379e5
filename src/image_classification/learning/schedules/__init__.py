"""Which schedule the learning rate follows: chosen by name, built for an optimizer and a length."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import Field, model_validator
from torch.optim import Optimizer, Rprop

from image_classification.errors import UserError
from image_classification.learning.schedules.schedule import Schedule
from image_classification.learning.schedules.torch_schedulers import PER_UPDATE, SCHEDULERS
from image_classification.options import CountOrZero, Factor, ModellingSection, NotNegative
from image_classification.registry import Choice

__all__ = ["SCHEDULERS", "Schedule", "ScheduleOptions", "WarmupOptions", "build_schedule"]


class WarmupOptions(ModellingSection):
    """A straight rise of the learning rate to that of the schedule, which goes on underneath meanwhile."""

    epochs: NotNegative = Field(default=0.0, description="Length in epochs, such as 0.5; 0: no warm-up.")
    updates: CountOrZero = Field(
        default=0, description="Length in updates of the weights, instead of epochs."
    )
    start_factor: Factor = Field(
        default=0.01, description="The first learning rate is the schedule's times this."
    )

    @classmethod
    def without_effect(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """Where a warm-up starts that has no length."""
        has_length = values.get("epochs") or values.get("updates")
        return frozenset() if has_length else frozenset({"start_factor"})

    @model_validator(mode="after")
    def _has_one_length(self) -> Self:
        if self.epochs and self.updates:
            raise ValueError("expected a length in epochs or in updates, not both")
        return self


class ScheduleOptions(Choice, of=SCHEDULERS, default="constant"):
    """How the learning rate changes while training."""

    warmup: WarmupOptions = Field(
        default=WarmupOptions(), description="Rise of the learning rate at the beginning."
    )


def build_schedule(schedule: ScheduleOptions, optimizer: Optimizer, *, epochs: int, updates: int) -> Schedule:
    """Build the schedule that is named for a training of `epochs` epochs of `updates` updates each.

    Raises:
        UserError: torch refuses an option, or this optimizer.
    """
    name, options, warmup = schedule.name, schedule.options, schedule.warmup
    kind, scheduler = SCHEDULERS[name], None
    if isinstance(optimizer, Rprop) and (name != "constant" or warmup.epochs or warmup.updates):
        raise UserError(
            "The optimizer rprop sets the step of each weight by itself and takes no learning rate but the "
            "first: a schedule or a warm-up would change nothing. "
            f"Set {ScheduleOptions.named('name')}=constant, without a warm-up, or choose another optimizer."
        )
    rates = [group["lr"] for group in optimizer.param_groups]
    filled_in = _what_depends(name, options, rates, epochs, updates)
    # ten times as many: halves of one and of two epochs are the same
    is_drawn_out = filled_in != _what_depends(name, options, rates, 10 * epochs, updates)
    if kind is not None:
        options |= filled_in
        try:
            scheduler = kind(optimizer, **options)
        except ValueError as error:
            raise UserError(
                f"The schedule {name} cannot be used: {error}. "
                f"Change {ScheduleOptions.named(name)}, which is {options}, or the optimizer."
            ) from error
    return Schedule(
        optimizer,
        scheduler,
        per_update=name in PER_UPDATE,
        warmup_updates=warmup.updates or round(warmup.epochs * updates),
        start_factor=warmup.start_factor,
        spans=epochs if is_drawn_out else None,
    )


def _what_depends(
    name: str, options: Mapping[str, Any], rates: Sequence[float], epochs: int, updates: int
) -> dict[str, Any]:
    """Fill in options that are null by the optimizer's rates or the length of the training.

    The rates are those of groups of parameters: the first is that of the options, others are shares of it.
    """
    match name:
        case "one_cycle":
            return {"max_lr": list(rates), "total_steps": epochs * updates}
        case "cyclic":
            highest, lowest = options.get("max_lr") or rates[0], options.get("base_lr")
            lowest = highest / 10 if lowest is None else lowest
            shares = [rate / rates[0] for rate in rates]
            return {
                "max_lr": [highest * share for share in shares],
                "base_lr": [lowest * share for share in shares],
            }
        case "multi_step":
            halves = sorted({max(1, epochs // 2), max(1, epochs * 3 // 4)})
            return {"milestones": options.get("milestones") or halves}
        case "cosine":
            return {"T_max": options.get("T_max") or epochs}
        case "linear" | "polynomial":
            return {"total_iters": options.get("total_iters") or epochs}
    return {}
