"""Cross-validation: how good a configuration is, measured on every image that it may learn from."""

from image_classification.pipelines.cross_validation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
