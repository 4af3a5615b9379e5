"""`from image_classification import Classifier`: any image in, labels out, without Kedro."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from mlflow import MlflowClient
from PIL import Image

from image_classification import Classifier, Prediction
from image_classification.errors import UserError
from image_classification.images.reading.decode import decode_image
from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.answers.calibration import Calibration
from image_classification.networks.storage import save_classifier

NAMES = ("owl", "cat, grey", "dog")
CALIBRATION = Calibration(
    temperature=2.0,
    views=("horizontal_flip",),
    images=100,
    coverage=0.9,
    set_least=0.2,
    right=0.9,
    confidence=0.9,
    answer_above=0.45,
    strangers=0.01,
    answered=0.5,
)


def network(channels=3, calibration=None):
    return build_classifier(
        NetworkDescription(
            network="feed_forward",
            options={"widths": [6], "dropout": 0.5, "log_softmax": False},
            image_shape=(channels, 6, 5),
            resize="letterbox",
            interpolation="bicubic",
            class_names=NAMES,
            mean=(0.4,) * channels,
            std=(0.1,) * channels,
            data_name="made up",
            index_digest="0" * 64,
            calibration=calibration,
        ),
        seed=5,
    )


@pytest.fixture
def pictures(tmp_path):
    """Files by name, of different sizes and modes."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(1)
    for number, (mode, size) in enumerate(
        [("RGB", (9, 14)), ("L", (30, 4)), ("RGBA", (5, 6)), ("P", (50, 50))]
    ):
        numbers = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(numbers).convert(mode).save(folder / f"{number}.png")
    return folder


@pytest.mark.parametrize("size", [0, -1, 2.5, None])
def test_batches_have_an_image_at_least(size):
    with pytest.raises(ValueError, match=r"batch_size is .*, expected 1 or more"):
        Classifier(network()).predict([np.zeros((6, 5, 3), np.uint8)], batch_size=size)


def test_it_says_what_it_is():
    assert repr(Classifier(network())) == "<Classifier feed_forward of 3 classes (made up)>"


def expected(net, paths):
    """Probabilities by the network itself."""
    description = net.description
    images = torch.stack(
        [
            decode_image(path, description.image_shape, "letterbox", interpolation="bicubic")
            for path in sorted(paths)
        ]
    )
    with torch.inference_mode():
        return net.eval()(images).softmax(1).numpy()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_files_are_classified_as_by_the_network(tmp_path, pictures, channels, batch_size):
    net = network(channels)
    save_classifier(net, tmp_path / "net.safetensors")
    wanted = expected(net, pictures.iterdir())

    classifier = Classifier.load(tmp_path / "net.safetensors", device="cpu")
    found = classifier.predict(sorted(pictures.iterdir()), batch_size=batch_size)

    assert classifier.class_names == NAMES
    for each, row in zip(found, wanted, strict=True):
        assert each.label == NAMES[row.argmax()]
        assert each.probability == pytest.approx(row.max(), abs=1e-6)
        assert list(each.probabilities) == [NAMES[place] for place in np.argsort(-row)]
        assert (each.answer, each.set) == (None, None)
        assert each.top(2) == dict(list(each.probabilities.items())[:2])
    np.testing.assert_allclose(classifier.probabilities(pictures, batch_size), wanted, atol=1e-6)
    table = classifier.predict_table(str(pictures), top=2, batch_size=batch_size)
    assert list(table) == ["file", "label", "probability", "label_2", "probability_2", "reason"]
    assert table["file"].tolist() == ["0.png", "1.png", "2.png", "3.png"]
    assert table["label"].tolist() == [each.label for each in found]
    assert table["probability_2"].tolist() == pytest.approx(np.sort(wanted)[:, -2], abs=1e-6)


@pytest.mark.parametrize(
    "hand_over",
    [
        lambda path: path,
        str,
        lambda path: path.read_bytes(),
        Image.open,
        lambda path: np.array(Image.open(path)),
        lambda path: torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1),
    ],
)
def test_one_image_of_any_kind_is_one_prediction(pictures, hand_over):
    net = network()
    classifier = Classifier(net, device="cpu")
    image = hand_over(pictures / "0.png")
    (wanted,) = expected(net, [pictures / "0.png"])

    one, (same,) = classifier.predict(image), classifier.predict([image])

    assert isinstance(one, Prediction)
    assert one == same
    assert one.probabilities == pytest.approx(dict(zip(NAMES, wanted, strict=True)), abs=1e-6)
    assert classifier.probabilities(image).shape == (1, 3)


def test_it_knows_its_limits(pictures):
    classifier = Classifier(network(calibration=CALIBRATION), device="cpu")
    predictions = classifier.predict(pictures)

    temperature_one = Classifier(network(), device="cpu", views=["horizontal_flip"]).probabilities(pictures)
    for each, before in zip(predictions, temperature_one, strict=True):
        softened = np.sqrt(before) / np.sqrt(before).sum()
        assert each.probability == pytest.approx(softened.max(), abs=1e-5)
        assert each.answer == (each.label if each.probability > 0.45 else "unsure")
        likely = [name for name, value in each.probabilities.items() if value >= 0.2]
        assert list(each.set) == likely
    table = classifier.predict_table(pictures)
    assert list(table) == ["file", "label", "probability", "answer", "set", "reason"]
    assert table["set"].tolist() == [list(each.set) for each in predictions]


def test_what_cannot_be_read_is_told_and_loses_nothing_else(pictures):
    (pictures / "1.png").write_bytes(b"no picture")
    classifier = Classifier(network(), device="cpu")

    with pytest.raises(UserError, match=r"Image 1\.png cannot be read: not an image"):
        classifier.predict(pictures)

    table = classifier.predict_table([pictures / "0.png", b"", pictures / "gone.png", pictures / "3.png"])
    assert table["label"].isna().tolist() == [False, True, True, False]
    assert table["reason"].tolist() == ["", "there is nothing in it", "there is no such file", ""]
    alone = classifier.predict_table(pictures / "3.png")
    assert alone["probability"][0] == pytest.approx(table["probability"][3], abs=1e-6)


@pytest.mark.parametrize("nothing", [[], {}, np.zeros((0, 6, 5, 3), np.uint8)])
def test_no_image_is_no_row(nothing):
    classifier = Classifier(network(calibration=CALIBRATION), device="cpu")
    assert classifier.predict(nothing) == []
    assert classifier.probabilities(nothing).shape == (0, 3)
    pd.testing.assert_index_equal(
        classifier.predict_table(nothing).columns,
        pd.Index(["file", "label", "probability", "answer", "set", "reason"]),
    )


def test_the_folder_of_an_export_is_enough(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    with pytest.raises(UserError, match="no trained network in the folder"):
        Classifier.load(folder)
    save_classifier(network(), folder / "network.safetensors")
    assert Classifier.load(folder, device="cpu").class_names == NAMES
    save_classifier(network(), folder / "other.safetensors")
    with pytest.raises(UserError, match=r"network\.safetensors, other\.safetensors"):
        Classifier.load(folder)


@pytest.mark.slow
def test_neither_kedro_nor_mlflow_is_loaded(tmp_path, pictures):
    save_classifier(network(), tmp_path / "net.safetensors")
    network_file, picture = str(tmp_path / "net.safetensors"), str(pictures / "0.png")
    program = (
        "import sys; from image_classification import Classifier; "
        f"print(Classifier.load({network_file!r}).predict({picture!r}).label); "
        "print(sorted({'kedro', 'mlflow'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    label, loaded = done.stdout.splitlines()
    assert label in NAMES
    assert loaded == "[]"


def test_the_package_alone_loads_no_torch():
    program = "import sys, image_classification; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_recorded_network_is_opened_by_its_reference(tmp_path, pictures, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    net = network()
    save_classifier(net, tmp_path / "trained_network.safetensors")
    client = MlflowClient()
    experiment = client.create_experiment("made up", artifact_location=str(tmp_path / "artifacts"))
    run = client.create_run(experiment)
    client.log_param(run.info.run_id, "network.name", "feed_forward")
    client.log_artifact(run.info.run_id, str(tmp_path / "trained_network.safetensors"), "network")
    client.set_terminated(run.info.run_id)

    classifier = Classifier.load(f"runs:/{run.info.run_id}", device="cpu")

    np.testing.assert_allclose(
        classifier.probabilities(pictures), expected(net, pictures.iterdir()), atol=1e-6
    )
    with pytest.raises(UserError, match="there is no run"):
        Classifier.load(f"runs:/{'0' * 32}")
