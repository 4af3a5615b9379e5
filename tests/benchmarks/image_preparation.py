"""The preparation of an image folder by this project's own nodes, from the files to the sets for torch."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pandas as pd

from image_classification.datasets.images import ImageDictDataset
from image_classification.images.audit.near.memory import PictureMemory
from image_classification.images.audit.options import AuditOptions
from image_classification.images.folder.drawn_split import empty_memory
from image_classification.images.folder.options import FolderSplitOptions, SplitNames, TableOptions
from image_classification.images.folder.places.place import place_of
from image_classification.images.reading.options import FolderImageOptions
from image_classification.images.store.statistics import summarise_images
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.pipelines.image_folder import (
    audit_images,
    build_image_dict,
    index_image_folder,
    split_images,
)
from image_classification.pipelines.image_source import build_tensor_sets

SIZE = 224


@dataclass(frozen=True)
class Prepared:
    """The sets, the seconds of each stage, and what is known of the files for the next time."""

    sets: tuple[ImageTensorDataset, ImageTensorDataset, ImageTensorDataset]
    seconds: dict[str, float]
    memory: pd.DataFrame
    pictures: PictureMemory | None


def prepare(photos: Path, store: Path, size: int = SIZE, before: Prepared | None = None) -> Prepared:
    """Prepare the folder, with what was prepared before; by default for the first time."""
    if before is None:
        store.unlink(missing_ok=True)
    memory = pd.DataFrame() if before is None else before.memory
    place, shares, dataset = place_of(photos), FolderSplitOptions(), ImageDictDataset(filepath=str(store))
    times = [perf_counter()]
    files, memory = index_image_folder(
        place, memory, str(photos), "auto", SplitNames(), TableOptions(), "fail", AuditOptions()
    )
    times.append(perf_counter())
    dataset.save(build_image_dict(files, place, FolderImageOptions(size=size), "fail"))
    times.append(perf_counter())
    images = dataset.load()
    _, marks, _, pictures = audit_images(files, images, place, before and before.pictures, AuditOptions())
    times.append(perf_counter())
    index, _ = split_images(files, images, marks, empty_memory(), place, shares, "fail")
    summarise_images(images, index)
    sets = build_tensor_sets(images, index)
    times.append(perf_counter())
    stages = ("index", "decode and store", "audit", "split and statistics")
    seconds = {stage: times[i + 1] - times[i] for i, stage in enumerate(stages)}
    return Prepared(sets, seconds, memory, pictures)
