"""Which pixels the answer of a network depends on most."""

import torch
from torch import Tensor

from image_classification.networks.classifier import Classifier


def saliency(classifier: Classifier, images: Tensor, classes: Tensor | None = None) -> Tensor:
    """Return how strongly the logit of a class reacts to each pixel (Simonyan, Vedaldi, Zisserman 2013).

    That is the absolute gradient of the logit with respect to the normalised image, in the channel where it
    is largest. The network is in evaluation mode meanwhile, and then in the mode that it had.

    Args:
        classifier: on the device of the images.
        images: (N, C, H, W) uint8.
        classes: (N,) int64, whose logits are meant; by default the most probable class of each image.

    Returns:
        (N, H, W) float32 from 0 to 1, where 1 is the strongest pixel of each image.
    """
    was_training = classifier.training
    classifier.eval()
    with torch.enable_grad():
        pixels = classifier.normalise(images).detach().requires_grad_()  # (N, C, H, W)
        logits = classifier.body(pixels)  # (N, classes)
        chosen = logits.argmax(dim=1) if classes is None else classes  # (N,)
        # an image's logits depend on no other image, so the gradient of the sum is the gradient of each
        (gradient,) = torch.autograd.grad(logits.gather(1, chosen[:, None]).sum(), pixels)
    classifier.train(was_training)
    strength: Tensor = gradient.abs().amax(dim=1)  # (N, H, W)
    strongest = strength.amax(dim=(1, 2), keepdim=True)  # (N, 1, 1)
    return strength / strongest.clamp_min(torch.finfo(strength.dtype).tiny)
