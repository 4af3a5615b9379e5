"""All pipelines by name. They are written out: names composed from several pipelines stay selectable."""

from kedro.pipeline import Pipeline

from image_classification.pipelines.mnist.pipeline import create_pipeline as mnist_pipeline
from image_classification.pipelines.modelling.pipeline import create_pipeline as modelling_pipeline
from image_classification.pipelines.reporting.pipeline import create_pipeline as reporting_pipeline


def register_pipelines() -> dict[str, Pipeline]:
    """Return the pipelines that `kedro run --pipeline <name>` and kedro-viz know."""
    mnist = mnist_pipeline()
    modelling = modelling_pipeline("mnist")
    reporting = reporting_pipeline()
    training = mnist + modelling + reporting
    return {
        "__default__": training,
        "training": training,
        "mnist": mnist,
        "modelling": modelling,
        "reporting": reporting,
    }
