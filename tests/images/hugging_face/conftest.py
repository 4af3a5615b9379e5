"""Small data sets, written by the library itself: by save_to_disk, and as parquet."""

import os

# before the library is loaded: no test asks the hub
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import pytest
from PIL import Image as Picture

from image_classification.images.hugging_face.hugging_face import plan_hugging_face
from image_classification.images.hugging_face.options import HuggingFaceOptions
from image_classification.images.store.image_store import save_image_store
from image_classification.images.store.opened_store import open_image_store

SIDE = 8


@pytest.fixture(scope="session")
def datasets(tmp_path_factory):
    """The library, with a folder of its own in the place of the person's."""
    os.environ["HF_HOME"] = str(tmp_path_factory.mktemp("hf_home"))
    import datasets  # noqa: PLC0415

    datasets.disable_progress_bars()
    return datasets


def pictures(count, seed=0):
    generator = np.random.default_rng(seed)
    return [
        Picture.fromarray(generator.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)) for _ in range(count)
    ]


@pytest.fixture
def make(datasets):
    """Make the data of a split: images of classes that are given, as ClassLabel unless `names` is None."""

    def make(labels, names=("cat", "dog"), seed=0, **more):
        kind = datasets.ClassLabel(names=list(names)) if names else None
        rows = {"image": pictures(len(labels), seed), "label": list(labels), **more}
        made = datasets.Dataset.from_dict(rows)
        made = made.cast_column("image", datasets.Image())
        return made.cast_column("label", kind) if kind else made

    return make


@pytest.fixture
def write(datasets, tmp_path):
    """Write splits in one of the forms that people have, and return the folder."""

    def write(splits, form="parquet", folder="set"):
        path = tmp_path / folder
        if form == "saved":
            datasets.DatasetDict(splits).save_to_disk(path)
            return path
        for name, split in splits.items():
            file = {
                "parquet": f"data/{name}-00000-of-00001.parquet",
                "converted": f"default/{name}/0000.parquet",
                "plain": f"{name}.parquet",
            }[form]
            (path / file).parent.mkdir(parents=True, exist_ok=True)
            split.to_parquet(path / file)
        return path

    return write


@pytest.fixture
def opened(tmp_path):
    """Plan and fill a store, and open it."""

    def opened(path, **options):
        images = {"size": SIDE} | options.pop("images", {})
        plan = plan_hugging_face(HuggingFaceOptions(path=str(path), images=images, **options))
        save_image_store(plan, tmp_path / "images.safetensors")
        return open_image_store(tmp_path / "images.safetensors")

    return opened
