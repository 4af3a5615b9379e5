"""Search: parameters are drawn, trained with, and compared by the validation images."""

from image_classification.pipelines.search.pipeline import create_pipeline

__all__ = ["create_pipeline"]
