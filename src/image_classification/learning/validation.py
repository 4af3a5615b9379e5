"""Loss and accuracy on images that the network does not learn from."""

import torch
from torch import nn
from torch.utils.data import TensorDataset

from image_classification.evaluation.predict import predict_logits
from image_classification.learning.losses import Loss
from image_classification.learning.running_means import num_correct


def measure(
    network: nn.Module, dataset: TensorDataset | None, criterion: Loss, device: torch.device, split: str
) -> dict[str, float]:
    """Measure a set of images, every image weighing the same.

    Returns:
        {split}/loss and {split}/accuracy, such as validation/loss; nothing if there are no images.
    """
    if dataset is None or not len(dataset):
        return {}
    logits, labels = predict_logits(network, dataset, batch_size=1000, device=device)
    with torch.inference_mode():
        # where the criterion is: it may hold weights of the classes
        loss = criterion(logits.to(device), labels.to(device)).item()
    return {f"{split}/loss": loss, f"{split}/accuracy": num_correct(logits, labels).item() / len(labels)}
