"""Augmentation: training images varied batch by batch on the device, each image by draws of its own."""

from dataclasses import dataclass

import torch
from torch import Tensor

from image_classification.learning.augmentation.appearance import changes_colour, erase_boxes, vary_colour
from image_classification.learning.augmentation.geometry import (
    draw_flips,
    draw_maps,
    flip,
    moves_pixels,
    warp,
)
from image_classification.learning.augmentation.mixing import draw_partners, draw_shares, mix
from image_classification.learning.augmentation.options import AugmentationOptions


@dataclass(frozen=True)
class Augmentation:
    """Varies whole batches on the device they are on."""

    options: AugmentationOptions

    @torch.no_grad()
    def __call__(
        self, images: Tensor, labels: Tensor, *, num_classes: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Vary a batch: geometry, colour, erasing, mixing; the input is not changed.

        Args:
            images: (B, C, H, W) uint8.
            labels: (B,) int64 class indices or (B, num_classes) float probabilities, on the images' device.
            num_classes: number of classes.
            generator: on the CPU; the same state gives the same result on every device.

        Returns:
            Images (B, C, H, W) float32, still from 0 to 255; and the labels as they were or, after mixup or
            CutMix, (B, num_classes) float32 probabilities.
        """
        options = self.options
        count, _, height, width = images.shape
        if moves_pixels(options):
            maps = draw_maps(count, height, width, options, generator)
            images = warp(images.float(), maps, options.fill)
        elif options.horizontal_flip or options.vertical_flip:
            images = flip(images, *draw_flips(count, options, generator))
        images = images.float()
        if changes_colour(options):
            images = vary_colour(images, options, generator)
        if options.erase:
            images = erase_boxes(images, options.erase, options.erase_area, generator)
        if options.mixup or options.cutmix:
            shares = draw_shares(count, height, width, options.mixup, options.cutmix, generator)
            images, labels = mix(images, labels, shares, draw_partners(count, generator), num_classes)
        return images, labels


def build_augmentation(options: AugmentationOptions) -> Augmentation | None:
    """Build the augmentation that the options describe; None where everything is off."""
    switches = (
        moves_pixels(options),
        options.horizontal_flip,
        options.vertical_flip,
        changes_colour(options),
        options.erase,
        options.mixup,
        options.cutmix,
    )
    return Augmentation(options) if any(switches) else None
