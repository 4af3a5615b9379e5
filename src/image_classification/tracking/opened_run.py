"""A run from its opening to its end. Imports MLflow, so the hook imports this only when a pipeline trains."""

import os
import threading
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
from image_classification.processes.exit_watch import ExitWatch
from image_classification.processes.identity import this_process
from image_classification.processes.signals import SIGNALS
from image_classification.tracking.announcement import RunEnvironment, RunInfo, remember
from image_classification.tracking.delivery.clock import timestamp
from image_classification.tracking.delivery.journal import FOLDER
from image_classification.tracking.delivery.leftovers import deliver_leftovers
from image_classification.tracking.earlier_runs import settle_earlier_runs
from image_classification.tracking.failures import explained
from image_classification.tracking.origin import origin_tags
from image_classification.tracking.results import close, record_results
from image_classification.tracking.resuming import CONTINUES, open_again, recorded_run, training_to_resume
from image_classification.tracking.run import TrackedRun, run_name
from image_classification.tracking.store.opening import RUN_TO_JOIN, open_experiment, open_run
from image_classification.tracking.store.place import Store, locate_store
from image_classification.tracking.store.settings import TrackingSettings
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
        self._closing = threading.RLock()
        self._is_open = False
        self._system_metrics: SystemMetrics | None = None
        self._environment = RunEnvironment()
        self._watch = ExitWatch(self._close_at_exit)
        try:
            # a run that exists in the store only, nobody could close
            with SIGNALS.deferred():
                self._open(settings, context, run_params)
        except BaseException as error:
            with SIGNALS.deferred():
                self._close(error)
            self._watch.stop()
            self._environment.restore()
            raise

    def _open(self, settings: TrackingSettings, context: KedroContext, run_params: Mapping[str, Any]) -> None:
        self._environment.calm()
        parameters = used_parameters(_all_parameters(context), self._pipeline.inputs(), Parameters)
        tags = origin_tags(context.project_path, run_params) | this_process()
        self._outputs = Outputs(self._pipeline, self._catalog)
        store = locate_store(settings, context.project_path)
        resumed = training_to_resume(_all_parameters(context), self._pipeline, self._catalog)
        opened = _create_run(store, settings, tags, parameters, resumed)
        self._run, self._info, recorded, self._started = opened
        self._is_open = True
        remember(self._info)
        self._environment.announce(self._run.run_id, store.uri)
        # a run that goes on has most of them, and MLflow refuses to change them
        self._run.log_parameters({name: parameters[name] for name in parameters if name not in recorded})
        self._pending = context.project_path / FOLDER
        self._run.attempt("What earlier runs left", lambda: settle_earlier_runs(self._run, self._pending))
        if settings.system_metrics_interval:
            self._system_metrics = SystemMetrics(self._run, settings.system_metrics_interval)

    def end(self, error: BaseException | None = None) -> None:
        """Record what the pipeline has produced, or the error that has ended it, and close the run."""
        if error is None:
            self._run.try_again()
            with self._run.going_on("What the run has produced"):
                record_results(self._run, self._outputs, self._pipeline, self._catalog)
        with SIGNALS.deferred():
            self._close(error)
            self._watch.stop()
            self._environment.restore()

    def _close_at_exit(self) -> None:
        # the watch goes on: another signal would have its usual effect, in the middle of the end
        with SIGNALS.deferred():
            self._close(SystemExit())

    def _close(self, error: BaseException | None) -> None:
        # the process may come to its end in a thread while the main thread closes the run
        with self._closing:
            if not self._is_open:
                return
            if self._system_metrics:
                self._system_metrics.stop()
            self._deliver_what_workers_kept()
            was_killed = SIGNALS.first is not None
            error = KeyboardInterrupt() if was_killed and isinstance(error, Exception | None) else error
            recorded = close(self._run, error, self._watch.reason, not_before=self._started)
            if SIGNALS.first and not was_killed:
                recorded = close(self._run, KeyboardInterrupt(), self._watch.reason, not_before=self._started)
            self._is_open = False
            record = self._run.read()
            name = record.info.run_name if record else self._info.run_name
            remember(replace(self._info, run_name=name, status=recorded))

    def _deliver_what_workers_kept(self) -> None:
        """Record what processes of this run, which have ended by now, could not."""
        run = self._run
        if any(self._pending.glob(f"{run.run_id}.*")):
            run.attempt(
                "What workers kept",
                lambda: deliver_leftovers(run.client, run.store, self._pending, run.run_id),
            )


# a run that is open, what is known of it, the parameters that it has already, and when it began
Opened: TypeAlias = tuple[TrackedRun, RunInfo, Collection[str], int]


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
        opened = _joined(store, *again, this_process())
        open_again(opened[0], again[1], resumed, tags)
        return opened
    if resumed and resumed.run_id:
        tags = tags | {CONTINUES: resumed.run_id}
    client, experiment_id = open_experiment(store, settings)
    started = timestamp()
    name = run_name(parameters.get("network.name"), None, started)
    with explained(store):
        run_id = client.create_run(experiment_id, started, tags, name).info.run_id
        experiment = client.get_experiment(experiment_id).name
    info = RunInfo(run_id, name, experiment, store.shown, "RUNNING")
    return TrackedRun(run_id, store.uri), info, (), started


def _joined(store: Store, client: MlflowClient, found: Run, tags: dict[str, str]) -> Opened:
    """Go on with a run that exists, and that keeps its name."""
    run_id = found.info.run_id
    with explained(store):
        client.update_run(run_id, status="RUNNING")
        experiment = client.get_experiment(found.info.experiment_id).name
    run = TrackedRun(run_id, store.uri)
    run.set_tags(tags)
    info = RunInfo(run_id, found.info.run_name, experiment, store.shown, "RUNNING")
    return run, info, found.data.params, found.info.start_time


def _all_parameters(context: KedroContext) -> Mapping[str, Any]:
    try:
        parameters: Mapping[str, Any] = context.config_loader["parameters"]
    except MissingConfigException:
        return {}
    return parameters
