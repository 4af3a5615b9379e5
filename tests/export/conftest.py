"""Small networks and sets of images to export, and exports that a test may damage."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from image_classification.export.options import ExportOptions, Int8Options
from image_classification.export.plan import ExportPlan
from image_classification.export.record import RECORD, ExportRecord, write_record
from image_classification.export.stages import Checked
from image_classification.export.verify import verify_export
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.networks.answers.calibration import Calibration
from image_classification.networks.classifier import Classifier, NetworkDescription, build_classifier

CLASSES = ("cat", "größer | 猫\n\"'\\", "=1+1")
SMALL = {
    "convnet": {"widths": [4, 8], "dropout": 0.5},
    "feed_forward": {"widths": [8], "dropout": 0.5, "log_softmax": False},
}


def calibration(**values: Any) -> Calibration:
    """What a network might have been calibrated to: some of the images are answered, and some are not."""
    usual = {
        "temperature": 1.7,
        "images": 100,
        "coverage": 0.9,
        "set_least": 0.3,
        "right": 0.9,
        "confidence": 0.9,
        "answer_above": 0.34,
        "strangers": 0.02,
        "answered": 0.9,
    }
    return Calibration.model_validate(usual | values)


def make_network(
    network: str = "feed_forward", shape: tuple[int, int, int] = (3, 8, 8), seed: int = 0, **facts: Any
) -> Classifier:
    """Build a network whose answers differ from image to image."""
    description = NetworkDescription(
        network=network,
        options=SMALL[network],
        image_shape=shape,
        data_name="pets",
        index_digest="0" * 64,
        **{
            "class_names": CLASSES,
            "mean": (0.4, 0.5, 0.6)[: shape[0]],
            "std": (0.2, 0.3, 0.25)[: shape[0]],
        }
        | facts,
    )
    return build_classifier(description, seed=seed).eval()


def make_sets(
    shape: tuple[int, int, int] = (3, 8, 8),
    sizes: tuple[int, int, int] = (12, 9, 15),
    images: torch.Tensor | None = None,
    class_names: tuple[str, ...] = CLASSES,
    labels: torch.Tensor | None = None,
) -> list[ImageTensorDataset]:
    """Make training, validation and test set of as many images: of noise, unless they are given."""
    total = sum(sizes)
    generator = torch.Generator().manual_seed(1)
    if images is None:
        images = torch.randint(0, 256, (total, *shape), dtype=torch.uint8, generator=generator)
    store = ImageDict(
        images=images,
        labels=torch.arange(total) % len(class_names) if labels is None else labels,
        names=[f"split/{row:03d}.png" for row in range(total)],
        class_names=list(class_names),
        data_name="pets",
    )
    ends = torch.tensor([0, *sizes]).cumsum(0).tolist()
    return [ImageTensorDataset(store, torch.arange(ends[each], ends[each + 1])) for each in range(3)]


def no_file(_name: str) -> None:
    """Say that a source has no files."""


def export(folder: Path, network: Classifier, sets: list[ImageTensorDataset], *formats: str, **options: Any):
    """Export a network into a new folder, by default as the bundle alone, which takes no time."""
    originals = options.pop("originals", no_file)
    chosen = ExportOptions(formats=formats or ("bundle",), **options)
    folder.mkdir(parents=True)
    ExportPlan(network, *sets, chosen, originals).run(folder)
    return folder


def seal(folder: Path) -> None:
    """Write the record anew, as if what is in the folder had been written so."""
    content = json.loads((folder / RECORD).read_text())
    content.pop("seal")
    write_record(ExportRecord.model_validate_json(json.dumps(content)), folder)


def edit(folder: Path, **facts: Any) -> None:
    """Change facts of the preprocessing, and seal the export again."""
    path = folder / "preprocessing.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))
    seal(folder)


def wrong_stages(folder: Path) -> set[str]:
    """Return the stages that are wrong, of whatever format."""
    return {each.stage for each in verify_export(folder, trusts=True) if each.trouble}


def wrong_pictures(folder: Path) -> set[str]:
    """Return the stages that make other things of the golden pictures, whatever files say of each other."""
    return {each.stage for each in verify_export(folder, trusts=True) if each.trouble and not each.what}


def verified(folder: Path) -> list[Checked]:
    """Check an export, graphs too."""
    return verify_export(folder, trusts=True)


def of_format(checked: list[Checked], name: str) -> Checked:
    """Return how a format did on the golden pictures."""
    return next(each for each in checked if each.what == name and each.stage == "network")


@pytest.fixture(scope="session")
def exported_once(shared_by_workers: Callable[..., Path]) -> Path:
    """A calibrated network in every format; for reading alone."""

    def fill(folder: Path) -> None:
        sizes = {"int8": Int8Options(largest_loss=1.0, repeats=1), "golden_images": 4}
        network = make_network(calibration=calibration())
        export(folder / "export", network, make_sets(), "bundle", "pt2", "onnx", "onnx_int8", **sizes)

    return shared_by_workers("export_in_every_format", fill) / "export"


@pytest.fixture
def exported(exported_once: Path, tmp_path: Path) -> Path:
    """The same, for this test alone."""
    return Path(shutil.copytree(exported_once, tmp_path / "export"))
