"""A run from its opening to its end. Imports MLflow, so the hook imports this only when a pipeline trains."""

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from kedro.config import MissingConfigException
from kedro.framework.context import KedroContext
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from mlflow import MlflowClient
from mlflow.entities import Run

from image_classification.catalog_files import Outputs
from image_classification.learning.checkpoints.folder import About
from image_classification.parameters.root import Parameters
from image_classification.parameters.used import used_parameters
from image_classification.tracking.announcement import RunEnvironment, RunInfo, remember
from image_classification.tracking.exit_watch import ExitWatch
from image_classification.tracking.failures import explained
from image_classification.tracking.origin import origin_tags
from image_classification.tracking.results import close, record_results
from image_classification.tracking.resuming import CONTINUES, open_again, recorded_run, training_to_resume
from image_classification.tracking.run import TrackedRun, run_name, timestamp
from image_classification.tracking.store.opening import RUN_TO_JOIN, open_experiment, open_run
from image_classification.tracking.store.settings import Store, TrackingSettings, locate_store
from image_classification.tracking.system_metrics import SystemMetrics


class OpenedRun:
    """The one run of a Kedro run that trains.

    From its creation on it is sure to be closed: whatever ends the process before `end` is called is recorded
    as KILLED.

    Raises:
        UserError: the store cannot be used.
    """

    def __init__(
        self,
        settings: TrackingSettings,
        context: KedroContext,
        run_params: Mapping[str, Any],
        pipeline: Pipeline,
        catalog: DataCatalog,
    ) -> None:
        self._pipeline, self._catalog = pipeline, catalog
        self._environment = RunEnvironment()
        self._environment.calm()
        try:
            parameters = used_parameters(_all_parameters(context), pipeline.inputs(), Parameters)
            tags = origin_tags(context.project_path, run_params)
            self._outputs = Outputs(pipeline, catalog)
            store = locate_store(settings, context.project_path)
            resumed = training_to_resume(_all_parameters(context), pipeline, catalog)
            self._run, self._info, recorded = _create_run(store, settings, tags, parameters, resumed)
        except BaseException:
            self._environment.restore()
            raise
        self._system_metrics: SystemMetrics | None = None
        self._watch = ExitWatch(lambda: self._close(SystemExit()))
        self._is_open = True
        remember(self._info)
        self._environment.announce(self._run.run_id, store.uri)
        # a run that goes on has most of them, and MLflow refuses to change them
        self._run.log_parameters({name: parameters[name] for name in parameters if name not in recorded})
        if settings.system_metrics_interval:
            self._system_metrics = SystemMetrics(self._run, settings.system_metrics_interval)

    def end(self, error: BaseException | None = None) -> None:
        """Record what the pipeline has produced, or the error that has ended it, and close the run."""
        if error is None:
            with self._run.going_on("What the run has produced"):
                record_results(self._run, self._outputs, self._pipeline, self._catalog)
        self._close(error)

    def _close(self, error: BaseException | None) -> None:
        if not self._is_open:
            return
        if self._system_metrics:
            self._system_metrics.stop()
        recorded = close(self._run, error, self._watch.reason)
        self._is_open = False
        record = self._run.read()
        name = record.info.run_name if record else self._info.run_name
        remember(replace(self._info, run_name=name, status=recorded))
        self._watch.stop()
        self._environment.restore()


# a run that is open, what is known of it, and the parameters that it has already
Opened: TypeAlias = tuple[TrackedRun, RunInfo, Collection[str]]


def _create_run(
    store: Store,
    settings: TrackingSettings,
    tags: dict[str, str],
    parameters: dict[str, str],
    resumed: About | None,
) -> Opened:
    run_to_join = os.environ.pop(RUN_TO_JOIN, None)  # as MLflow does: it is filled once
    if run_to_join and not (resumed and resumed.run_id == run_to_join):
        client, found = open_run(store, settings, run_to_join, parameters)
        return _joined(store, client, found, tags)
    if resumed and (again := recorded_run(store, settings, resumed, parameters)):
        run, info, recorded = _joined(store, *again, {})
        open_again(run, again[1], resumed, tags["command"])
        return run, info, recorded
    if resumed and resumed.run_id:
        tags = tags | {CONTINUES: resumed.run_id}
    client, experiment_id = open_experiment(store, settings)
    started = timestamp()
    name = run_name(parameters.get("network.name"), None, started)
    with explained(store):
        run_id = client.create_run(experiment_id, started, tags, name).info.run_id
        experiment = client.get_experiment(experiment_id).name
    return TrackedRun(run_id, store.uri), RunInfo(run_id, name, experiment, store.shown, "RUNNING"), ()


def _joined(store: Store, client: MlflowClient, found: Run, tags: dict[str, str]) -> Opened:
    """Go on with a run that exists, and that keeps its name."""
    run_id = found.info.run_id
    with explained(store):
        client.update_run(run_id, status="RUNNING")
        experiment = client.get_experiment(found.info.experiment_id).name
    run = TrackedRun(run_id, store.uri)
    run.set_tags(tags)
    info = RunInfo(run_id, found.info.run_name, experiment, store.shown, "RUNNING")
    return run, info, found.data.params


def _all_parameters(context: KedroContext) -> Mapping[str, Any]:
    try:
        parameters: Mapping[str, Any] = context.config_loader["parameters"]
    except MissingConfigException:
        return {}
    return parameters
