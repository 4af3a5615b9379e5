"""All pipelines by name. They are written out: names composed from several pipelines stay selectable."""

from kedro.pipeline import Pipeline

from image_classification.images.sources import SOURCES
from image_classification.pipelines.comparison.pipeline import create_pipeline as comparison_pipeline
from image_classification.pipelines.idx.pipeline import create_pipeline as idx_pipeline
from image_classification.pipelines.image_folder.pipeline import create_pipeline as image_folder_pipeline
from image_classification.pipelines.image_source.pipeline import create_pipeline as source_pipeline
from image_classification.pipelines.inference.pipeline import create_pipeline as inference_pipeline
from image_classification.pipelines.modelling.pipeline import create_pipeline as modelling_pipeline
from image_classification.pipelines.reporting.pipeline import create_pipeline as reporting_pipeline


def register_pipelines() -> dict[str, Pipeline]:
    """Return the pipelines that `kedro run --pipeline <name>` and kedro-viz know."""
    mnist = _with_source("mnist", idx_pipeline("mnist"))
    planned = [source for source, plan in SOURCES.items() if plan is not None]
    return {
        "__default__": mnist["training"],
        **mnist,
        **_with_source("image_folder", image_folder_pipeline(), prefix="folder_", audit="audit_table"),
        **_with_source("idx", idx_pipeline("idx"), prefix="idx_"),
        **{
            name: pipeline
            for source in planned
            for name, pipeline in _with_source(source, source_pipeline(source), prefix=f"{source}_").items()
        },
        "inference": inference_pipeline(),
        "comparison": comparison_pipeline(),
    }


def _with_source(
    source: str, images: Pipeline, *, prefix: str = "", audit: str | None = None
) -> dict[str, Pipeline]:
    """All that is done with the images of one source; `audit` is a table of what is wrong with them."""
    modelling, reporting = modelling_pipeline(source), reporting_pipeline(source, audit=audit)
    return {
        source: images,
        f"{prefix}training": images + modelling + reporting,
        f"{prefix}modelling": modelling,
        f"{prefix}reporting": reporting,
    }
