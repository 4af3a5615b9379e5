"""The command line of the real project."""

from image_classification.cli import cli, run

__all__ = ["cli", "run"]
