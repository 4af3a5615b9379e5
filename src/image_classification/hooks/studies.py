"""A command that has trained several times is over: the same one begins anew then."""

import logging
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from image_classification.catalog_files import Outputs

# the records that name the study of their command
RECORDS = ("cross_validation_record", "stability_record", "search_record")
logger = logging.getLogger(__name__)


class StudiesHook:
    """Close the study of a command once all that is made of it is written; an interrupted one stays open."""

    def __init__(self) -> None:
        self._outputs: Outputs | None = None

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Note the state of the files, to know afterwards whether this run trained."""
        self._outputs = Outputs(pipeline, catalog)

    @hook_impl
    def after_pipeline_run(self, catalog: DataCatalog) -> None:
        """Close the studies of this run."""
        outputs, self._outputs = self._outputs, None
        for name in RECORDS:
            if outputs and outputs.written(name) and (study := catalog.load(name).get("study")):
                _close(study)


def _close(study: dict[str, Any]) -> None:
    # imports Optuna and torch: only where something was trained
    from image_classification.trials.study import StudyPlace, close_study  # noqa: PLC0415

    try:
        close_study(StudyPlace(study["address"], study["name"]))
    except Exception as error:
        logger.warning("The study %s could not be closed: %s", study["name"], error)
