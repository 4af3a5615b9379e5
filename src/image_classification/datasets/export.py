"""An exported network as a dataset: a folder that is written beside its target, checked, renamed whole."""

from pathlib import Path

from image_classification.datasets.local import JSONPreview, LocalDataset, once_made
from image_classification.datasets.messages import explaining, passing_user_errors
from image_classification.errors import UserError
from image_classification.export.plan import ExportPlan
from image_classification.export.record import RECORD, ExportRecord, read_record
from image_classification.files.folders import replacing_folder, restore_folder
from image_classification.files.paths import is_file
from image_classification.files.troubles import first_line, require_readable


class ExportDataset(LocalDataset[ExportPlan, ExportRecord]):
    """A folder with the network in several formats, and their proof; it loads as its record."""

    def save(self, data: ExportPlan) -> None:
        """Carry out the plan; an earlier export stays whole until the new one is known to be right."""
        with passing_user_errors(), replacing_folder(self._save_path) as folder:
            data.run(folder)

    def load(self) -> ExportRecord:
        """Read what is known of the export.

        Raises:
            UserError: there is none, or its record is damaged.
        """
        path = self._load_path
        with explaining(path / RECORD):
            restore_folder(path)
            if is_file(path / RECORD):
                require_readable(path / RECORD)
            try:
                return read_record(path)
            except (OSError, ValueError) as error:
                raise UserError(f"There is no whole export in {path}: {first_line(error)}.") from error

    @once_made
    def preview(self) -> JSONPreview:
        """Show the record in kedro-viz."""
        return JSONPreview((self._load_path / RECORD).read_text(encoding="utf-8"))

    def _is_there(self, path: Path) -> bool:
        return is_file(path / RECORD)
