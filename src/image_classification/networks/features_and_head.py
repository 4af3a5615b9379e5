"""A network in two parts: a body that finds features and a head that tells the classes apart by them."""

from typing import Self

from torch import Tensor, nn


class FeaturesAndHead(nn.Module):
    """A body and a head, one after the other; the body may be frozen.

    A frozen body keeps its weights (they require no gradient) and always computes as in evaluation: dropout
    is off and batch normalisation uses, and keeps, the statistics it came with. So its features are a
    function of the image alone, and may be computed once instead of in every epoch
    (`learning.frozen_features`).

    Args:
        features: maps images (B, C, H, W) float to features (B, ...) float.
        head: maps those features to logits (B, classes) float.
        freeze_body: train the head alone.
    """

    def __init__(self, features: nn.Module, head: nn.Module, *, freeze_body: bool = False) -> None:
        super().__init__()
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
