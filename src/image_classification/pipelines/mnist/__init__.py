"""MNIST, from its archives to the datasets for torch."""

from image_classification.pipelines.mnist.pipeline import create_pipeline

__all__ = ["create_pipeline"]
