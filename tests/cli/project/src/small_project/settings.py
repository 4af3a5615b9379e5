"""The settings of the real project."""

from image_classification.settings import CONFIG_LOADER_ARGS, CONFIG_LOADER_CLASS, HOOKS

__all__ = ["CONFIG_LOADER_ARGS", "CONFIG_LOADER_CLASS", "HOOKS"]
