"""Adding to the record of a run that is over what a later process makes of its network: metrics, figures."""

import logging
from collections.abc import Iterator
from dataclasses import replace

from kedro.framework.context import KedroContext
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from image_classification.catalog_files import Outputs, local_path
from image_classification.errors import UserError
from image_classification.origins.record import read_origin
from image_classification.tracking.announcement import RunEnvironment, RunInfo, remember
from image_classification.tracking.results import record_results
from image_classification.tracking.run import TrackedRun
from image_classification.tracking.store.opening import find_run
from image_classification.tracking.store.place import locate_store
from image_classification.tracking.store.settings import TrackingSettings
from image_classification.tracking.store.shown import way_to_show

logger = logging.getLogger(__name__)


class AddedResults:
    """What a pipeline makes of the results of a recorded run goes into the record of that run.

    The run stays as it ended. Whatever cannot be recorded is said in a line, and stops nothing.
    """

    def __init__(
        self, settings: TrackingSettings, context: KedroContext, pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        self._pipeline, self._catalog = pipeline, catalog
        self._outputs = Outputs(pipeline, catalog)
        self._environment = RunEnvironment()
        self._run = self._find(settings, context)

    def _find(self, settings: TrackingSettings, context: KedroContext) -> TrackedRun | None:
        run_id = next(_runs_that_made(self._pipeline, self._catalog), "")
        if not run_id:
            return None
        self._environment.calm()
        try:
            store = locate_store(settings, context.project_path)
            found = find_run(store, settings, run_id)
        except UserError as error:
            found = None
            logger.warning("Not recorded: %s", str(error).splitlines()[0])
        else:
            if found is None:
                logger.warning("Not recorded: the run %s, whose results these nodes read, is gone.", run_id)
        if found is None:
            self._environment.restore()
            return None
        client, record = found
        experiment = client.get_experiment(record.info.experiment_id).name
        way = way_to_show(context, store)
        info = RunInfo(run_id, record.info.run_name, experiment, store.shown, record.info.status)
        remember(replace(info, way=way))
        # what these nodes make is of this run, too: those after them find it by that
        self._environment.announce(run_id, store.uri)
        return TrackedRun(run_id, store.uri)

    def end(self, error: BaseException | None) -> None:
        """Record what the pipeline has made, if it has come to its end."""
        run, self._run = self._run, None
        if run is None:
            return
        try:
            if error is None:
                with run.going_on("What was made of it"):
                    record_results(run, self._outputs, self._pipeline, self._catalog)
            run.catch_up()
            run.say_what_is_missing()
            run.close()
        finally:
            self._environment.restore()


def _runs_that_made(pipeline: Pipeline, catalog: DataCatalog) -> Iterator[str]:
    """Yield the ids of the runs in MLflow that made what a pipeline reads, that of the network first.

    A file that goes by another name here than where it was made is the material of something else, as
    `last_network` is for new images.
    """
    for name in sorted(pipeline.inputs(), key=lambda each: (each != "trained_network", each)):
        path = local_path(name, catalog)
        origin = read_origin(path) if path else None
        if origin and origin.dataset == name and origin.made.mlflow_run:
            yield origin.made.mlflow_run
