"""Augmentation: training images varied batch by batch on the device, each image by draws of its own."""

from image_classification.learning.augmentation.augmentation import Augmentation, build_augmentation

__all__ = ["Augmentation", "build_augmentation"]
