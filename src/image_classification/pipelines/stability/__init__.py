"""Stability: the same configuration with several seeds, and how much of its result is luck."""

from image_classification.pipelines.stability.pipeline import create_pipeline

__all__ = ["create_pipeline"]
