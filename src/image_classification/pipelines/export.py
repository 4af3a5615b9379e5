"""The pipeline `export`: the network that was trained last, as files for other programs, with their proof."""

from functools import partial
from pathlib import Path

from kedro.pipeline import Node, Pipeline

from image_classification.errors import UserError
from image_classification.export.options import ExportOptions
from image_classification.export.plan import ExportPlan
from image_classification.images.folder.image_files import folder_of
from image_classification.images.folder.places.place import ImagePlace
from image_classification.images.store.statistics import ImageStatistics
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.networks import Classifier

_OTHERS = (
    "Networks of other sources are exported by --pipeline folder_export, idx_export or hugging_face_export."
)


def export_network(
    trained_network: Classifier,
    train_set: ImageTensorDataset,
    validation_set: ImageTensorDataset,
    test_set: ImageTensorDataset,
    image_statistics: ImageStatistics,
    options: ExportOptions,
    place: ImagePlace | None = None,
) -> ExportPlan:
    """Plan the export of the network; saving the plan writes and checks it.

    Golden images are test images, as their own files where the source has files.
    """
    description = trained_network.description
    try:
        description.require_data(image_statistics["data_name"], image_statistics["index_digest"])
    except UserError as error:
        raise UserError(f"{error}\n{_OTHERS}") from error
    originals = partial(_file_of, folder_of(place.path)) if place else _no_file
    return ExportPlan(trained_network, train_set, validation_set, test_set, options, originals)


def _file_of(folder: Path, name: str) -> bytes | None:
    try:
        return (folder / name).read_bytes()
    except OSError:  # gone since: what was stored of it has to do
        return None


def _no_file(_name: str) -> None:
    return None


def create_pipeline(source: str, *, place: str | None = None) -> Pipeline:
    """Lead from the network that was trained last to its export.

    Args:
        source: the source of its images, such as `mnist`.
        place: the dataset that says where their files are, without the name of the source, if there is one.
    """
    from_source = ["train_set", "validation_set", "test_set", "image_statistics", *([place] if place else [])]
    inputs = {"trained_network": "trained_network", "options": "params:export"}
    inputs |= {name: name for name in from_source}
    node = Node(export_network, inputs, "exported_network", name="export_network")
    return Pipeline(
        [node],
        inputs={name: f"{source}.{name}" for name in from_source},
        namespace="export",
        prefix_datasets_with_namespace=False,
    )
