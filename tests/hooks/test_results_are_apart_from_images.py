"""Results are not copied to where they would be taken for images."""

from types import SimpleNamespace

import pytest

from image_classification.errors import UserError
from image_classification.hooks.results import ResultsHook
from image_classification.remote.access import give_access


def begin(results: str, images: str, new: str = "") -> None:
    parameters = {
        "remote": {"results": results},
        "image_folder": {"path": images},
        "inference": {"images": new},
        "data_folder": "data",
    }
    hook = ResultsHook()
    hook.after_context_created(SimpleNamespace(config_loader={"parameters": parameters}))
    hook.before_pipeline_run({})


@pytest.mark.parametrize(
    "results", ["memory://shop/photos", "memory://shop/photos/", "memory://shop/photos/runs"]
)
@pytest.mark.parametrize("images", ["memory://shop/photos", "memory://shop/photos/*/*.jpg", "memory://shop"])
def test_a_folder_of_images_is_refused(results, images):
    for where in ((images, ""), ("", images)):
        with pytest.raises(UserError, match="would be taken for images"):
            begin(results, *where)


@pytest.mark.parametrize("images", ["memory://shop/photos", "/photos", ""])
@pytest.mark.parametrize("results", ["", "memory://shop/photos2", "memory://shop/results"])
def test_others_are_not(results, images, tmp_path):
    give_access(tmp_path)
    begin(results, images)
