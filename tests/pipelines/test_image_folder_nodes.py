"""What the nodes of an image folder say to the person who runs them."""

from PIL import Image

from image_classification.images.audit.options import AuditOptions
from image_classification.images.folder.options import SplitNames, TableOptions
from image_classification.images.folder.place import given_place
from image_classification.parameters.command_line import speak_of_parameters
from image_classification.pipelines.image_folder import index_image_folder


def test_the_command_that_classifies_pictures_without_labels_is_told(tmp_path, caplog):
    speak_of_parameters()
    for name in ("train/cat/1.png", "train/dog/1.png", "test/1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8)).save(tmp_path / name)

    place = given_place(str(tmp_path))
    index_image_folder(place, str(tmp_path), "auto", SplitNames(), TableOptions(), "skip", AuditOptions())

    folder = tmp_path / "test"
    assert (
        f"To classify the pictures in {folder} after training: "
        f"kedro run --pipeline inference --params inference.images={folder}"
    ) in caplog.messages
