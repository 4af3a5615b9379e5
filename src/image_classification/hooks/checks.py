"""What is checked before a run: its parameters, then that everything it reads exists."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kedro.config import AbstractConfigLoader, MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline

from image_classification.catalog_files import exists, file_of
from image_classification.config_loader import LayeredConfigLoader
from image_classification.config_loader.data_folder import NAME as DATA_FOLDER
from image_classification.config_loader.data_folder import (
    path_of_data,
    require_outside_of_images,
    require_place_for_data,
)
from image_classification.console import shown_path
from image_classification.errors import UserError
from image_classification.files.paths import with_home
from image_classification.hooks.remedies import remedy
from image_classification.hooks.remote_data import fetch_what_is_named, open_remote
from image_classification.hooks.without_effect import warn_of_options_without_effect
from image_classification.parameters.messages import KeyPath
from image_classification.remote.address import is_remote

logger = logging.getLogger(__name__)

_NETWORK = "params:modelling.network"
_NO_WEIGHTS = "A recipe that needs none: --env photos"


class ParametersHook:
    """Check what the files and `--params` together say, once, for all pipelines."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Replace the parameters by their full, validated dump in plain types, defaults included.

        Raises:
            UserError: naming every parameter that is unknown or has a value that is not allowed.
        """
        # torch tells what its optimizers take, and its import takes two seconds: not for `kedro --help`
        from image_classification.parameters.command_line import speak_of_parameters  # noqa: PLC0415
        from image_classification.parameters.root import validate_parameters  # noqa: PLC0415

        speak_of_parameters()
        loader = context.config_loader

        def origin(path: KeyPath) -> str | None:
            return loader.origin("parameters", path) if isinstance(loader, LayeredConfigLoader) else None

        parameters = validate_parameters(_read(loader), origin).model_dump(mode="json")
        folder = _data_folder(loader, origin((DATA_FOLDER,)))
        require_place_for_data(folder, context.project_path)
        open_remote(loader, parameters["remote"], context.project_path / folder)
        images = parameters["image_folder"]["path"]
        if images and not is_remote(images):
            project = context.project_path
            require_outside_of_images(folder, project, _around(images, folder, project))
        loader["parameters"] = parameters | {DATA_FOLDER: folder}

    @hook_impl
    def before_node_run(self) -> None:
        """Name options by their paths in the processes of ParallelRunner too, which create no context."""
        from image_classification.parameters.command_line import speak_of_parameters  # noqa: PLC0415

        speak_of_parameters()


def _around(images: str, folder: str, project: Path) -> Path:
    """Return the folder of the images; of a pattern the one it looks through, if it meets the data folder."""
    from image_classification.images.folder.places.patterns import is_pattern, read_pattern  # noqa: PLC0415

    path = with_home(images)
    pattern, data = read_pattern(images), (project / folder).resolve()
    if not pattern.parts or not is_pattern(images):
        return path
    around = pattern.folder.resolve()
    meets = data.is_relative_to(around) and pattern.leads_into(data.relative_to(around).as_posix())
    return pattern.folder if meets else path


def _read(loader: AbstractConfigLoader) -> dict[str, Any]:
    try:
        raw: dict[str, Any] = loader["parameters"]
    except MissingConfigException:
        # every parameter has a default: a project without parameter files runs on those and --params
        raw = loader.runtime_params
    return raw


def _data_folder(loader: AbstractConfigLoader, origin: str | None) -> str:
    """Return the folder that the catalog takes for the data folder.

    Raises:
        UserError: it was written where the catalog does not look for it, or is on no disk of this machine.
    """
    if origin not in (None, "--params"):
        raise UserError(
            f"data_folder in {origin} has no effect, as the catalog cannot read it there.\n"
            "Write it into conf/local/globals.yml, or give it for one run: --params data_folder=<folder>"
        )
    given = loader.runtime_params or {}
    if DATA_FOLDER in given:
        # the shell leaves ~ as it is after "="
        given[DATA_FOLDER] = path_of_data(given[DATA_FOLDER], "--params")
        return str(given[DATA_FOLDER])
    try:
        return str(loader["globals"].get(DATA_FOLDER, "data"))
    except MissingConfigException:
        return "data"


class InputsHook:
    """Refuse to start in the middle of the work if the first half was never done."""

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Look for every dataset that the pipeline reads and does not make.

        Raises:
            UserError: naming the first dataset that is missing, its file and what makes it; or a parameter
                that has to name a person's own files and does not.
        """
        _look_for_own_files(pipeline, catalog, remote=False)
        warn_of_options_without_effect(run_params, pipeline, catalog)
        # Kedro leaves out nodes of these only later; what they read need not be there
        if not run_params.get("only_missing_outputs"):
            _look_for_weights(pipeline, catalog)
            inputs = sorted(name for name in pipeline.inputs() if not is_parameter(name))
            missing = [name for name in inputs if not exists(name, catalog)]
            if missing:
                raise UserError(_message(missing, catalog))
        # may take hours
        fetch_what_is_named(pipeline, catalog)
        _look_for_own_files(pipeline, catalog, remote=True)


def _look_for_own_files(pipeline: Pipeline, catalog: DataCatalog, *, remote: bool) -> None:
    """Look for what parameters name, on this machine or `remote` (in the copies of it).

    Raises:
        UserError: it is not there.
    """
    # torch comes with it, and its import takes two seconds: not for `kedro --help`
    from image_classification.images.folder.places.place import given_place  # noqa: PLC0415
    from image_classification.inference.options import InferenceOptions  # noqa: PLC0415

    def given(name: str) -> Iterator[str]:
        if name in pipeline.inputs() and is_remote(path := catalog.load(name)) == remote:
            yield path

    for path in given("params:image_folder.path"):
        _look_for_images(path)
    for path in given("params:inference.images"):
        given_place(path, InferenceOptions, "images")
    if "last_network" in pipeline.inputs() and not catalog.load("params:inference.model"):
        last = file_of("last_network", catalog)
        if last is not None and not last.exists():
            raise UserError(_message(["trained_network"], catalog))


def _look_for_weights(pipeline: Pipeline, catalog: DataCatalog) -> None:
    """Fetch the weights that a network is to start from before its images are prepared, which may take hours.

    Raises:
        UserError: they cannot be had, and what can be done instead.
    """
    if _NETWORK not in pipeline.inputs():
        return
    from image_classification.networks.classifier import NetworkOptions  # noqa: PLC0415
    from image_classification.networks.first_weights import PretrainedOptions  # noqa: PLC0415
    from image_classification.networks.pretrained import fetch_weights  # noqa: PLC0415

    chosen = NetworkOptions.model_validate(catalog.load(_NETWORK)).chosen
    if not isinstance(chosen, PretrainedOptions):
        return
    try:
        fetch_weights(chosen)
    except UserError as error:
        raise UserError(f"{error}\n{_NO_WEIGHTS}") from error


def _look_for_images(value: str) -> None:
    from image_classification.images.folder.options import ImageFolderOptions  # noqa: PLC0415
    from image_classification.images.folder.places.place import given_place  # noqa: PLC0415
    from image_classification.images.hugging_face.hub import is_name  # noqa: PLC0415
    from image_classification.images.hugging_face.hugging_face import is_copy  # noqa: PLC0415
    from image_classification.images.hugging_face.options import HuggingFaceOptions  # noqa: PLC0415

    instead = HuggingFaceOptions.setting(path=value)
    try:
        place = given_place(value)
    except UserError as error:
        if not is_name(value):
            raise
        hint = f"If it is the name of a data set on the Hugging Face hub: {instead}"
        raise UserError(f"{error}\n{hint}") from error
    if not place.kind and not place.pattern and is_copy(place.path):
        raise UserError(
            f"{ImageFolderOptions.named('path')} = {value} is a data set of Hugging Face: its images are in "
            f"parquet or Arrow files.\nExpected image files; to read it as what it is: {instead}"
        )


def _message(missing: list[str], catalog: DataCatalog) -> str:
    name = missing[0]
    others = f" (and {len(missing) - 1} more: {', '.join(missing[1:])})" if missing[1:] else ""
    file = file_of(name, catalog)
    where = f"its file {shown_path(file)} does not exist" if file else "it is kept in memory only"
    return f"The run needs {name}, and {where}{others}. {remedy(name, catalog)}"
