"""What every source of images goes through once its images are in an image dict."""

from image_classification.pipelines.image_source.pipeline import create_pipeline, in_namespace

__all__ = ["create_pipeline", "in_namespace"]
