"""What a training leaves for whoever collects the results: numbers in the database, tables beside it.

A database that is a file has a folder of tables beside it. One on a server has them itself, as machines
that share nothing else may ask for them.
"""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.trials.address import file_of

if TYPE_CHECKING:
    # without Optuna and its database, which every command would load that knows of trainings
    from optuna import Study
    from optuna.trial import FrozenTrial, Trial

NUMBERS = "numbers"
_TABLE = "table:"


@dataclass(frozen=True)
class Outcome:
    """What a training came to.

    value: what is compared; 0 where nothing is.
    pruned: whether the training was ended early.
    numbers: by name, as JSON knows them.
    tables: by name.
    """

    value: float = 0.0
    numbers: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    pruned: bool = False


class KeptResults:
    """The results of the trainings of a study.

    Args:
        address: of the database.
        study: in it.
    """

    def __init__(self, address: str, study: "Study") -> None:
        file = file_of(address)
        self.folder = file.with_suffix("") / study.study_name if file else None

    def keep(self, trial: "Trial", outcome: Outcome) -> None:
        """Write what a training came to, before it counts as finished."""
        for name, table in outcome.tables.items():
            if self.folder:
                with replacing(self._file(self.folder, trial.number, name)) as temporary:
                    table.to_parquet(temporary, index=False)
            else:
                packed = table.to_parquet(index=False)
                trial.set_user_attr(f"{_TABLE}{name}", base64.b64encode(packed).decode("ascii"))
        trial.set_user_attr(NUMBERS, dict(outcome.numbers))

    def read(self, trial: "FrozenTrial", tables: tuple[str, ...]) -> Outcome:
        """Read what a training came to.

        Raises:
            UserError: a table is not there any more, or damaged.
        """
        found = {name: self._table(trial, name) for name in tables}
        return Outcome(trial.value or 0.0, trial.user_attrs.get(NUMBERS, {}), found)

    def is_whole(self, trial: "FrozenTrial", tables: tuple[str, ...]) -> bool:
        """Whether all that a finished training left is still there."""
        if self.folder:
            return all(self._file(self.folder, trial.number, name).is_file() for name in tables)
        return all(f"{_TABLE}{name}" in trial.user_attrs for name in tables)

    def _table(self, trial: "FrozenTrial", name: str) -> pd.DataFrame:
        if not self.folder:
            return pd.read_parquet(io.BytesIO(base64.b64decode(trial.user_attrs[f"{_TABLE}{name}"])))
        file = self._file(self.folder, trial.number, name)
        try:
            return pd.read_parquet(file)
        except (OSError, ValueError) as error:
            raise UserError(
                f"The results of a training, {file}, cannot be read: {error}\n"
                "Remove the file, and start the command again: that training is then done again."
            ) from error

    @staticmethod
    def _file(folder: Path, number: int, name: str) -> Path:
        return folder / f"{number:05d}-{name}.parquet"
