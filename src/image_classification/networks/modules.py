"""Modules that networks are put together from: dropout that costs little on a CPU; a body and its head."""

from typing import Self

import torch
from torch import Tensor, nn

from image_classification.networks.first_weights import PretrainedWeights

_VALUES = 2**16  # of the 16 random bits that decide about each feature


class Dropout(nn.Dropout):
    """`torch.nn.Dropout`, drawing four features' fates from one 64-bit number where it computes on a CPU.

    torch draws a number per feature there, which took a fifth of a training step of the feed-forward recipe;
    this takes a twentieth. The share that is dropped is the multiple of 1/65,536 nearest to p, and what is
    left is divided by that very share of it, so the expected value stays as it is.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Zero a share of the features (any shape, float) while training, and enlarge the others."""
        dropped = round(self.p * _VALUES)
        if not self.training or features.device.type != "cpu" or dropped in (0, _VALUES):
            return super().forward(features)
        count = features.numel()
        bits = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
        values = bits.view(torch.int16)[:count].view(features.shape)  # -32,768 … 32,767, each as likely
        # as floats, since torch compares small integers five times as slowly
        mask = values.float().ge_(dropped - _VALUES // 2).mul_(_VALUES / (_VALUES - dropped))
        return features * mask.to(features.dtype)


class FeaturesAndHead(nn.Module):
    """A body and a head, one after the other; the body may be frozen.

    A frozen body keeps its weights (they require no gradient) and always computes as in evaluation: dropout
    is off and batch normalisation uses, and keeps, the statistics it came with. So its features are a
    function of the image alone, and may be computed once instead of in every epoch
    (`learning.fine_tuning.features.features_once`).

    Args:
        features: maps images (B, C, H, W) float to features (B, ...) float.
        head: maps those features to logits (B, classes) float.
        freeze_body: train the head alone.
        pretrained: where the weights of the body came from; None if they are drawn.
    """

    def __init__(
        self,
        features: nn.Module,
        head: nn.Module,
        *,
        freeze_body: bool = False,
        pretrained: PretrainedWeights | None = None,
    ) -> None:
        super().__init__()
        self.pretrained = pretrained
        self.features = features
        self.head = head
        self.body_is_frozen = freeze_body
        if freeze_body:
            features.requires_grad_(False).eval()

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) float to logits (B, classes) float."""
        logits: Tensor = self.head(self.features(images))
        return logits

    def train(self, mode: bool = True) -> Self:
        """Enter or leave training mode; a frozen body stays in evaluation mode."""
        super().train(mode)
        if self.body_is_frozen:
            self.features.eval()
        return self
