"""All pipelines by name. They are written out: names composed from several pipelines stay selectable."""

from kedro.pipeline import Pipeline

from image_classification.pipelines.comparison.pipeline import create_pipeline as comparison_pipeline
from image_classification.pipelines.image_folder.pipeline import create_pipeline as image_folder_pipeline
from image_classification.pipelines.inference.pipeline import create_pipeline as inference_pipeline
from image_classification.pipelines.mnist.pipeline import create_pipeline as mnist_pipeline
from image_classification.pipelines.modelling.pipeline import create_pipeline as modelling_pipeline
from image_classification.pipelines.reporting.pipeline import create_pipeline as reporting_pipeline


def register_pipelines() -> dict[str, Pipeline]:
    """Return the pipelines that `kedro run --pipeline <name>` and kedro-viz know."""
    mnist = mnist_pipeline()
    image_folder = image_folder_pipeline()
    modelling = modelling_pipeline("mnist")
    folder_modelling = modelling_pipeline("image_folder")
    reporting = reporting_pipeline("mnist")
    folder_reporting = reporting_pipeline("image_folder", audit="audit_table")
    training = mnist + modelling + reporting
    return {
        "__default__": training,
        "training": training,
        "folder_training": image_folder + folder_modelling + folder_reporting,
        "mnist": mnist,
        "image_folder": image_folder,
        "modelling": modelling,
        "folder_modelling": folder_modelling,
        "reporting": reporting,
        "folder_reporting": folder_reporting,
        "inference": inference_pipeline(),
        "comparison": comparison_pipeline(),
    }
