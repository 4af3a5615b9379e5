"""Which network classifies: the one that was trained last, a file, an export, or a recorded one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from image_classification.console import shown_path
from image_classification.errors import UserError
from image_classification.files.paths import exists
from image_classification.inference.options import InferenceOptions
from image_classification.networks import Classifier
from image_classification.networks.digest import weights_digest
from image_classification.networks.storage import load_trained, network_file, place_of_network
from image_classification.origins.record import read_origin
from image_classification.tracking.registry.spelling import FORMS, is_reference
from image_classification.words import did_you_mean, nearest_names, printable


class ChosenNetwork(NamedTuple):
    """The file of a network, and where it is from, in words and as names of a run and a version."""

    path: Path
    shown: str
    run_id: str = ""
    version: str = ""

    def about(self, network: Classifier) -> Mapping[str, Any]:
        """Return what is kept with what the network says, to know later which one it was."""
        description = network.description
        facts = {
            "name": description.shown_name,
            "data": description.data_name,
            "from": self.shown,
            "run_id": self.run_id,
            "version": self.version,
            "weights_digest": weights_digest(network),
        }
        return {name: value for name, value in facts.items() if value}


def choose_network(model: str, last: Path | None = None) -> ChosenNetwork:
    """Find the network that an option names.

    Args:
        model: as `InferenceOptions.model` describes it.
        last: the file of the one that was trained last.

    Raises:
        UserError: there is no such network.
    """
    if is_reference(model):
        # imports MLflow, which takes a second: only where something recorded is asked for
        from image_classification.tracking.references import local_network  # noqa: PLC0415

        found = local_network(model)
        return ChosenNetwork(
            found.path, found.shown, found.run_id, f"{found.name}/{found.version}".strip("/")
        )
    if model:
        path = network_file(_path_of(model))
        return ChosenNetwork(path, f"the file {shown_path(path)}", *_run_of(path))
    if last is None or not exists(last):
        raise UserError(
            "No network was trained yet: kedro run --pipeline training, or name one: "
            f"{InferenceOptions.setting(model='<file>')}"
        )
    return ChosenNetwork(last, "trained last", *_run_of(last))


def load_network(chosen: ChosenNetwork) -> Classifier:
    """Load it: on the CPU, in evaluation mode.

    Raises:
        UserError: it cannot be loaded.
    """
    return load_trained(chosen.path)


def named_files(model: str) -> list[Path]:
    """Return the file that an option names, to notice that it is another one; none for the last network."""
    return [choose_network(model).path] if model else []


def _path_of(model: str) -> Path:
    path = place_of_network(model)
    if exists(path):
        return path
    folder = path.absolute().parent
    names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    guess = did_you_mean([str(path.parent / name) for name in nearest_names(path.name, names)])
    raise UserError(
        f"{InferenceOptions.named('model')} = {printable(model)}: there is no such file or folder{guess}\n"
        f"Expected the file of a network, the folder of an export, or a recorded network: {FORMS}."
    )


def _run_of(path: Path) -> tuple[str]:
    """Return the MLflow run that made a file, as far as is recorded beside it."""
    origin = read_origin(path)
    return (origin.made.mlflow_run if origin else "",)
