"""The hook that opens a run when a pipeline trains, and closes it with the truth about how it ended."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from image_classification.tracking.announcement import announce_place, remember, withdraw_place
from image_classification.tracking.failures import opened
from image_classification.tracking.store.settings import TrackingSettings, load_settings

# set where the nodes of one pipeline run in several processes, as the tasks of a DAG do: what a process makes
# of the results of a recorded run goes into the record of that run
ADD_TO_RUN = "IMAGE_CLASSIFICATION_ADD_TO_RUN"
# a pipeline trains if one of these is among its outputs
TRAINED = ("trained_network", "out_of_fold", "stability_runs", "search_trials")


class TrackingHook:
    """One MLflow run per Kedro run that trains.

    Stands before every hook of the project that can refuse a run in `before_pipeline_run`: hooks run last to
    first, and Kedro tells nobody when one of them raises there, so a run opened before would stay open.
    """

    def __init__(self) -> None:
        self._context: KedroContext | None = None
        self._settings = TrackingSettings()
        # of the run that is open; its class imports MLflow
        self._end_run: Callable[[BaseException | None], None] | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read the settings, so that a mistake in them is reported before anything else happens."""
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
        # Ctrl-C ended it in a process that lives on, as a notebook's does
        self._end(KeyboardInterrupt())
        remember(None)
        if self._context:
            announce_place(self._settings, self._context.project_path)
        if self._context is None or not self._settings.enabled:
            return
        if not trains(pipeline, catalog, run_params):
            self._add(pipeline, catalog)
            return
        # imports MLflow, which takes more than a second, and most commands train nothing
        from image_classification.tracking.opened_run import OpenedRun  # noqa: PLC0415

        arguments = (self._settings, self._context, run_params, pipeline, catalog)
        self._end_run = opened(lambda: OpenedRun(*arguments).end, required=self._settings.required)

    def _add(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        if self._context is None or os.environ.get(ADD_TO_RUN, "").lower() not in ("1", "true", "yes"):
            return
        # imports MLflow, too
        from image_classification.tracking.adding import AddedResults  # noqa: PLC0415

        self._end_run = AddedResults(self._settings, self._context, pipeline, catalog).end

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Record what the run has produced, and close it as FINISHED."""
        withdraw_place()
        self._end(None)

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Record the error with its traceback, and close the run as FAILED."""
        withdraw_place()
        self._end(error)

    def _end(self, error: BaseException | None) -> None:
        if self._end_run:
            self._end_run(error)
            self._end_run = None


def trains(pipeline: Pipeline, catalog: DataCatalog, run_params: Mapping[str, Any]) -> bool:
    """Whether a network will be trained when this pipeline runs."""
    made = [name for name in TRAINED if name in pipeline.all_outputs()]
    if not run_params.get("only_missing_outputs"):
        return bool(made)
    nodes = pipeline.only_nodes_with_outputs(*made).nodes if made else []
    return not all(catalog.exists(output) for node in nodes for output in node.outputs)
