"""Classifying new images with the network that was trained last."""

from image_classification.pipelines.inference.pipeline import create_pipeline

__all__ = ["create_pipeline"]
