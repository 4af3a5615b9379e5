"""An image store is made anew where other code would make its pixels, or other versions of the libraries."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from image_classification.images.folder.folder_images import plan_folder_images
from image_classification.images.idx.idx_set import ArchivesRecord, IdxSet
from image_classification.images.reading.file_status import OK
from image_classification.images.reading.options import FolderImageOptions
from image_classification.images.store.image_store import ImageDictPlan, save_image_store
from image_classification.images.store.options import ImageOptions
from image_classification.origins import code
from image_classification.pipelines.idx import build_image_dict
from image_classification.pipelines.image_source import with_code


def of_idx(tmp_path):
    digits = IdxSet(tmp_path, ArchivesRecord(data_name="digits", digest="a", files={}))
    return build_image_dict(digits, ImageOptions(size=8))


def of_folder(tmp_path):
    columns = {
        "name": ["a"],
        "class_name": ["b"],
        "given_split": [""],
        "sha256": ["c"],
        "header_status": [OK],
    }
    files = pd.DataFrame(columns | {"kind": [""], "width": [1], "height": [1], "bits": [8], "mode": ["L"]})
    return with_code(plan_folder_images(files, tmp_path, FolderImageOptions()))


def change(monkeypatch, module):
    """Let a module of the project have another text."""
    source_of = code.source_of

    def changed(name):
        source = source_of(name)
        if name != f"image_classification.{module}":
            return source
        return SimpleNamespace(digest="other", imports=source.imports, needed_for=source.needed_for)

    monkeypatch.setattr(code, "source_of", changed)


@pytest.mark.parametrize(
    ("plan", "module", "is_other"),
    [
        (of_idx, "images.reading.pixels", True),
        (of_idx, "images.idx.archive", True),
        (of_idx, "images.reading.jpeg", False),
        (of_idx, "words", False),
        (of_folder, "images.reading.decode", True),
        (of_folder, "images.reading.jpeg", True),
        (of_folder, "images.reading.pixels", True),
        (of_folder, "value_range", True),
        (of_folder, "files.paths", False),
        (of_folder, "learning.loop", False),
    ],
)
def test_the_code_that_makes_pixels(tmp_path, monkeypatch, plan, module, is_other):
    before = plan(tmp_path)
    assert plan(tmp_path).code == before.code != ""
    change(monkeypatch, module)
    assert (plan(tmp_path).code != before.code) == is_other
    assert plan(tmp_path).digest == before.digest


@pytest.mark.parametrize(
    ("plan", "library", "is_other"),
    [
        (of_idx, "torch", True),
        (of_idx, "sklearn", True),
        (of_folder, "PIL", True),
        (of_folder, "simplejpeg", True),
        (of_folder, "pillow_heif", True),
        (of_folder, "mlflow", False),
    ],
)
def test_the_libraries_that_make_pixels(tmp_path, monkeypatch, plan, library, is_other):
    before = plan(tmp_path).code
    version = code._version
    monkeypatch.setattr(code, "_version", lambda root: "0" if root == library else version(root))
    assert (plan(tmp_path).code != before) == is_other


def test_a_source_that_somebody_adds(tmp_path, monkeypatch):
    (tmp_path / "own_pixels.py").write_text("SHADE = 7\ndef fill(block, advance): pass")
    monkeypatch.syspath_prepend(str(tmp_path))
    import own_pixels  # noqa: PLC0415

    plan = ImageDictPlan(["a"], np.zeros(1, np.int64), ["x"], [""], "own", (1, 2, 2), "a", own_pixels.fill)
    before = with_code(plan).code
    (tmp_path / "own_pixels.py").write_text("SHADE = 7\ndef fill(block, advance): return ['ok']")
    assert with_code(plan).code != before


def test_the_images_are_made_anew_and_reused(tmp_path, monkeypatch):
    path = tmp_path / "images.safetensors"
    assert save_image_store(of_idx(tmp_path), path)
    assert not save_image_store(of_idx(tmp_path), path)
    change(monkeypatch, "images.reading.pixels")
    assert save_image_store(of_idx(tmp_path), path)
    assert not save_image_store(of_idx(tmp_path), path)
