"""The hook that has a run opened when a pipeline trains, and closed with the truth about how it ended."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from image_classification.errors import UserError
from image_classification.tracking.environment import announce_place, remember, withdraw_place
from image_classification.tracking.store.settings import TrackingSettings, load_settings

if TYPE_CHECKING:
    from image_classification.tracking.lifecycle import OpenedRun

# a pipeline trains if this is among its outputs
TRAINED_NETWORK = "trained_network"

logger = logging.getLogger(__name__)


class TrackingHook:
    """One MLflow run per Kedro run that trains.

    Stands before every hook of the project that can refuse a run in `before_pipeline_run`: hooks run last to
    first, and Kedro tells nobody when one of them raises there, so a run opened before would stay open.
    """

    def __init__(self) -> None:
        self._context: KedroContext | None = None
        self._settings = TrackingSettings()
        self._run: OpenedRun | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read the settings, so that a mistake in them is known before anything else happens."""
        self._context = context
        self._settings = load_settings(context.config_loader)

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Open a run if the pipeline trains.

        Raises:
            UserError: runs cannot be recorded, and the settings require it.
        """
        if self._run:
            self._run.kill()  # Ctrl-C ended it in a process that lives on, as a notebook's does
        self._run = None
        remember(None)
        if self._context:
            announce_place(self._settings, self._context.project_path)
        if self._context is None or not self._settings.enabled or not trains(pipeline, catalog, run_params):
            return
        # imports MLflow, which takes more than a second, and most commands train nothing
        from image_classification.tracking.lifecycle import OpenedRun  # noqa: PLC0415

        try:
            self._run = OpenedRun(self._settings, self._context, run_params, pipeline, catalog)
        except UserError as error:
            if self._settings.required:
                raise
            logger.warning("This run goes on WITHOUT A RECORD (mlflow.yml: required: false). %s", error)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Record what the run has produced, and close it as FINISHED."""
        withdraw_place()
        if self._run:
            self._run.finish()
            self._run = None

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Record the error with its traceback, and close the run as FAILED."""
        withdraw_place()
        if self._run:
            self._run.fail(error)
            self._run = None


def trains(pipeline: Pipeline, catalog: DataCatalog, run_params: Mapping[str, Any]) -> bool:
    """Whether a network will be trained when this pipeline runs."""
    if TRAINED_NETWORK not in pipeline.all_outputs():
        return False
    if not run_params.get("only_missing_outputs"):
        return True
    (node,) = pipeline.only_nodes_with_outputs(TRAINED_NETWORK).nodes
    return not all(catalog.exists(output) for output in node.outputs)
