"""The pipeline `inference`: new images, classified, and compared with their classes where these are known."""

from image_classification.pipelines.inference.pipeline import create_pipeline

__all__ = ["create_pipeline"]
