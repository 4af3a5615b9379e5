"""From what a run measured to the figures and documents that a person looks at."""

from image_classification.pipelines.reporting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
