"""A person's own images, from their folder to the datasets for torch."""

from image_classification.pipelines.image_folder.pipeline import create_pipeline

__all__ = ["create_pipeline"]
