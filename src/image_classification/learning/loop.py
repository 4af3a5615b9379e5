"""The training loop: one for every network, loss and optimizer."""

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Protocol

import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from image_classification.learning.averaging import WeightAverage
from image_classification.learning.batches import Batches, make_order
from image_classification.learning.checkpoints.epoch import Epoch
from image_classification.learning.checkpoints.parts import NO_CHECKPOINTS, Checkpoints, Parts
from image_classification.learning.device import choose_device, keep_freed_memory, synchronize
from image_classification.learning.distributed.team import ALONE, Team
from image_classification.learning.early_stopping import (
    BestWeights,
    EarlyStopping,
    check_there_is_validation,
    end_if_over,
)
from image_classification.learning.fine_tuning.freezing import freeze, set_training_mode
from image_classification.learning.fine_tuning.unfreezing import Unfreezing
from image_classification.learning.losses import Loss
from image_classification.learning.measures import measure
from image_classification.learning.optimizers import lay_out, learning_rate
from image_classification.learning.options import TrainingOptions
from image_classification.learning.progress import BatchListener, BatchReports, TrainingProgress
from image_classification.learning.schedules import Schedule
from image_classification.learning.update import Update, grouped

# Told after every epoch: its number (1, 2, …) and what was measured, for example {"train/loss": 0.1}.
EpochListener = Callable[[int, Mapping[str, float]], None]


class Augment(Protocol):
    """Varies a batch."""

    def __call__(
        self, images: Tensor, labels: Tensor, *, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Map images uint8 and labels to images in 0…255, uint8 or float, and labels."""


def train(  # noqa: PLR0915  (the one screen that shows how a network learns)
    network: nn.Module,
    train_set: TensorDataset,
    validation_set: TensorDataset,
    *,
    criterion: Loss,
    make_optimizer: Callable[[nn.Module], torch.optim.Optimizer],
    make_schedule: Callable[[torch.optim.Optimizer, int], Schedule],
    options: TrainingOptions,
    seed: int,
    augment: Augment | None = None,
    test_set: TensorDataset | None = None,
    on_epoch: Sequence[EpochListener] = (),
    on_batch: Sequence[BatchListener] = (),
    checkpoints: Checkpoints = NO_CHECKPOINTS,
    team: Team = ALONE,
    shown_by: Callable[[int, int, int], TrainingProgress] = TrainingProgress,
) -> pd.DataFrame:
    """Train `network` in place and return its history.

    Args:
        network: takes images (B, C, H, W), uint8 or floats on that scale, and returns logits (B, classes).
        train_set: images (C, H, W) uint8 and labels, int64 or class probabilities (classes,) float.
        validation_set: the same; may be empty, then nothing is validated.
        criterion: the loss.
        make_optimizer: builds the optimizer once the network is on its device.
        make_schedule: builds the learning-rate schedule, given the optimizer and the updates per epoch.
        options: how long, in which portions, on what, and everything else that may be configured.
        seed: with the epoch's number it decides which images are drawn, how they vary, and every dropout.
        augment: varies the training images, batch by batch.
        test_set: to be reported after each epoch; it never chooses anything.
        on_epoch: called after every epoch.
        on_batch: called after every `options.log_every_batches` batches.
        checkpoints: takes them on the way, and may resume a training that was interrupted.
        team: the processes that do the same beside this one, each with its part of every batch.
        shown_by: what a person watches, given the epochs, the batches of each, and the epochs that are done.

    Returns:
        One row per epoch: epoch, train/loss, train/accuracy, validation/loss, validation/accuracy (where
        there was a validation), test/loss, test/accuracy (with a test set), learning_rate (at the epoch's
        start), seconds (of the whole epoch), kept (whether the network has the weights of this epoch).

    Raises:
        UserError: the device is absent, options do not go together, or the loss stopped being a number and
            no earlier epoch is kept.
    """
    check_there_is_validation(options, len(validation_set))
    device = choose_device(options.device)
    keep_freed_memory()
    # channels last is the layout that convolutions are fastest in: 40 % less time on a CPU with AVX-512
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    criterion.to(device)
    freeze(network, options.freeze)
    batches = Batches(train_set, options.batch_size, device, drop_last=options.drop_last)
    batches.check_last(network)
    order = make_order(train_set, options, seed)
    optimizer = make_optimizer(network)
    lay_out(network, optimizer)
    schedule = make_schedule(optimizer, ceil(len(batches) / options.accumulate_batches))
    update = Update(network, criterion, optimizer, device, options, batches, team)
    unfreezing = Unfreezing(network, options.fine_tuning)
    average = WeightAverage(network, options.average_weights.decay, optimizer)
    best, stopping = BestWeights(network, options), EarlyStopping(options.early_stopping)
    history = checkpoints.restore(
        Parts(network, optimizer, schedule, update, average, best, stopping), options.epochs, len(batches)
    )

    with (
        torch.random.fork_rng([device] if device.type == "cuda" else []),
        shown_by(options.epochs, len(batches), len(history)) as progress,
        checkpoints.saving_when_interrupted(),
    ):
        reports = BatchReports(options.log_every_batches, [progress.batch_measured, *on_batch])
        while len(history) < options.epochs and not stopping.is_over:
            epoch = Epoch(len(history) + 1, seed, learning_rate(optimizer), device)
            checkpoints.take_up(epoch)
            number, means = epoch.number, epoch.means
            reports.go_on_after(epoch.drawn)
            update.watch.begin(epoch.drawn)
            unfreezing.begin(number)
            set_training_mode(network, frozen_statistics=options.fine_tuning.frozen_statistics)

            drawn = batches.in_order(order(number), done=epoch.drawn)
            if augment:
                drawn = (augment(*batch, generator=epoch.generator) for batch in drawn)
            for group in grouped(drawn, options.accumulate_batches):
                schedule.before_update()
                loss = update(group, means)
                average.update()
                schedule.after_update()
                epoch.drawn += len(group)
                progress.batch_done(epoch.drawn, means)
                reports.after_update(number, epoch.drawn, loss)
                checkpoints.after_update(epoch, history)

            row = {"train/loss": means.loss, "train/accuracy": means.accuracy}
            with average.applied():
                if number % options.validate_every == 0 or number == options.epochs:
                    row |= measure(network, validation_set, criterion, device, "validation", team)
                row |= measure(network, test_set, criterion, device, "test", team)
                best.remember(number, row)
            schedule.after_epoch(row, has_validation=bool(len(validation_set)))
            synchronize(device)
            row |= {"learning_rate": epoch.learning_rate, "seconds": epoch.seconds}
            history.append({"epoch": number, **row})
            progress.epoch_done(row)
            for listener in on_epoch:
                listener(number, row)
            end_if_over(number, row, options.epochs, best, stopping, progress.say, update.watch)
            checkpoints.after_epoch(history, is_over=stopping.is_over or number == options.epochs)
        if best.restore():
            progress.say(f"Kept the weights of epoch {best.epoch}, the best by {best.metric}.")
        else:
            average.apply()
    return pd.DataFrame(history).assign(kept=lambda rows: rows["epoch"] == (best.epoch or len(rows)))
