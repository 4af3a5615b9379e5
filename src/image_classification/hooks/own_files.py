"""The files of a run, looked at before they are used: whether they may be, and what they hold."""

from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline

from image_classification.catalog_files import local_file
from image_classification.console import shown_path
from image_classification.datasets.messages import begin_loading, end_loading
from image_classification.errors import UserError
from image_classification.files.troubles import require_readable, require_writable
from image_classification.hooks.remedies import remedy


class FilesHook:
    """Refuse files that may not be read or written before the work, damaged ones before a node sees them."""

    def __init__(self) -> None:
        self._catalog: DataCatalog | None = None

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Look at the permissions of every file that the pipeline reads or writes.

        Raises:
            UserError: naming the first file that cannot be used, and the permission that is missing.
        """
        self._catalog = catalog
        for name in sorted(name for name in pipeline.inputs() if not is_parameter(name)):
            if path := local_file(name, catalog):
                require_readable(path)
        if run_params.get("only_missing_outputs"):
            return  # what is there may stay as it is
        for name in sorted(pipeline.all_outputs()):
            if path := local_file(name, catalog):
                require_writable(path)

    @hook_impl
    def before_dataset_loaded(self, dataset_name: str) -> None:
        """Tell the dataset by which name it is loaded, so that its errors say what makes it again."""
        begin_loading(dataset_name, self._remedy)

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any) -> None:
        """Look at what was loaded.

        Raises:
            UserError: naming the file, what it lacks, and what makes it again.
        """
        # pandas takes half a second to import: only where a run has loaded something
        from image_classification.hooks.contents import trouble_with  # noqa: PLC0415

        end_loading()
        if trouble := trouble_with(dataset_name, data):
            path = local_file(dataset_name, self._catalog) if self._catalog else None
            file = shown_path(path) if path else "what was loaded"
            raise UserError(
                f"{dataset_name} cannot be used: {file} is damaged, or of another kind: {trouble}. "
                f"{self._remedy(dataset_name)}"
            )

    def _remedy(self, name: str) -> str:
        return remedy(name, self._catalog, "Make it again") if self._catalog else ""
