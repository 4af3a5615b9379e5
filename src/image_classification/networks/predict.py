"""Run a network over a whole set of images."""

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset


@torch.inference_mode()
def predict_logits(
    network: nn.Module, dataset: TensorDataset, *, batch_size: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return the logits (N, classes) float32 and labels (N,) int64 of all images, on the CPU.

    The network computes in evaluation mode (no dropout, fixed batch statistics) and float32, and is left in
    the mode in which it came.
    """
    was_training = network.training
    network.eval()
    logits, labels = [], []
    for indices in torch.arange(len(dataset)).split(batch_size):
        batch, batch_labels = dataset[indices]
        logits.append(network(batch.to(device, non_blocking=True)).float())  # (B, classes)
        labels.append(batch_labels)
    network.train(was_training)
    return torch.cat(logits).cpu(), torch.cat(labels)
