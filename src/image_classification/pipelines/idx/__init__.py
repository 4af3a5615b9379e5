"""Data sets in MNIST's format, from their archives to the datasets for torch."""

from image_classification.pipelines.idx.pipeline import create_pipeline

__all__ = ["create_pipeline"]
