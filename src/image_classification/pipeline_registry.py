"""All pipelines by name, written out rather than found: some are composed of several."""

from functools import cache

from kedro.pipeline import Pipeline

from image_classification.processes.garbage import without_collection

with without_collection():  # which would go through all that they import, again and again
    from image_classification.images.sources import SOURCES
    from image_classification.pipelines import (
        comparison,
        cross_validation,
        export,
        idx,
        image_folder,
        image_source,
        inference,
        label_review,
        modelling,
        reporting,
        search,
        stability,
    )


def register_pipelines() -> dict[str, Pipeline]:
    """Return the pipelines that `kedro run --pipeline <name>` and kedro-viz know."""
    return dict(_pipelines())


@cache  # Kedro asks twice in each run, and nothing changes a pipeline
def _pipelines() -> dict[str, Pipeline]:
    mnist = _with_source("mnist", idx.create_pipeline("mnist"))
    planned = [source for source, plan in SOURCES.items() if plan is not None]
    return {
        "__default__": mnist["training"],
        **mnist,
        **_with_source("image_folder", image_folder.create_pipeline(), prefix="folder_", audit="audit_table"),
        **_with_source("idx", idx.create_pipeline("idx"), prefix="idx_"),
        **{
            name: pipeline
            for source in planned
            for name, pipeline in _with_source(
                source, image_source.create_pipeline(source), prefix=f"{source}_"
            ).items()
        },
        "inference": inference.create_pipeline(),
        "comparison": comparison.create_pipeline(),
    }


def _with_source(
    source: str, images: Pipeline, *, prefix: str = "", audit: str | None = None
) -> dict[str, Pipeline]:
    """Return the pipelines of one source; `audit` is the dataset with the findings about its images."""
    modelled = modelling.create_pipeline(source)
    reported = reporting.create_pipeline(source, audit=audit)
    exported = export.create_pipeline(source, place="place" if source == "image_folder" else None)
    validated = cross_validation.create_pipeline(source)
    reviewed = label_review.create_pipeline(source, with_audit=audit is not None)
    return {
        source: images,
        f"{prefix}training": images + modelled + reported,
        f"{prefix}modelling": modelled,
        f"{prefix}reporting": reported,
        f"{prefix}export": exported,
        f"{prefix}cross_validation": images + validated,
        f"{prefix}search": images + search.create_pipeline(source),
        f"{prefix}stability": images + stability.create_pipeline(source),
        f"{prefix}label_review": images + validated + reviewed,
    }
