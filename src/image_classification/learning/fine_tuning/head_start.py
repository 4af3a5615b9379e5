"""A last layer that fits the body before both are trained together.

A drawn head sends large and senseless gradients into a trained body, and spoils what it knows; one that has
been fitted to its features does not.

Source: A. Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution",
2022.
"""

import torch
from torch import Tensor, nn

from image_classification.errors import UserError
from image_classification.learning.fine_tuning.options import FineTuningOptions
from image_classification.networks.classifier import Classifier
from image_classification.networks.modules import FeaturesAndHead

# the inverse of how strongly large weights are avoided; of 0.01 to 10 on photographs all did about as well
_C = 0.1
_ITERATIONS = 1000


def last_layer(network: Classifier) -> nn.Linear:
    """Return the linear layer that ends a network of body and head.

    Raises:
        UserError: it has none.
    """
    body = network.body
    layers = list(body.head.modules()) if isinstance(body, FeaturesAndHead) else []
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    if len(linear) != 1:
        raise UserError(
            f"{FineTuningOptions.named('head_start')} is for networks of a body and one linear last layer, "
            "which may start from trained weights: those of timm and most of torchvision. Choose one of "
            "them, or leave it out."
        )
    return linear[0]


@torch.no_grad()
def fit_last_layer(layer: nn.Linear, features: Tensor, labels: Tensor) -> None:
    """Fit a linear layer to features by logistic regression; classes without images stay as they are.

    Args:
        layer: (features) to (classes).
        features: (N, features) float32.
        labels: (N,) int64, or (N, classes) probabilities, of which the highest counts.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  (over a second, for those who use it)

    classes = labels.argmax(dim=1) if labels.ndim == 2 else labels
    if len(classes.unique()) < 2:
        return
    fitted = LogisticRegression(C=_C, max_iter=_ITERATIONS).fit(features.flatten(1).numpy(), classes.numpy())
    weight, bias = torch.from_numpy(fitted.coef_), torch.from_numpy(fitted.intercept_)
    if len(weight) == 1:  # of two classes the second alone is described
        weight, bias = torch.cat([-weight / 2, weight / 2]), torch.cat([-bias / 2, bias / 2])
    rows = torch.from_numpy(fitted.classes_).to(layer.weight.device)
    layer.weight[rows] = weight.to(layer.weight)
    layer.bias[rows] = bias.to(layer.bias)
