"""What is remote: how a run comes to it, and that it is fetched before anything else is done."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kedro.config import AbstractConfigLoader, MissingConfigException
from kedro.io import DataCatalog
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline

from image_classification.images.idx.options import WEB
from image_classification.options import NamesPlace
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
    names = (name for name in pipeline.inputs() if is_parameter(name) and name in catalog)
    for name in sorted(names):
        for path in _addresses(name.removeprefix("params:").split("."), catalog.load(name)):
            here(path)


def _addresses(path: list[str], value: Any) -> Iterator[str]:
    # torch tells what its optimizers take, and its import takes two seconds: not for `kedro --help`
    from image_classification.parameters.root import Parameters  # noqa: PLC0415

    owner = group_at(path[:-1], Parameters)
    if owner is None or path[-1] not in owner.model_fields:
        return
    field = owner.model_fields[path[-1]]
    yield from named_in(value, field.annotation, field.metadata, _is_fetched)


def _is_fetched(path: str, mark: NamesPlace) -> bool:
    return is_remote(path) and (mark.on_the_web or not path.startswith(WEB))
