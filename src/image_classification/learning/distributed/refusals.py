"""What cannot be shared between processes, refused before anything starts."""

import torch
from torch import nn
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.learning.device import choose_device
from image_classification.learning.distributed.batch_norm import other_batch_norms
from image_classification.learning.distributed.options import DistributedOptions, node_limits
from image_classification.learning.fine_tuning.freezing import freeze, set_training_mode
from image_classification.learning.fine_tuning.options import FineTuningOptions
from image_classification.learning.losses import Loss
from image_classification.learning.losses.distillation import Distillation
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import TrainingOptions

_IMAGES = 4  # that a loss is tried on


def require_what_can_be_shared(
    network: nn.Module,
    criterion: Loss,
    train_set: TensorDataset,
    optimizer: OptimizerOptions,
    training: TrainingOptions,
    num_classes: int,
) -> None:
    """Refuse what would come to another result, or to none, if several processes shared the batches.

    Args:
        network: that is to be trained.
        criterion: the loss.
        train_set: images (C, H, W) and labels, or features.
        optimizer: which one.
        training: the options.
        num_classes: number of classes.

    Raises:
        UserError: naming what it is, why, and what to do.
    """
    off = f"or train in one process: {DistributedOptions.setting(processes_per_node=1, nodes=1)}"
    if optimizer.name == "lbfgs":
        raise UserError(
            "The optimizer lbfgs asks for the loss of all images again and again within an update, which "
            "several processes cannot share. Choose another one "
            f"({OptimizerOptions.setting(name='adam')}), {off}"
        )
    _require_devices(training)
    freeze(network, training.freeze)
    set_training_mode(network, frozen_statistics=training.fine_tuning.frozen_statistics)
    if others := other_batch_norms(network):
        raise UserError(
            f"The network normalises by the statistics of batches in layers of the kind {', '.join(others)}, "
            "which see one process's part of a batch alone. Freeze their statistics "
            f"({FineTuningOptions.setting(frozen_statistics=True)}), {off}"
        )
    if not is_mean_of_images(criterion, train_set, num_classes):
        raise UserError(
            f"The loss {type(criterion).__name__} of a batch is not the mean of its images' losses, so the "
            f"parts of a batch do not add up to it. Choose another loss, {off}"
        )
    if node_limits(training.distributed.nodes)[1] > 1 and any(
        isinstance(each, Distillation) for each in criterion.modules()
    ):
        raise UserError(
            f"The teacher ({Distillation.Options.named('teacher')}) is a file of this machine, which others "
            f"do not have. Train with processes of this machine alone "
            f"({DistributedOptions.setting(nodes=1, processes_per_node=2)}), or without a teacher."
        )


def _require_devices(training: TrainingOptions) -> None:
    device = choose_device(training.device)
    processes = training.distributed.processes_per_node
    option = DistributedOptions.named("processes_per_node")
    if device.type not in ("cpu", "cuda"):
        raise UserError(
            f"Several processes train on the CPU or on CUDA devices, and the device is {device.type} "
            f"({TrainingOptions.named('device')}). Make it cpu, or leave {option} at 1."
        )
    if device.type == "cuda" and (processes > torch.cuda.device_count() or device.index is not None):
        raise UserError(
            f"Each process trains on a CUDA device of its own: {option} is {processes}, and there are "
            f"{torch.cuda.device_count()}; {TrainingOptions.named('device')} is {training.device}, and "
            "has to be auto or cuda."
        )


@torch.no_grad()
def is_mean_of_images(criterion: Loss, train_set: TensorDataset, num_classes: int) -> bool:
    """Tell whether a loss is the mean of what it is for each image, by trying it on a few of them."""
    images, labels = train_set[torch.arange(min(_IMAGES, len(train_set)))]
    if len(labels) < 2:
        return True
    logits = torch.randn((len(labels), num_classes), generator=torch.Generator().manual_seed(0))

    def loss_of(part: slice) -> float:
        return criterion.while_training(logits[part], labels[part], images[part]).item()

    each = [loss_of(slice(place, place + 1)) for place in range(len(labels))]
    whole = torch.tensor(loss_of(slice(0, len(labels))))
    return torch.allclose(whole, torch.tensor(each).mean(), rtol=1e-3, atol=1e-5)
