"""Results in a bucket: what a run has made is copied there at its end, with what each file was made from."""

import re
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from image_classification.catalog_files import local_path
from image_classification.console import say
from image_classification.errors import UserError
from image_classification.origins.record import read_origin
from image_classification.remote.access import access
from image_classification.remote.address import is_remote
from image_classification.remote.options import RemoteOptions
from image_classification.remote.results import ResultsFolder, Source
from image_classification.tracking import last_run
from image_classification.tracking.origin import shown_command
from image_classification.words import count_of

# the layers whose files are results
_LAYERS = ("06_models", "07_model_output", "08_reporting")
# folders of work that goes on; they stay where it does
_AT_WORK = frozenset({"checkpoints", "studies", "inference_parts"})
_RECORDS = ".origins"


class ResultsHook:
    """Copy the results of a run to `remote.results`, once it has succeeded and its record is closed.

    The data folder stays the place of work: files are mapped into memory, locked and checked there.
    """

    def __init__(self) -> None:
        self._context: KedroContext | None = None
        self._folder: ResultsFolder | None = None
        self._run = ""  # Kedro's id of it

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember the context, whose parameters are those of the run."""
        self._context, self._folder = context, None

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Open the folder in the bucket before any work is done.

        Raises:
            UserError: it cannot be written to.
        """
        self._folder = None
        results = self._parameters().get("remote", {}).get("results")
        if results:
            _require_outside_of_images(results, self._parameters())
            self._folder = ResultsFolder(results, access())
            self._run = str(run_params.get("session_id") or run_params.get("run_id") or "")

    @hook_impl(trylast=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Copy what there is of the pipeline's results, and say where it is."""
        if self._folder is None or self._context is None:
            return
        root = self._context.project_path / self._parameters()["data_folder"]
        recorded = last_run()
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        by = Source(recorded.run_id if recorded else self._run, shown_command(sys.argv), now)
        paths = (local_path(name, catalog, saved=True) for name in sorted(pipeline.all_outputs()))
        files = {
            name: (file, _source(path, by)) for path in paths if path for name, file in _files_of(path, root)
        }
        count = self._folder.bring(files, by)
        say(f"The results are in {self._folder.address} ({count_of(count, 'file')} copied)")
        self._folder = None

    def _parameters(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._context.config_loader["parameters"] if self._context else {}
        return found


def _require_outside_of_images(results: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a folder for results that is the folder of images or in it: they would be taken for images.

    Raises:
        UserError: naming both.
    """
    folders = {
        "image_folder.path": parameters["image_folder"]["path"],
        "inference.images": parameters["inference"]["images"],
    }
    for name, folder in folders.items():
        above = re.split(r"[*?\[]", folder)[0].rstrip("/")
        if is_remote(folder) and f"{results.rstrip('/')}/".startswith(f"{above}/"):
            raise UserError(
                f"{RemoteOptions.named('results')} is {results}, in the folder of the images {folder} "
                f"({name}): what is written there would be taken for images.\nExpected a folder of its own."
            )


def _source(path: Path, by: Source) -> Source:
    """Return what a result is from: a run may copy what an earlier one has made."""
    origin = read_origin(path)
    if origin is None:
        return by
    return Source(origin.made.mlflow_run or origin.made.run, origin.made.command, origin.made.started)


def _files_of(path: Path, root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of a result, and their records, by their paths from the root."""
    absolute = path.absolute()
    if not absolute.is_relative_to(root.absolute()):
        return
    inside = absolute.relative_to(root.absolute())
    if inside.parts[0] not in _LAYERS or _AT_WORK.intersection(inside.parts):
        return
    record = absolute.parent / _RECORDS / f"{absolute.name}.json"
    found = [*absolute.rglob("*")] if absolute.is_dir() else [absolute]
    for each in [*found, record]:
        if each.is_file():
            yield each.relative_to(root.absolute()).as_posix(), each
