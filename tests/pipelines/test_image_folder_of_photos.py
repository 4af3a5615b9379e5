"""The environment for photographs suits a folder of them: colour, their centre, varied images."""

import numpy as np
from kedro.framework.session import KedroSession
from PIL import Image

from image_classification.images.store.split import SPLITS


def test_a_network_is_trained_on_the_centres_of_photographs(project, tmp_path):
    generator = np.random.default_rng(0)
    for class_name, colour in (("red", 0), ("blue", 2)):
        (tmp_path / "photos" / class_name).mkdir(parents=True)
        for number in range(40):
            pixels = generator.integers(0, 100, (90, 120, 3), dtype=np.uint8)
            pixels[:, 15:105, colour] += 150  # the centre; the rest says nothing
            Image.fromarray(pixels).save(tmp_path / "photos" / class_name / f"{number}.jpg")
    parameters = {
        "image_folder": {"path": str(tmp_path / "photos"), "images": {"size": 32}},
        "modelling": {"training": {"epochs": 3, "batch_size": 16}},
    }

    with KedroSession.create(project, env="photos", runtime_params=parameters) as session:
        session.run(pipeline_names=["folder_training"], to_outputs=["metrics"])
        catalog = session.load_context().catalog

    description = catalog["trained_network"].load().description
    assert description.resize == "crop"
    assert description.image_shape == (3, 32, 32)
    images, labels = catalog["image_folder.train_set"].load().tensors
    reds = images[labels == 1].float().mean(dim=(0, 2, 3))
    assert reds[0] > 180
    assert catalog["metrics"].load()["accuracy"] == 1.0

    sizes = {name: len(catalog[f"image_folder.{name}_set"].load()) for name in SPLITS}
    new = {"inference": {"images": parameters["image_folder"]["path"]}}
    with KedroSession.create(project, runtime_params=new) as session:
        session.run(pipeline_names=["inference"], to_outputs=["inference_metrics"])
        assert session.load_context().catalog["inference_metrics"].load()["splits"] == sizes | {"none": 0}
