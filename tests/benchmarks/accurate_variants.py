"""The variants of the recipe `accurate` that were tried, and what varies the strokes of digits in some."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate, max_pool2d

from image_classification.learning.augmentation import build_augmentation
from image_classification.learning.augmentation.geometry import draw_maps
from image_classification.learning.augmentation.options import AugmentationOptions

LONG = {"training.epochs": 30}
THICK = LONG | {"thickness": 0.5}
ELASTIC = LONG | {"elastic": 0.03}
WIDTHS = "network.convnet.widths"
# what each variant changes in the recipe; elastic and thickness are of this search alone
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "30 epochs": LONG,
    "average of the weights": LONG | {"training.average_weights.decay": 0.999},
    "elastic 0.02": LONG | {"elastic": 0.02},
    "elastic 0.03": ELASTIC,
    "elastic 0.05": LONG | {"elastic": 0.05},
    "elastic, thickness": ELASTIC | {"thickness": 0.5},
    "elastic, thickness, average": ELASTIC | {"thickness": 0.5, "training.average_weights.decay": 0.999},
    "elastic, wider moves": ELASTIC
    | {f"augmentation.{key}": value for key, value in {"shift": 0.1, "rotation": 15.0, "scale": 0.15}.items()}
    | {"augmentation.shear": 15.0},
    "elastic, 48-96-192": ELASTIC | {WIDTHS: [48, 96, 192]},
    "elastic, 64-128-256, 15 epochs": ELASTIC | {WIDTHS: [64, 128, 256], "training.epochs": 15},
    "elastic, two convolutions first": ELASTIC | {"network.convnet.depths": [2, 2, 2]},
    "elastic, padding": ELASTIC | {"network.convnet.first_padding": "same"},
    "elastic, dropout 0.3": ELASTIC | {"network.convnet.dropout": 0.3},
    "elastic, erasing 0.3": ELASTIC | {"augmentation.erase": 0.3},
    "elastic, mixup 0.2": ELASTIC | {"augmentation.mixup": 0.2},
    "elastic, smoothing 0.02": ELASTIC | {"loss.cross_entropy.label_smoothing": 0.02},
    "elastic, rate 0.01": ELASTIC | {"optimizer.adamw.lr": 0.01},
    "elastic, weight decay 0.1": ELASTIC | {"optimizer.adamw.weight_decay": 0.1},
    "thickness 0.25": LONG | {"thickness": 0.25},
    "thickness 0.5": THICK,
    "thickness 1": LONG | {"thickness": 1.0},
    "thickness, elastic 0.01": THICK | {"elastic": 0.01},
    "thickness, 45 epochs": THICK | {"training.epochs": 45},
    "thickness, 48-96-192, 20 epochs": THICK | {WIDTHS: [48, 96, 192], "training.epochs": 20},
    "thickness, two convolutions first": THICK | {"network.convnet.depths": [2, 2, 2]},
    "thickness, dropout 0.3": THICK | {"network.convnet.dropout": 0.3},
    "thickness, smaller moves": THICK
    | {f"augmentation.{key}": value for key, value in {"shift": 0.06, "rotation": 8.0, "scale": 0.08}.items()}
    | {"augmentation.shear": 8.0},
    "thickness, scale 0.2": THICK | {"augmentation.scale": 0.2},
    "thickness, weight decay 0.05": THICK | {"optimizer.adamw.weight_decay": 0.05},
    "thickness, batches of 64": THICK | {"training.batch_size": 64},
    "thickness, smoothing 0.05": THICK | {"loss.cross_entropy.label_smoothing": 0.05},
    "thickness, rate 0.003": THICK | {"optimizer.adamw.lr": 0.003},
}


@dataclass(frozen=True)
class Strokes:
    """The recipe's augmentation; and strokes that are bent, and made thicker or thinner.

    elastic: standard deviation of how far each of 5 × 5 places is moved, as a share of the side; between them
        it is interpolated (after P. Simard, D. Steinkraus and J. Platt, 2003).
    thickness: how far at most an image is blended with the largest, or smallest, of each pixel's neighbours.
    """

    options: AugmentationOptions
    elastic: float = 0.0
    thickness: float = 0.0

    @torch.no_grad()
    def __call__(
        self, images: Tensor, labels: Tensor, *, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Vary images (B, 1, H, W) uint8 and their labels."""
        count, _, height, width = images.shape
        options = self.options
        maps = draw_maps(count, height, width, options, generator)[:, :2]
        maps = maps / torch.tensor([[width / 2], [height / 2]])
        rows, columns = (torch.arange(side) - (side - 1) / 2 for side in (height, width))
        grid = (maps[:, :, 1:2] * rows).unsqueeze(3) + (maps[:, :, 0:1] * columns + maps[:, :, 2:]).unsqueeze(
            2
        )
        if self.elastic:
            places = torch.randn(count, 2, 5, 5, generator=generator) * (2 * self.elastic)
            grid = grid + interpolate(places, size=(height, width), mode="bicubic", align_corners=True)
        grid = grid.permute(0, 2, 3, 1).to(images.device)
        varied = grid_sample(images.float(), grid, align_corners=False)
        if self.thickness:
            drawn = torch.empty(count, 1, 1, 1)
            share = drawn.uniform_(-self.thickness, self.thickness, generator=generator).to(images.device)
            thick, thin = max_pool2d(varied, 3, 1, 1), -max_pool2d(-varied, 3, 1, 1)
            varied = varied + share.clamp(min=0) * (thick - varied) - share.clamp(max=0) * (thin - varied)
        off = {"shift": 0.0, "rotation": 0.0, "scale": 0.0, "shear": 0.0}
        others = build_augmentation(options.model_copy(update=off))
        return others(varied, labels, num_classes=10, generator=generator) if others else (varied, labels)
