"""What the command `serve` does. Imports torch and FastAPI."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kedro.framework.session import KedroSession

from image_classification.catalog_files import local_path
from image_classification.console import say, shown_path
from image_classification.errors import UserError
from image_classification.files.paths import is_file
from image_classification.networks.storage import load_trained, network_file, place_of_network
from image_classification.origins.record import read_origin
from image_classification.serving.metrics import require_libraries
from image_classification.serving.model import Origin, ServedModel
from image_classification.serving.options import LOCAL, ServingOptions
from image_classification.tracking.registry.spelling import is_reference
from image_classification.tracking.store.settings import TrackingSettings, load_settings
from image_classification.words import agreeing, count_of, printable

_TRAINED = "trained_network"  # as the catalog calls it

logger = logging.getLogger(__name__)


class Configured(NamedTuple):
    """What a project says: the options, the file of the network that is trained in it, where its runs are."""

    options: ServingOptions = ServingOptions()
    trained: Path | None = None
    tracking: TrackingSettings | None = None


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
    configured = _configured(project, params, where) if project else Configured()
    options = ServingOptions.model_validate(configured.options.model_dump() | dict(given))
    path, origin = network_of(model, configured, project)
    served = ServedModel(load_trained(path), origin)
    _warn_of_others(options)
    from image_classification.serving.server import serve  # noqa: PLC0415  (needs what was asked for above)

    left = serve(served, options, lambda address: _tell(served, address), ends_process=ends_process)
    if left:
        verb = agreeing(left, "was", "were")
        say(
            f"Ended: {count_of(left, 'request')} under way {verb} not answered; they have {options.stop_s:g} "
            f"seconds ({ServingOptions.named('stop_s')})."
        )
    else:
        say("Ended: what was under way is answered.")


def _configured(project: Path, params: Mapping[str, Any], where: Mapping[str, Any]) -> Configured:
    create: Any = KedroSession.create
    with create(project, runtime_params=dict(params) or None, **where) as session:
        context = session.load_context()
        loader = context.config_loader
        options = ServingOptions.model_validate(loader["parameters"]["serving"])
        return Configured(options, local_path(_TRAINED, context.catalog), load_settings(loader))


def network_of(model: str | None, configured: Configured, project: Path | None) -> tuple[Path, Origin]:
    """Return the file of the network that is named, or was trained last, and where it is from."""
    if model is not None:
        if is_reference(model):
            return _recorded(model, configured.tracking, project)
        path = network_file(place_of_network(model))
        return path, _of_file(path)
    trained = configured.trained
    if trained is None:
        raise UserError("There is no project here: name the network, --model <file or folder of an export>.")
    if not is_file(trained):
        raise UserError(
            f"There is no trained network yet, {shown_path(trained)} does not exist. Train one: "
            "kedro run --pipeline training. Or name one: kedro serve --model <file or folder of an export>."
        )
    return trained, _of_file(trained)


def _recorded(reference: str, settings: TrackingSettings | None, project: Path | None) -> tuple[Path, Origin]:
    from image_classification.tracking.references import local_network  # noqa: PLC0415  (imports MLflow)

    found = local_network(reference, settings, project)
    facts = {
        "run_id": found.run_id,
        "run_name": found.run_name,
        "name": found.name,
        "version": found.version,
        "aliases": ", ".join(found.aliases),
    }
    return found.path, Origin(found.shown, {name: value for name, value in facts.items() if value})


def _of_file(path: Path) -> Origin:
    """Tell the name of a file, as its whole path is nothing for others, and the run that made it if known."""
    name = printable(path.name)
    origin = read_origin(path)
    if origin is None or origin.replaced_by:
        return Origin(name, {"file": name})
    facts = {"file": name, "run_id": origin.made.mlflow_run, "trained": origin.made.started}
    return Origin(
        f"{name}, trained {origin.made.started[:10]}", {key: each for key, each in facts.items() if each}
    )


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
