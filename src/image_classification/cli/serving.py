"""What the command `serve` does. Imports torch and FastAPI."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro.framework.session import KedroSession

from image_classification.catalog_files import local_path
from image_classification.console import say, shown_path
from image_classification.errors import UserError
from image_classification.files.paths import is_file, with_home
from image_classification.networks.storage import load_classifier, network_file
from image_classification.serving.metrics import require_libraries
from image_classification.serving.model import Origin, ServedModel
from image_classification.serving.options import LOCAL, ServingOptions
from image_classification.words import count_of, printable

_DEFAULT = "trained_network"  # as the catalog calls it

logger = logging.getLogger(__name__)


def serve_network(
    project: Path | None,
    model: str | None,
    params: Mapping[str, Any],
    given: Mapping[str, Any],
    where: Mapping[str, Any],
    *,
    ends_process: bool,
) -> None:
    """Answer with a network until a signal ends it.

    Args:
        project: the folder of the project; None: there is no configuration.
        model: which network; None: the one that was trained last.
        params: parameters, as on the command line of a run.
        given: options of serving that win over those.
        where: environment and source of the configuration.
        ends_process: nothing comes after it in this process.

    Raises:
        UserError: there is no such network, or nothing can listen there.
    """
    require_libraries()
    options, trained = _configured(project, params, where) if project else (ServingOptions(), None)
    options = ServingOptions.model_validate(options.model_dump() | dict(given))
    path, origin = _found(model, trained)
    served = ServedModel(load_classifier(path), origin)
    _warn_of_others(options)
    from image_classification.serving.server import serve  # noqa: PLC0415  (needs what was asked for above)

    serve(served, options, lambda address: _tell(served, address), ends_process=ends_process)
    say("Ended: what was under way is answered.")


def _configured(
    project: Path, params: Mapping[str, Any], where: Mapping[str, Any]
) -> tuple[ServingOptions, Path | None]:
    """Return the options of serving, and the file of the network that is trained in the project."""
    create: Any = KedroSession.create
    with create(project, runtime_params=dict(params) or None, **where) as session:
        context = session.load_context()
        options = ServingOptions.model_validate(context.config_loader["parameters"]["serving"])
        return options, local_path(_DEFAULT, context.catalog)


def _found(model: str | None, trained: Path | None) -> tuple[Path, Origin]:
    if model is not None:
        path = network_file(with_home(model))
        return path, _of_file(path)
    if trained is None:
        raise UserError("There is no project here: name the network, --model <file or folder of an export>.")
    if not is_file(trained):
        raise UserError(
            f"There is no trained network yet, {shown_path(trained)} does not exist. Train one: "
            "kedro run --pipeline training. Or name one: kedro serve --model <file or folder of an export>."
        )
    return trained, _of_file(trained)


def _of_file(path: Path) -> Origin:
    # the whole path of a file is nothing for those who call the server
    return Origin(printable(path.name), {"file": printable(path.name)})


def _warn_of_others(options: ServingOptions) -> None:
    from image_classification.serving.door import is_local  # noqa: PLC0415

    if not is_local(options.host):
        logger.warning(
            "Whoever reaches %s can use this server: it has no password, and does not encrypt. Leave "
            "--host out for %s, this machine alone.",
            options.host,
            LOCAL,
        )


def _tell(served: ServedModel, address: str) -> None:
    description = served.description
    say(
        f"{printable(description.shown_name)} on {printable(description.data_name)}, "
        f"{count_of(len(description.class_names), 'class', 'classes')}, from {served.origin.shown}."
    )
    say(f"Draw and drop images: {address}/   For programs: {address}/docs   Ctrl-C ends it.")
