"""What is trained, and how, in files: whoever has them, on whatever machine, trains the same.

JSON and safetensors; nothing is pickled.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, field_validator
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.utils.data import TensorDataset

import image_classification
from image_classification.images.store.opened_store import open_image_store, reopen_image_store
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.augmentation import build_augmentation
from image_classification.learning.fine_tuning.features import (
    TrainedOn,
    pick_views,
    take_features,
    takes_features,
)
from image_classification.learning.loop import Augment
from image_classification.networks import Classifier, NetworkDescription, build_classifier

JOB, TENSORS, STORE = "job.json", "tensors.safetensors", "store.safetensors"
_SETS = ("train", "validation", "test")
_NETWORK = "network/"


class Job(BaseModel):
    """A training, its tensors apart.

    versions: of what decides about the result.
    recipe: the options, as JSON.
    network: its description.
    takes_features: whether it is trained on the features of its body.
    vary: what varies the images of a batch.
    statistics: of the images.
    sets: how many there are: two, or three with one of test images.
    store: the image store that the sets are rows of; None: their tensors are there.
    store_digest: of its content.
    checkpoints: the folder of this training's; None on other machines than that of the driver.
    about: what they say of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    versions: dict[str, str]
    recipe: dict[str, Any]
    network: dict[str, Any]
    takes_features: bool
    vary: Literal["images", "views"] | None
    statistics: dict[str, Any]
    sets: int
    store: str | None
    store_digest: str = ""
    checkpoints: str | None
    about: dict[str, Any]

    @field_validator("network")
    @classmethod
    def _names_no_file(cls, network: dict[str, Any]) -> dict[str, Any]:
        """Refuse what would have this machine read, or fetch, weights: they come with the job."""
        if network.get("options", {}).get("weights") is not None:
            raise ValueError("expected a network whose weights come with it")
        return network

    def write(self, folder: Path) -> None:
        """Write it into a folder."""
        (folder / JOB).write_text(self.model_dump_json(), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Job":
        """Read that of a folder."""
        return cls.model_validate_json((folder / JOB).read_text(encoding="utf-8"))


def versions() -> dict[str, str]:
    """Return the versions that have to be the same on all machines, and a digest of this package's code."""
    digest = hashlib.sha256()
    root = Path(image_classification.__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return {
        "image-classification": image_classification.__version__,
        "torch": torch.__version__.partition("+")[0],
        "the code of image-classification": digest.hexdigest()[:12],
    }


def write_job(
    folder: Path,
    recipe: Mapping[str, Any],
    network: Classifier,
    used: TrainedOn,
    statistics: Mapping[str, Any],
    checkpoints: Path,
    about: Mapping[str, Any],
) -> Job:
    """Write a training into a folder; images that lie in a store stay where they are."""
    tensors = {f"{_NETWORK}{name}": tensor for name, tensor in network.state_dict().items()}
    stores = {each.store.path: each.store for each in used.sets if isinstance(each, ImageTensorDataset)}
    is_store = len(stores) == 1 and all(isinstance(each, ImageTensorDataset) for each in used.sets)
    store = next(iter(stores.values())) if is_store else None
    if store is not None and store.path is None:
        store = None
    for name, dataset in zip(_SETS, used.sets, strict=False):
        held = (dataset.rows,) if store and isinstance(dataset, ImageTensorDataset) else dataset.tensors
        tensors |= {f"{name}/{place}": tensor for place, tensor in enumerate(held)}
    save_tensors(tensors, folder / TENSORS)
    varies = "views" if takes_features(network) else "images"
    job = Job(
        versions=versions(),
        recipe=dict(recipe),
        network=network.description.model_dump(mode="json"),
        takes_features=takes_features(network),
        vary=varies if used.augment else None,
        statistics=json.loads(json.dumps(statistics)),
        sets=len(used.sets),
        store=str(store.path) if store else None,
        store_digest=store.digest if store else "",
        checkpoints=str(checkpoints),
        about=dict(about),
    )
    job.write(folder)
    return job


def save_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write tensors, each laid out by itself."""
    # those that share their memory are refused otherwise
    save_file({name: each.detach().cpu().contiguous().clone() for name, each in tensors.items()}, path)


def read_network(job: Job, folder: Path, seed: int) -> Classifier:
    """Rebuild the network with the weights that it had when the job was written, in their number format."""
    network = build_classifier(NetworkDescription.model_validate(job.network), seed)
    if job.takes_features:
        take_features(network)
    tensors = load_file(folder / TENSORS)
    weights = {
        name.removeprefix(_NETWORK): each for name, each in tensors.items() if name.startswith(_NETWORK)
    }
    network.load_state_dict(weights, assign=True)
    return network


def read_sets(job: Job, folder: Path, augment: Any) -> TrainedOn:
    """Open the images, or features, and what varies them."""
    tensors = load_file(folder / TENSORS)
    names = _SETS[: job.sets]
    if job.store is None:
        held = (
            [tensors[f"{name}/{place}"] for place in range(2) if f"{name}/{place}" in tensors]
            for name in names
        )
        sets: list[TensorDataset] = [TensorDataset(*each) for each in held]
    else:
        store = reopen_image_store(Path(job.store))
        sets = [ImageTensorDataset(store, tensors[f"{name}/0"]) for name in names]
    return TrainedOn(sets, _varying(job, augment))


def _varying(job: Job, options: Any) -> Augment | None:
    if job.vary == "views":
        return pick_views
    built = build_augmentation(options)
    if job.vary is None or built is None:
        return None
    return partial(built, num_classes=len(job.statistics["class_names"]))


def has_this_store(job: Job) -> bool:
    """Tell whether this machine has the images under the same path; the whole file is compared."""
    if job.store is None or not Path(job.store).is_file():
        return False
    try:
        return open_image_store(Path(job.store)).digest == job.store_digest
    except Exception:  # it is another file
        return False
