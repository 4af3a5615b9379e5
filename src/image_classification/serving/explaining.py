"""Which pixels an answer depends on, as a picture to be laid over the image."""

import base64
import io
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from image_classification.evaluation.figures.saliency import saliency
from image_classification.serving.model import ServedModel

METHOD = (
    "SmoothGrad: the mean of how strongly the logit reacts to each pixel, over copies of the image with "
    "noise (D. Smilkov et al., 2017, arXiv:1706.03825)"
)
_COPIES = 16
_NOISE = 0.15  # deviation, as a part of the range of the image's pixels: 0.1 to 0.2 in the article
_COLOUR = (255, 80, 0)
_WHITE = 255


def explain(model: ServedModel, image: Tensor, place: int | None = None) -> dict[str, Any]:
    """Show which pixels the logit of a class depends on.

    Args:
        model: the network; views are left aside.
        image: (C, H, W) uint8.
        place: number of the class; None: the most probable one.

    Returns:
        label (of the class), picture (what the network sees) and heat (to be laid over it), both data URLs
        of PNG files of the network's size, and method.
    """
    network, device = model.network, model.predictor.device
    if place is None:
        place = int(model.predictor.probabilities(image[None])[0].argmax())
    copies = _with_noise(image).to(device)
    strengths = saliency(network, copies, torch.full((len(copies),), place, device=device))
    mean = strengths.mean(dim=0).cpu()  # (H, W)
    strength = (mean / mean.max().clamp_min(torch.finfo(mean.dtype).tiny)).numpy()
    pixels = image.permute(1, 2, 0).numpy()
    return {
        "label": model.description.class_names[place],
        "picture": _data_url(pixels[..., 0] if pixels.shape[2] == 1 else pixels),
        "heat": _data_url(_heat(strength)),
        "method": METHOD,
    }


def _with_noise(image: Tensor) -> Tensor:
    """Return copies (N, C, H, W) uint8 with noise, the same for every image."""
    noise = torch.randn((_COPIES, *image.shape), generator=torch.Generator().manual_seed(0))
    spread = float(image.max()) - float(image.min())
    return (image.float() + _NOISE * spread * noise).round().clamp(0, _WHITE).to(torch.uint8)


def _heat(strength: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    heat = np.empty((*strength.shape, 4), dtype=np.uint8)
    heat[..., :3] = _COLOUR
    heat[..., 3] = np.rint(_WHITE * 0.85 * strength)
    return heat


def _data_url(pixels: npt.NDArray[np.uint8]) -> str:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
