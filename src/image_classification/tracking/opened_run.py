"""A run from its opening to its end. Imports MLflow, so the hook imports this only when a pipeline trains."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.context import KedroContext
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from image_classification.catalog_files import Outputs
from image_classification.config_loader.data_folder import NAME as DATA_FOLDER
from image_classification.parameters.root import Parameters
from image_classification.parameters.used import used_parameters
from image_classification.processes.exit_watch import ExitWatch
from image_classification.processes.identity import this_process
from image_classification.processes.signals import SIGNALS
from image_classification.remote.access import access
from image_classification.tracking.announcement import RunEnvironment, remember
from image_classification.tracking.beginning import Place, open_a_run
from image_classification.tracking.beginning.resuming import training_to_resume
from image_classification.tracking.beginning.sharing import leave_to_others, whole_of, withdraw
from image_classification.tracking.delivery.journal import FOLDER
from image_classification.tracking.delivery.leftovers import deliver_leftovers
from image_classification.tracking.earlier_runs import settle_earlier_runs
from image_classification.tracking.origin import origin_tags, remote_tags
from image_classification.tracking.registry.steps import register_finished
from image_classification.tracking.results import close, record_results
from image_classification.tracking.run import TrackedRun
from image_classification.tracking.store.place import locate_store
from image_classification.tracking.store.settings import TrackingSettings
from image_classification.tracking.store.shown import way_to_show
from image_classification.tracking.system_metrics import SystemMetrics

# the dataset by which commands share trainings
_SHARED = "studies"


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
        self._pipeline, self._catalog, self._registry = pipeline, catalog, settings.registry
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
        self._pending = context.project_path / FOLDER
        self._outputs = Outputs(self._pipeline, self._catalog)
        store = locate_store(settings, context.project_path)
        given, inputs = _all_parameters(context), self._pipeline.inputs()
        folder = str(given.get(DATA_FOLDER, "data"))
        tags = origin_tags(context.project_path, run_params, folder) | this_process()
        tags |= remote_tags(given, access().fetched)
        resumed = training_to_resume(given, self._pipeline, self._catalog)
        decisive = used_parameters(given, inputs, Parameters, with_effect=True)
        parameters = used_parameters(given, inputs, Parameters)
        place = Place(store, settings, self._pending)
        opened = open_a_run(place, tags, parameters, decisive, resumed)
        self._run, info, recorded, self._started, is_given = opened
        self._info = replace(info, way=way_to_show(context, store))
        self._stand_in: TrackedRun | None = None
        self._is_open = True
        remember(self._info)
        self._environment.announce(self._run.run_id, store.uri, is_given=is_given)
        # a run that goes on has most of them, and MLflow refuses to change them
        self._run.log_parameters({name: parameters[name] for name in parameters if name not in recorded})
        settle_earlier_runs(self._run, self._pending)
        if settings.system_metrics_interval:
            self._system_metrics = SystemMetrics(self._run, settings.system_metrics_interval)

    def end(self, error: BaseException | None = None) -> None:
        """Record what the pipeline has produced, or the error that has ended it, and close the run."""
        if error is None:
            self._run.try_again()
            self._go_over()
            with self._run.going_on("What the run has produced"):
                record_results(self._run, self._outputs, self._pipeline, self._catalog)
            if _SHARED in self._pipeline.inputs():  # somebody who shared the work may have died since
                settle_earlier_runs(self._run, self._pending)
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
            self._go_over()
            recorded = self._close_as(error)
            if SIGNALS.first and not was_killed:
                recorded = self._close_as(KeyboardInterrupt())
            self._is_open = False
            self._withdraw()
            record = self._run.read()
            name = record.info.run_name if record else self._run.own_name or self._info.run_name
            registered = self._register() if recorded == "FINISHED" else ""
            remember(replace(self._info, run_name=name, status=recorded, registered=registered))

    def _go_over(self) -> None:
        """Go from the run that was opened to that of others, if the trainings turned out to be theirs."""
        if _SHARED not in self._pipeline.inputs() or self._stand_in:
            return
        if whole := whole_of(self._run):
            self._stand_in, self._run = self._run, whole
            self._info = replace(self._info, run_id=whole.run_id)

    def _close_as(self, error: BaseException | None) -> str:
        """Close the run; after an error only if no other command goes on with it."""
        own = self._stand_in or self._run
        if error and _SHARED in self._pipeline.inputs() and leave_to_others(self._run, own.run_id):
            return "RUNNING"
        return close(self._run, error, self._watch.reason, not_before=self._started)

    def _withdraw(self) -> None:
        if own := self._stand_in:
            self._run.attempt("The end of what stood in for it", lambda: withdraw(own.client, own.run_id))
            own.close()

    def _register(self) -> str:
        """Register what the run has trained, if that is set; return what came of it in a line, else ""."""
        settings = self._registry
        if not settings.name or "trained_network" not in self._pipeline.all_outputs():
            return ""
        run = self._run
        what, its_id = "Its version in the registry", run.run_id
        return run.attempt(what, lambda: register_finished(run.client, run.store, its_id, settings)) or ""

    def _deliver_what_workers_kept(self) -> None:
        """Record what processes of this run, which have ended by now, could not."""
        run = self._run
        if any(self._pending.glob(f"{run.run_id}.*")):
            run.aside(
                "What workers kept",
                lambda: deliver_leftovers(run.client, run.store, self._pending, run.run_id),
            )


def _all_parameters(context: KedroContext) -> Mapping[str, Any]:
    try:
        parameters: Mapping[str, Any] = context.config_loader["parameters"]
    except MissingConfigException:
        return {}
    return parameters
