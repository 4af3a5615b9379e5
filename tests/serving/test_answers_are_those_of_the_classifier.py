"""Over HTTP an image has the answer that it has in Python."""

import numpy as np
import pytest
from tests.serving.conftest import CALIBRATION, NAMES, in_background, picture, tiny_network

from image_classification.classifier import Classifier

PICTURES = [
    picture("RGB", (9, 14)),
    picture("L", (30, 4), seed=1),
    picture("RGBA", (5, 6), seed=2),
    picture("P", (50, 50), seed=3),
    picture("RGB", (40, 31), seed=4, kind="JPEG"),
]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("calibration", [None, CALIBRATION])
def test_labels_probabilities_answers_and_sets(start, channels, calibration):
    network = tiny_network(channels, calibration)
    expected = Classifier(tiny_network(channels, calibration)).predict(PICTURES)
    told = start(network).send(*PICTURES).json["images"]
    assert [each["name"] for each in told] == [f"{number}.png" for number in range(len(PICTURES))]
    for each, prediction in zip(told, expected, strict=True):
        assert each["reason"] == ""
        assert (each["label"], each["answer"]) == (prediction.label, prediction.answer)
        assert each["set"] == (prediction.set and list(prediction.set))
        found = {one["label"]: one["probability"] for one in each["probabilities"]}
        assert list(found) == list(prediction.probabilities)
        np.testing.assert_allclose(list(found.values()), list(prediction.probabilities.values()), atol=1e-6)
        assert each["probability"] == each["probabilities"][0]["probability"]


def test_as_many_classes_as_are_asked_for(server):
    for top in (1, 2, 50):
        (told,) = server.send(PICTURES[0], path=f"/predict?top={top}").json["images"]
        assert len(told["probabilities"]) == min(top, len(NAMES))


def test_many_at_once_get_their_own(server):
    """Whatever is gathered into one batch, an answer goes to whoever asked."""
    pictures = [picture(seed=seed, size=(9 + seed, 14)) for seed in range(24)]
    expected = Classifier(tiny_network(calibration=CALIBRATION)).predict(pictures)
    replies = [
        in_background(lambda content=content: server.send(content, path="/predict?top=3"))
        for content in pictures
    ]
    for reply, prediction in zip(replies, expected, strict=True):
        (told,) = reply().json["images"]
        found = [one["probability"] for one in told["probabilities"]]
        np.testing.assert_allclose(found, list(prediction.probabilities.values()), atol=1e-6)


def test_black_and_white_may_be_swapped(start):
    network = tiny_network(1)
    server = start(network)
    numbers = np.random.default_rng(0).integers(0, 256, (6, 5))
    ours = server.post({"pixels": (255 - numbers).tolist()}, "/predict?invert=true").json["images"]
    assert ours == server.post({"pixels": numbers.tolist()}).json["images"]


@pytest.mark.parametrize(("mean", "light"), [(0.1, True), (0.9, False)])
def test_a_negative_is_noticed(start, mean, light):
    server = start(tiny_network(1, mean=mean))
    for is_light in (True, False):
        pixels = [[250 if is_light else 5] * 5] * 6
        (told,) = server.post({"pixels": pixels}).json["images"]
        assert told["may_be_negative"] == (is_light is light)
