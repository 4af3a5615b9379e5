"""Its description in the format of OpenAPI holds, its numbers count, and the network is described."""

import pytest
from tests.serving.conftest import CALIBRATION, NAMES, picture, tiny_network

from image_classification.networks.digest import weights_digest
from image_classification.serving import schema


def test_answers_are_as_described(server):
    image = picture()
    schema.Answered.model_validate(server.send(image, b"text").json)
    schema.Answered.model_validate(server.send(b"text").json)
    schema.Explained.model_validate(server.send(image, path="/explain").json)
    schema.Health.model_validate(server.ask("/health").json)
    schema.Model.model_validate(server.ask("/model").json)
    schema.Error.model_validate(server.ask("/nothing").json)


def test_every_path_is_described(server):
    paths = server.ask("/openapi.json").json["paths"]
    assert set(paths) == {"/predict", "/explain", "/health", "/model", "/metrics"}
    reference = server.ask("/docs").content.decode()
    for path, (operation,) in ((path, methods.values()) for path, methods in paths.items()):
        assert path in reference
        assert operation["summary"] in reference
        for status in operation["responses"]:
            assert f"<td>{status}</td>" in reference
    for name in (
        "Answered",
        "weights_digest",
        "multipart/form-data",
        f"http://127.0.0.1:{server.port}/predict",
    ):
        assert name in reference


def test_the_network(server):
    told = server.ask("/model").json
    network = tiny_network(calibration=CALIBRATION)
    assert told["classes"] == list(NAMES)
    assert told["image"] == {"channels": 3, "height": 6, "width": 5}
    assert told["weights_digest"] == weights_digest(network)
    assert told["calibration"]["right"] == CALIBRATION.right
    assert told["origin"] == {"shown": "a test", "run": "7"}
    assert told["limits"]["most_images"] == 64


@pytest.mark.parametrize("calibration", [None, CALIBRATION])
def test_numbers(start, calibration):
    server = start(tiny_network(calibration=calibration))
    images = [picture(seed=seed) for seed in range(12)]
    told = server.send(*images, b"text").json["images"]
    server.ask("/nothing")
    server.ask("/nothing/else")
    unsure = sum(each.get("answer") not in {None, each.get("label")} for each in told)
    count = "image_classification_images_total"
    assert server.number(f'{count}{{outcome="unreadable"}}') == 1
    assert server.number(f'{count}{{outcome="unsure"}}') == unsure
    assert server.number(f'{count}{{outcome="answered"}}') == 12 - unsure
    assert server.number('image_classification_requests_total{path="/predict",status="200"}') == 1
    assert server.number('image_classification_requests_total{path="other",status="404"}') == 2
    assert server.number('image_classification_request_seconds_count{path="/predict"}') == 1
    assert server.number("image_classification_batch_images_sum") == 12


def test_two_servers_count_for_themselves(server, start):
    other = start()
    other.send(picture())
    assert other.number("image_classification_batch_images_sum") == 1
