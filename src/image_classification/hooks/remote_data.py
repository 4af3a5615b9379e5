"""What is remote: how a run comes to it, and that it is fetched before anything else is done."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro.config import AbstractConfigLoader, MissingConfigException
from kedro.io import DataCatalog
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline

from image_classification.images.idx.options import WEB
from image_classification.options import NamesFile, NamesPlace
from image_classification.origins.named_files import named_in
from image_classification.parameters.known import group_at
from image_classification.remote.access import FOLDER, give_access
from image_classification.remote.address import is_remote
from image_classification.remote.fetched import here
from image_classification.remote.options import RemoteOptions


def open_remote(loader: AbstractConfigLoader, options: Mapping[str, Any], data_folder: Path) -> None:
    """Have copies lie in the data folder, and buckets opened with the credentials of Kedro.

    Args:
        loader: reads conf/*/credentials.yml, once something is to be opened.
        options: the parameters `remote`.
        data_folder: of the run.
    """

    def credentials() -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = loader["credentials"]
        except (KeyError, MissingConfigException):
            return {}
        return found

    give_access(data_folder / FOLDER, RemoteOptions.model_validate(options), credentials)


def fetch_what_is_named(pipeline: Pipeline, catalog: DataCatalog) -> None:
    """Fetch what the parameters of a pipeline name by an address: later processes have no credentials.

    Raises:
        UserError: it cannot be had.
    """
    names = sorted(name for name in pipeline.inputs() if is_parameter(name) and name in catalog)
    found = [
        (path, mark)
        for name in names
        for path, mark in _addresses(name.removeprefix("params:").split("."), catalog.load(name)).items()
    ]
    # single files first: whatever is wrong with them is known before many images are fetched
    for path, mark in sorted(found, key=lambda each: not (isinstance(each[1], NamesFile) or each[1].inside)):
        here(path, inside=mark.inside)


def _addresses(path: list[str], value: Any) -> dict[str, NamesPlace]:
    """Return the addresses in the value of an option, each with the mark of its type."""
    # torch tells what its optimizers take, and its import takes two seconds: not for `kedro --help`
    from image_classification.parameters.root import Parameters  # noqa: PLC0415

    owner = group_at(path[:-1], Parameters)
    if owner is None or path[-1] not in owner.model_fields:
        return {}
    field = owner.model_fields[path[-1]]
    marks: dict[str, NamesPlace] = {}

    def is_fetched(path: str, mark: NamesPlace) -> bool:
        marks[path] = mark
        return is_remote(path) and (mark.on_the_web or not path.startswith(WEB))

    return {path: marks[path] for path in named_in(value, field.annotation, field.metadata, is_fetched)}
