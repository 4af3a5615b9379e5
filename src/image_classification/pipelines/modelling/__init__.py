"""From image sets to a trained network and its test metrics."""

from image_classification.pipelines.modelling.pipeline import create_pipeline

__all__ = ["create_pipeline"]
