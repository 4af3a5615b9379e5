"""The command `check-deployment`: whether a pipeline can run as tasks, each in a process of its own."""

from image_classification.cli.deployment.command import check_deployment

__all__ = ["check_deployment"]
